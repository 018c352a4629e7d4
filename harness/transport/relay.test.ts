import { MILLISECOND, SECOND } from '../clock';
import { toHex } from '../codec/octets';
import { encodePacket } from '../codec/packet';
import { frameOf, packetOf } from '../emulator/testing/lab';
import { CertifyError } from '../errors';
import { openRelay } from './relay';
import { Collector } from './testing/collector';
import type { Fault } from './testing/fake-hello';
import { type FakeOptions, fakeRelay } from './testing/fake-relay';
import type { Transport } from './transport';

// Programs are started here, and the machine may be busy.
jest.setTimeout(30_000);

let transport: Transport | undefined;
const logged: string[] = [];

async function open(options: FakeOptions = {}, more: { keepalive?: number; helloPatience?: number } = {}) {
  const opened = await openRelay({ command: fakeRelay(options), onLog: (line) => logged.push(line), ...more });
  transport = opened;
  return { transport: opened, heard: new Collector(opened).listen() };
}

async function refusal(command: string, helloPatience?: number): Promise<CertifyError> {
  const patience = helloPatience === undefined ? {} : { helloPatience };
  const thrown: unknown = await openRelay({ command, ...patience }).catch((error: unknown) => error);
  if (!(thrown instanceof CertifyError)) throw new Error(`not refused: ${String(thrown)}`);
  return thrown;
}

const packet = (body = '008102', header = {}) =>
  ({ plane: 'packets', octets: encodePacket(packetOf(body, header)) }) as const;
const frame = (body = '008102') => ({ plane: 'frames', octets: frameOf(packetOf(body)) }) as const;

beforeEach(() => {
  logged.length = 0;
});
afterEach(async () => {
  await transport?.close();
  transport = undefined;
});

describe('a relay that does not open its device', () => {
  it.each([
    ['a program that is no relay', 'echo Welcome to the BMC; sleep 9', /standard output.*"Welcome to the BMC"/],
    ['a program that ends', 'echo no route to host >&2; exit 255', /exit code 255; its last words: no route to host$/],
    ['no program', 'no-such-relay', /exit code 127: the shell did not find the command/],
    ['a relay that says why', fakeRelay({ fault: 'not-opened' }), /^there is no network interface mctpi2c9/],
    ['a newer relay', fakeRelay({ fault: 'newer' }), /in version 2 to 3, this is 1: update mctp-certify$/],
    [
      'a binding without timing',
      fakeRelay({ fault: 'pcie-vdm' }),
      /binding pcie-vdm, which this version has no timing for/,
    ],
    ['no binding', fakeRelay({ fault: 'unknown-binding' }), /does not say its binding.*say \?binding=/],
    [
      'no packets',
      fakeRelay({ plane: 'packets', fault: 'captures-only' }),
      /carries messages; .*needs packets or frames/,
    ],
    ['an older relay', fakeRelay({ fault: 'older' }), /in version 0, this is 1: update the relay$/],
  ])('is one clear line: %s', async (_, command, message) => {
    const error = await refusal(command);
    expect([error.code, error.exit]).toEqual(['DEVICE_OPEN', 3]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('is waited for a while', async () => {
    const error = await refusal(fakeRelay({ fault: 'no-hello' }), 300 * MILLISECOND);
    expect(error.message).toMatch(/has said nothing for 300 ms/);
  });
});

describe('a relay whose link fails', () => {
  it.each<[Fault, RegExp]>([
    ['death', /^the relay was ended by SIGKILL/],
    ['death-with-words', /exit code 255; its last words: ssh: connection reset by bmc$/],
    ['half', /^the relay ended with exit code 0$/],
    ['text', /^the relay sent text.*"Segmentation fault"$/],
    ['unknown', /type 0x44, and its type is unknown$/],
    ['fatal', /^the interface is gone$/],
  ])('disconnects once, and says how: %s', async (fault, detail) => {
    const { transport: relay, heard } = await open({ fault, after: 2 });
    await relay.send(frame());
    await heard.until(() => heard.received.length === 1);
    const last = await relay.send(frame());
    expect(await heard.disconnected()).toMatch(detail);
    expect(['refused', 'sent']).toContain(last.delivery);
    expect(heard.of('disconnected')).toHaveLength(1);
    expect(heard.events.at(-1)?.kind).toBe('disconnected');
    expect((await relay.send(frame())).detail).toMatch(detail);
  });

  it('shows a message cut short for what it is', async () => {
    const { transport: relay, heard } = await open({ fault: 'half' });
    await relay.send(frame());
    await heard.disconnected();
    expect(heard.of('garbage')).toMatchObject([{ detail: 'the relay ended inside a message' }]);
  });

  it('gives up a relay that is silent', async () => {
    const { transport: relay, heard } = await open({ fault: 'hang' }, { keepalive: 300 * MILLISECOND });
    const { delivery } = await relay.send(frame());
    expect(await heard.disconnected()).toMatch(/no sign of life for/);
    expect(delivery).toBe('refused');
  });

  it('keeps a relay that has nothing to say', async () => {
    const { transport: relay, heard } = await open({}, { keepalive: 200 * MILLISECOND });
    await relay.clock.timer(relay.clock.now() + 1 * SECOND).done;
    expect(heard.events).toEqual([]);
    expect((await relay.send(frame())).delivery).toBe('sent');
  });
});

describe('what happens on the bus', () => {
  it.each(['nak', 'arbitration-lost', 'refused'] as const)('is an observation: %s', async (fault) => {
    const { transport: relay } = await open({ fault });
    expect(await relay.send(frame())).toMatchObject({ delivery: fault, detail: `the fake says ${fault}` });
    expect(await relay.send(frame())).toMatchObject({ delivery: 'sent' });
  });

  it('shows what was lost, and goes on', async () => {
    const { transport: relay, heard } = await open({ fault: 'lost' });
    await relay.send(frame());
    await heard.until(() => heard.received.length === 1);
    expect(heard.of('garbage')).toMatchObject([{ detail: 'longer than 120 octets' }]);
  });

  it('does not hand on what was cut short as if it were whole', async () => {
    const { transport: relay, heard } = await open({ fault: 'truncated' });
    await relay.send(frame());
    await heard.until(() => heard.of('garbage').length === 1);
    expect(heard.received).toEqual([]);
  });

  it('overlooks what may be overlooked', async () => {
    const { transport: relay, heard } = await open({ fault: 'unknown-optional' });
    await relay.send(frame());
    await heard.until(() => heard.received.length === 1);
    expect(heard.events).toHaveLength(1);
  });

  it('reads the counters of the interface', async () => {
    const { transport: relay } = await open();
    await relay.send(frame());
    expect(await relay.counters?.()).toEqual({ rx_crc_errors: 1, rx_dropped: 1 });
  });

  it('refuses what the relay cannot take', async () => {
    const { transport: relay } = await open();
    const { delivery, detail } = await relay.send({ plane: 'frames', octets: new Uint8Array(1025) });
    expect([delivery, detail]).toEqual(['refused', expect.stringMatching(/1025 octets are more.*1024/)]);
  });
});

describe('times of a relay far away', () => {
  it('are exact between two of its events, and near ours', async () => {
    const { transport: relay, heard } = await open({ delay: 50, ahead: 7_000_000_000_000_000 });
    const before = relay.clock.now();
    const sent = await relay.send(frame());
    await heard.until(() => heard.received.length === 1);
    const [received] = heard.of('received');
    expect((received?.at ?? 0) - sent.at).toBeLessThan(20 * MILLISECOND);
    expect(sent.at).toBeGreaterThanOrEqual(before);
    expect(relay.clock.now() - before).toBeLessThan(2 * SECOND);
  });

  it('let a window end only when all that happened in it has been heard', async () => {
    const { transport: relay, heard } = await open({ delay: 50 });
    const { at } = await relay.send(frame());
    await relay.clock.timer(at + 20 * MILLISECOND).done;
    expect(heard.received).toHaveLength(1);
  });
});

describe('restoring on loss', () => {
  it('is announced, and carried out where the session ends without more', async () => {
    const { transport: relay } = await open();
    await relay.restoreOnLoss?.([frame('0081010009'), frame('0082010009')]);
    await relay.close();
    expect(logged).toContain('restored 2');
  });

  it('is taken back when the device is as it was', async () => {
    const { transport: relay } = await open();
    await relay.restoreOnLoss?.([frame('0081010009')]);
    await relay.restoreOnLoss?.([]);
    await relay.close();
    expect(logged).toEqual([]);
  });

  it('rejects where the relay is gone', async () => {
    const { transport: relay, heard } = await open({ fault: 'death' });
    await relay.send(frame());
    await heard.disconnected();
    await expect(relay.restoreOnLoss?.([frame()])).rejects.toThrow(/cannot restore/);
  });
});

it('says which program, kernel and machine are beside the device, as far as they tell', async () => {
  const { transport: opened } = await open();
  expect(opened.machine).toMatch(/^\S.*, kernel not told, machine not told: \S/);
});

describe('behind the kernel', () => {
  it('sends a well-formed request through it, and the rest as packets', async () => {
    const { transport: relay, heard } = await open({ plane: 'packets' });
    for (const unit of [packet(), packet('008202', { messageTag: 3 }), packet('008302', { packetSequence: 2 })]) {
      expect((await relay.send(unit)).delivery).toBe('sent');
    }
    await heard.until(() => heard.received.length === 3);
    expect(heard.received.map((octets) => toHex(octets).slice(8, 14))).toEqual(['000102', '000202', '000302']);
  });

  it('waits for a tag that another program uses', async () => {
    const { transport: relay, heard } = await open({ plane: 'packets', fault: 'tag-busy', after: 3 });
    expect(await relay.send(packet())).toMatchObject({ delivery: 'sent' });
    await heard.until(() => heard.received.length === 1);
  });

  it('does without the kernel where it lets nobody hold a tag', async () => {
    const { transport: relay, heard } = await open({ plane: 'packets', fault: 'no-tags' });
    for (let time = 0; time < 2; time += 1) expect((await relay.send(packet())).delivery).toBe('sent');
    await heard.until(() => heard.received.length === 2);
  });

  it('keeps out what was said to others, by others, or by us', async () => {
    const { transport: relay, heard } = await open({ plane: 'packets', fault: 'foreign' });
    await relay.send(packet());
    await heard.until(() => heard.received.length > 0);
    expect(heard.received.map((octets) => toHex(octets).slice(8, 14))).toEqual(['000102']);
  });

  it('says who else is a bus owner', async () => {
    await open({ plane: 'packets', fault: 'other-owner' });
    expect(logged).toEqual([expect.stringMatching(/mctpd is running: .*owner: other/)]);
  });

  it('knows the addresses that the way fixes', async () => {
    const { transport: relay } = await open({ plane: 'packets' });
    expect(relay.addressing).toEqual({ ownEid: 8, eid: 9, address: 0x1d, ownAddress: 0x10 });
  });
});
