import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { MILLISECOND, SECOND } from '../clock';
import { fromHex, toHex } from '../codec/octets';
import type { Deviation } from '../emulator/endpoint-types';
import { frameOf, packetOf } from '../emulator/testing/lab';
import { CertifyError } from '../errors';
import { commands } from '../suite/testing/command-tables';
import { openSim } from './sim';
import type { Transport, TransportEvent } from './transport';
import { parseUri } from './uri';

const GET_EID = fromHex('3a0f0821010008c800810243');
const GET_EID_ANSWER = '200f0c3b010800c0000102000000002b';
const OCTET = 90_000;

const late: Deviation = {
  name: 'late',
  title: 'answers after 400 ms',
  bindings: ['smbus'],
  change: (correct) => ({
    message: (message, request, state) =>
      correct.message(message, request, state).map((each) => ({ ...each, delayNs: 400 * MILLISECOND })),
  }),
};

function open(uri: string): Transport {
  const device = parseUri(uri);
  if (device.scheme !== 'sim') throw new Error(`not sim: ${uri}`);
  return openSim(device, { commands, deviations: [late] });
}

/** Waits as a requester does: arms, and cancels the timer inside the listener when something came. */
async function exchange(sim: Transport, octets: Uint8Array, window = 300 * MILLISECOND): Promise<TransportEvent[]> {
  const events: TransportEvent[] = [];
  const { at } = await sim.send({ plane: 'frames', octets });
  const timer = sim.clock.timer(at + window);
  sim.listen((event) => {
    events.push(event);
    timer.cancel();
  });
  await timer.done;
  return events;
}

const hexOf = (events: readonly TransportEvent[]): readonly string[] =>
  events.map((event) => (event.kind === 'received' ? toHex(event.unit.octets) : event.kind));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('sim: on SMBus', () => {
  it('answers the vector after wire and response time, and time stands still then', async () => {
    const sim = open('sim:nic');
    const events = await exchange(sim, GET_EID);
    const arrival = GET_EID.length * OCTET + MILLISECOND + 16 * OCTET;
    expect(events).toEqual([
      { kind: 'received', at: arrival, unit: { plane: 'frames', octets: fromHex(GET_EID_ANSWER) } },
    ]);
    await settled();
    expect(sim.clock.now()).toBe(arrival);
  });

  it('does nothing while nobody waits', async () => {
    const sim = open('sim:endpoint');
    let events = 0;
    sim.listen(() => {
      events += 1;
    });
    expect(await sim.send({ plane: 'frames', octets: GET_EID })).toEqual({ delivery: 'sent', at: 12 * OCTET });
    for (let turn = 0; turn < 10; turn += 1) await settled();
    expect([events, sim.clock.now()]).toEqual([0, 0]);
  });

  it('sends one frame after the other', async () => {
    const sim = open('sim:nic');
    const sent = [
      await sim.send({ plane: 'frames', octets: GET_EID }),
      await sim.send({ plane: 'frames', octets: GET_EID }),
    ];
    expect(sent.map(({ at }) => at)).toEqual([12 * OCTET, 24 * OCTET]);
  });

  it('says that nobody acknowledged another address', async () => {
    const sim = open('sim:nic');
    const octets = encodeSmbus(fromHex('010008c8008102'), { destinationAddress: 0x1e, sourceAddress: 0x10 });
    expect(await sim.send({ plane: 'frames', octets })).toMatchObject({ delivery: 'nak' });
    expect(await exchange(sim, octets)).toEqual([]);
    expect(hexOf(await exchange(sim, GET_EID))).toEqual([GET_EID_ANSWER]);
  });

  it('hears nothing that is addressed to others', async () => {
    const sim = open('sim:nic');
    expect(await exchange(sim, GET_EID)).toHaveLength(1);
    const foreign = encodeSmbus(fromHex('010008c8008102'), { destinationAddress: 0x1d, sourceAddress: 0x22 });
    expect(await exchange(sim, foreign)).toEqual([]);
  });

  it('refuses what is no frame, and everything once closed', async () => {
    const sim = open('sim:nic');
    expect((await sim.send({ plane: 'packets', octets: GET_EID })).delivery).toBe('refused');
    await sim.send({ plane: 'frames', octets: GET_EID });
    await sim.close();
    await sim.close();
    let events = 0;
    sim.listen(() => {
      events += 1;
    });
    expect(await sim.clock.timer(SECOND).done).toBe(true);
    expect(events).toBe(0);
    expect((await sim.send({ plane: 'frames', octets: GET_EID })).delivery).toBe('refused');
  });

  it('keeps what came before anybody listened', async () => {
    const sim = open('sim:nic');
    await sim.send({ plane: 'frames', octets: GET_EID });
    await sim.clock.timer(SECOND).done;
    const events: TransportEvent[] = [];
    sim.listen((event) => events.push(event));
    expect(hexOf(events)).toEqual([GET_EID_ANSWER]);
  });

  it('puts deviations on', async () => {
    const sim = open('sim:nic?deviation=late');
    expect(await exchange(sim, GET_EID)).toEqual([]);
    expect(hexOf(await exchange(sim, GET_EID))).toEqual([GET_EID_ANSWER]);
  });

  it('lets the device ask of its own while somebody waits, until it gives up', async () => {
    const sim = open('sim:nic?deviation=chatty');
    const asked: string[] = [];
    sim.listen((event) => {
      if (event.kind !== 'received') return;
      const packet = decodeSmbus(event.unit.octets)?.packet ?? new Uint8Array(0);
      asked.push(`${toHex(packet.subarray(3, 4))} ${toHex(packet.subarray(4))}`);
    });
    await sim.send({ plane: 'frames', octets: frameOf(packetOf('0081010020')) });
    await sim.clock.timer(10 * SECOND).done;
    const thrice = (request: string): readonly string[] => [request, request, request];
    expect(asked).toEqual(['c0 00010100002000', ...thrice('c8 008005'), ...thrice('c9 008103')]);
  });
});

describe('sim: on serial', () => {
  it('answers the vector, also when it comes in pieces', async () => {
    const sim = open('sim:nic?binding=serial');
    expect([sim.binding, sim.acknowledges]).toEqual(['serial', false]);
    const frame = fromHex('7e0107010008c800810232197e');
    await sim.send({ plane: 'frames', octets: frame.subarray(0, 5) });
    const [event] = await exchange(sim, frame.subarray(5));
    expect(hexOf(event === undefined ? [] : [event])).toEqual(['7e010b010800c00001020000000038b37e']);
  });
});

describe('names', () => {
  const codeOf = (uri: string): unknown => {
    try {
      open(uri);
      return undefined;
    } catch (thrown) {
      return thrown instanceof CertifyError ? `${thrown.code}: ${thrown.message}` : thrown;
    }
  };

  it('are suggested where one is close', () => {
    expect(codeOf('sim:nic?deviation=chaty')).toBe('UNKNOWN_NAME: no emulated deviation "chaty": did you mean chatty?');
    expect(codeOf('sim:endpont')).toMatch(/^UNKNOWN_NAME: .*did you mean endpoint\?/);
  });

  it('are listed where none is close', () => {
    expect(codeOf('sim:nic?deviation=zzz')).toMatch(/known are late chatty slow/);
    expect(codeOf('sim:toaster')).toMatch(/^UNKNOWN_NAME: .*known are endpoint bridge nic .*silent parrot/);
  });

  it('are refused where a deviation is of another binding', () => {
    expect(codeOf('sim:nic?binding=serial&deviation=late')).toBe(
      'USAGE: deviation late is one of smbus, not of nic on serial',
    );
  });
});
