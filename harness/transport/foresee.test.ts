import { MILLISECOND, SECOND } from '../clock';
import { toHex } from '../codec/octets';
import { openRelay } from './relay';
import { relayCommand } from './relay-binary';
import { Collector } from './testing/collector';
import type { Foresight, Marks, Transport, Unit } from './transport';

/** A frame that the relay's loop gives back after 20 ms: it is its own answer. */
const frame = (octet: number): Unit => ({ plane: 'frames', octets: Uint8Array.of(0xf8, 0x0f, 1, octet, 0) });
const marksOf = ({ octets }: Unit): Marks => [{ mask: new Uint8Array(octets.length).fill(0xff), value: octets }];
const after = (before: Unit, unit: Unit): Foresight => ({
  unit,
  follows: marksOf(before),
  answer: marksOf(unit),
  within: SECOND,
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('foreseeing over a relay', () => {
  let transport: Transport;
  let heard: Collector;
  beforeEach(async () => {
    transport = await openRelay({ command: relayCommand('relay', 'loop', 'frames') });
    heard = new Collector(transport).listen();
  });
  afterEach(() => transport.close());

  it('sends each when the one before it is answered, and dates it there', async () => {
    const [first, second, third] = [frame(1), frame(2), frame(3)];
    const sent = transport.send(first, true);
    const foreseen = [transport.foresee?.(after(first, second)), transport.foresee?.(after(second, third))];
    const results = [await sent, await foreseen[0]?.claim(), await foreseen[1]?.claim()];
    await heard.until(() => heard.received.length === 3);
    expect(results.map((each) => each?.delivery)).toEqual(['sent', 'sent', 'sent']);
    expect(heard.received.map(toHex)).toEqual([first, second, third].map(({ octets }) => toHex(octets)));
    const answers = heard.events.map(({ at }) => at);
    const ats = results.map((each) => each?.at ?? 0);
    expect([ats[0], answers[0], ats[1], answers[1], ats[2], answers[2]]).toEqual(
      [...ats, ...answers].sort((one, other) => one - other),
    );
    expect((ats[1] ?? 0) - (answers[0] ?? 0)).toBeLessThan(20 * MILLISECOND);
  });

  it('leaves to be sent as usual what an unexpected answer has discarded', async () => {
    const sent = transport.send(frame(1), true);
    const foreseen = [transport.foresee?.(after(frame(9), frame(2))), transport.foresee?.(after(frame(2), frame(3)))];
    await sent;
    expect([await foreseen[0]?.claim(), await foreseen[1]?.claim()]).toEqual([undefined, undefined]);
    expect(heard.received).toHaveLength(1);
  });

  it('discards what is foreseen when something else is sent', async () => {
    void transport.send(frame(1), true);
    const foreseen = transport.foresee?.(after(frame(1), frame(2)));
    const other = transport.send(frame(7));
    expect([await foreseen?.claim(), (await other).delivery]).toEqual([undefined, 'sent']);
  });

  it('tells what has gone and was not wanted any more, and keeps its answer from whoever listens', async () => {
    const sent = transport.send(frame(1), true);
    const foreseen = transport.foresee?.(after(frame(1), frame(2)));
    await sent;
    foreseen?.drop();
    await heard.until(() => heard.of('unused').length === 2);
    expect(heard.of('unused').map(({ direction, octets }) => `${direction} ${octets[3]}`)).toEqual(['tx 2', 'rx 2']);
    expect(heard.received).toHaveLength(1);
  });

  it('wakes whoever waits for one event before the next is told', async () => {
    const order: string[] = [];
    transport.listen((event) => {
      order.push(event.kind);
      void Promise.resolve().then(async () => {
        for (let turn = 0; turn < 20; turn += 1) await undefined;
        order.push('woken');
      });
    });
    const plain = (octet: number): Unit => ({ plane: 'frames', octets: Uint8Array.of(0x3a, octet) });
    await Promise.all([1, 2, 3].map((octet) => transport.send(plain(octet))));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(order).toEqual(['received', 'woken', 'received', 'woken', 'received', 'woken']);
  });

  it('foresees nothing where the relay does not hold', async () => {
    const serial = await openRelay({
      command: relayCommand('relay', 'loop', 'messages').replace('messages', 'frames?binding=serial'),
    });
    expect(serial.foresee?.(after(frame(1), { plane: 'frames', octets: new Uint8Array(400) }))).toBeUndefined();
    await serial.close();
  });
});
