import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { concat, toHex } from '../codec/octets';
import type { Plane } from '../names';
import { Collector } from './testing/collector';
import type { Transport, Unit } from './transport';

/** One transport under the contract suite, with what stands at its far end. */
export interface ContractSubject {
  /** A fresh way to a fresh far end, each time. */
  readonly open: () => Promise<Subject>;
  /** Sent one after the other without waiting. */
  readonly stimuli: readonly Uint8Array[];
  /** What the far end answers to them, in order. */
  readonly answers: readonly Uint8Array[];
  readonly disconnects: boolean;
  /** Whether the transport keeps the borders of frames; a byte stream does not. */
  readonly keepsFrames: boolean;
  readonly attested: boolean;
  /** Default: frames. */
  readonly plane?: Plane;
  /** The body of an async function that makes `transport` in a process of its own, given `openTransport`. */
  readonly script: string;
}

export interface Subject {
  readonly transport: Transport;
  /** Takes the far end away; missing where it is a part of this process, and cannot go before it. */
  readonly disconnect?: (heard: Collector) => Promise<void>;
  readonly cleanUp?: () => Promise<void>;
}

/** Far ends are processes, and the machine may be busy. */
jest.setTimeout(30_000);

const run = promisify(execFile);

/** The promises of `Transport`, as tests. */
export function testTransport(name: string, subject: ContractSubject): void {
  describe(`transport contract: ${name}`, () => {
    let current: Subject;
    let transport: Transport;
    const { plane = 'frames' } = subject;
    const unit = (octets: Uint8Array): Unit => ({ plane, octets });
    const seen = (heard: Collector): readonly string[] =>
      subject.keepsFrames ? heard.received.map(toHex) : [toHex(heard.stream)];
    const expected = (): readonly string[] =>
      subject.keepsFrames ? subject.answers.map(toHex) : [toHex(concat(...subject.answers))];
    const first = unit(subject.stimuli[0] ?? new Uint8Array(1));
    const size = concat(...subject.answers).length;

    beforeEach(async () => {
      current = await subject.open();
      transport = current.transport;
    });
    afterEach(async () => {
      await transport.close();
      await current.cleanUp?.();
    });

    it('says what it is, and has much to say', () => {
      expect(subject.answers.length).toBeGreaterThan(50);
      expect(transport.plane).toBe(plane);
      expect(['smbus', 'serial']).toContain(transport.binding);
      expect(transport.attested).toBe(subject.attested);
      expect(transport.disposable).toBe(!subject.attested);
      expect(transport.uri).not.toBe('');
    });

    it('delivers every answer once, in order, at times that never go back', async () => {
      const heard = new Collector(transport).listen();
      let last = transport.clock.now();
      for (const octets of subject.stimuli) {
        const { delivery, at } = await transport.send(unit(octets));
        expect([delivery, at >= last]).toEqual(['sent', true]);
        last = at;
      }
      await heard.until(() => heard.stream.length >= size);
      expect(seen(heard)).toEqual(expected());
      const times = heard.events.map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times.at(-1)).toBeLessThanOrEqual(transport.clock.now());
    });

    it('keeps for a late listener what came before', async () => {
      for (const octets of subject.stimuli) await transport.send(unit(octets));
      const heard = new Collector(transport).listen();
      await heard.until(() => heard.stream.length >= size);
      expect(seen(heard)).toEqual(expected());
    });

    it('keeps the order of what is sent without awaiting', async () => {
      const heard = new Collector(transport).listen();
      const sent = await Promise.all(subject.stimuli.map((octets) => transport.send(unit(octets))));
      expect(new Set(sent.map(({ delivery }) => delivery))).toEqual(new Set(['sent']));
      await heard.until(() => heard.stream.length >= size);
      expect(seen(heard)).toEqual(expected());
    });

    it('refuses a plane that it does not carry', async () => {
      const { delivery, detail } = await transport.send({ plane: 'messages', octets: Uint8Array.of(0, 0x80, 2) });
      expect([delivery, detail]).toEqual(['refused', expect.stringMatching(/messages/)]);
    });

    if (subject.disconnects) {
      it('says once that the way has ended, and takes nothing after that', async () => {
        const heard = new Collector(transport).listen();
        await current.disconnect?.(heard);
        expect(await heard.disconnected()).not.toBe('');
        for (let time = 0; time < 2; time += 1) {
          const { delivery, detail } = await transport.send(first);
          expect([delivery, detail]).toEqual(['refused', heard.of('disconnected')[0]?.detail]);
        }
        await transport.close();
        const again = new Collector(transport).listen();
        expect(heard.of('disconnected')).toHaveLength(1);
        expect(heard.events.at(-1)?.kind).toBe('disconnected');
        expect(again.events).toEqual([]);
      });
    } else {
      it('has its far end in this process, which cannot go before it', () => {
        expect([transport.attested, current.disconnect]).toEqual([false, undefined]);
      });
    }

    it('closes more than once, also at the same time, and is silent afterwards', async () => {
      const heard = new Collector(transport).listen();
      const pending = transport.send(first);
      await Promise.all([transport.close(), transport.close()]);
      expect(['sent', 'refused']).toContain((await pending).delivery);
      const before = heard.events.length;
      await transport.close();
      expect((await transport.send(first)).delivery).toBe('refused');
      await new Promise((resolve) => setImmediate(resolve));
      expect(heard.events.length).toBe(before);
      expect(heard.of('disconnected')).toEqual([]);
    });

    it('leaves nothing behind that keeps a process from ending', async () => {
      const octets = JSON.stringify([...(subject.stimuli[0] ?? [])]);
      const script = `
        const { openTransport } = require(${JSON.stringify(join(__dirname, 'open.js'))});
        (async () => {
          ${subject.script}
          transport.listen(() => undefined);
          await transport.send({ plane: ${JSON.stringify(plane)}, octets: Uint8Array.from(${octets}) });
          await transport.close();
        })();`;
      await current.transport.close();
      const { stdout, stderr } = await run(process.execPath, ['-e', script], { timeout: 15_000, env: process.env });
      expect([stdout, stderr]).toEqual(['', '']);
    });
  });
}
