import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { MILLISECOND } from '../clock';
import type { CommandSets } from '../codec/command';
import { fromHex } from '../codec/octets';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import type { RecordEntry } from '../record/lines';
import type { Environment } from '../resolve';
import type { MessageSpec } from '../suite/compiled';
import type { Transport, TransportEvent } from '../transport/transport';
import { virtualClock } from '../transport/virtual-clock';
import { Link } from './link';
import { Requester } from './requester';
import { hasTwin, heal } from './stimulus';

const control = {
  id: 'control',
  title: 'MCTP control',
  document: 'DSP0236',
  messageType: 0,
  byteOrder: 'big' as const,
  header: [
    {
      bits: [
        { name: 'request', width: 1 },
        { name: 'datagram', width: 1 },
        { name: 'reserved', width: 1 },
        { name: 'instanceId', width: 5 },
      ],
    },
    { name: 'commandCode', type: 'uint8' as const },
  ],
  completionCodes: { SUCCESS: 0 },
  commands: {
    getEndpointId: {
      name: 'getEndpointId',
      set: 'control',
      title: 'Get Endpoint ID',
      clause: '12.5',
      code: 2,
      header: {},
      request: [],
      response: [{ name: 'eid', type: 'uint8' as const }],
      completionCodes: {},
    },
    setEndpointId: {
      name: 'setEndpointId',
      set: 'control',
      title: 'Set Endpoint ID',
      clause: '12.4',
      code: 1,
      header: {},
      request: [{ name: 'eid', type: 'uint8' as const }],
      response: [],
      completionCodes: {},
    },
  },
};
/** A set of another type, with a command of its own. */
const other = {
  ...control,
  id: 'other',
  messageType: 1,
  commands: { 'other/ping': { ...control.commands.getEndpointId, name: 'other/ping', set: 'other' } },
};
const sets: CommandSets = { control, other };
const env: Environment = { parameters: {}, claims: {}, saved: {}, loop: {} };
const getEndpointId: MessageSpec = { command: 'getEndpointId', fields: {}, message: {}, packet: {}, frame: {} };

type Reply = { readonly packet: Packet; readonly afterMs: number };

/** A device of a few lines on virtual time: a function from packet to packets. */
function bench(device: (packet: Packet, count: number) => readonly Reply[], retries = 2) {
  const clock = virtualClock();
  const sent: Packet[] = [];
  const record: RecordEntry[] = [];
  let listener: (event: TransportEvent) => void = () => undefined;
  const deliver = (packet: Packet, afterMs: number): void => {
    clock.schedule(clock.now() + afterMs * MILLISECOND, () => {
      const octets = encodeSmbus(encodePacket(packet), { destinationAddress: 0x10, sourceAddress: 0x1d });
      listener({ kind: 'received', unit: { plane: 'frames', octets }, at: clock.now() });
    });
  };
  const transport: Transport = {
    uri: 'test:',
    binding: 'smbus',
    plane: 'frames',
    acknowledges: true,
    attested: false,
    disposable: true,
    clock,
    async send(unit) {
      const packet = decodePacket(decodeSmbus(unit.octets)?.packet ?? new Uint8Array());
      if (packet !== undefined) {
        sent.push(packet);
        for (const reply of device(packet, sent.length)) deliver(reply.packet, reply.afterMs);
      }
      return { delivery: 'sent', at: clock.now() };
    },
    listen(next) {
      listener = next;
    },
    async close() {},
  };
  const link = new Link(transport, { address: 0x1d, ownAddress: 0x10 }, { write: (entry) => record.push(entry) });
  const requester = new Requester(link, sets, {
    ownEid: 8,
    unit: 64,
    responseTimeout: 300 * MILLISECOND,
    silenceWindow: 600 * MILLISECOND,
    instanceIdExpiry: 6000 * MILLISECOND,
    requestRetries: retries,
    answersAsOwner: true,
    thorough: false,
  });
  return { clock, sent, record, requester, link, deliver };
}

/** The right answer to Get Endpoint ID, changed. */
function answer(packet: Packet, change: Partial<Packet> = {}, instanceId = (packet.payload[1] ?? 0) & 0x1f): Packet {
  return {
    ...packet,
    destinationEid: packet.sourceEid,
    sourceEid: 9,
    tagOwner: 0,
    payload: Uint8Array.of(0, instanceId, packet.payload[2] ?? 0, 0, 9),
    ...change,
  };
}

const correct = (packet: Packet): readonly Reply[] => [{ packet: answer(packet), afterMs: 1 }];

describe('a request', () => {
  it('gets its answer and the time that it took', async () => {
    const { requester } = bench(correct);
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange).toMatchObject({ attempts: 1, elapsed: MILLISECOND, also: [] });
    expect(exchange.response?.body.slice(4)).toBe('020009');
  });

  it.each([
    ['another tag', { messageTag: 7 }],
    ['TO still set', { tagOwner: 1 }],
    ['a wrong version', { headerVersion: 3 }],
    ['another source', { sourceEid: 77 }],
    ['no start flag', { som: 0 }],
  ])('takes an answer with %s: that is for the case which owns the clause', async (_what, change) => {
    const { requester } = bench((packet) => [{ packet: answer(packet, change), afterMs: 1 }]);
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.attempts).toBe(1);
    expect(exchange.response).toBeDefined();
  });

  it('takes an answer with another instance id', async () => {
    const { requester } = bench((packet) => [{ packet: answer(packet, {}, 31), afterMs: 1 }]);
    expect((await requester.request(requester.build(getEndpointId, env), 'stimulus')).response).toBeDefined();
  });

  it('prefers the answer that fits better, though it comes later', async () => {
    const { requester } = bench((packet) => [
      { packet: answer(packet, { messageTag: (packet.messageTag + 1) % 8 }, 30), afterMs: 1 },
      { packet: answer(packet), afterMs: 5 },
    ]);
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.elapsed).toBe(5 * MILLISECOND);
    expect(exchange.also).toHaveLength(1);
  });

  it('is sent again with the same instance id and tag, and says how often', async () => {
    const { requester, sent } = bench((packet, count) => (count < 3 ? [] : correct(packet)));
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.attempts).toBe(3);
    expect(exchange.response).toBeDefined();
    expect(new Set(sent.map((packet) => `${packet.messageTag}/${packet.payload[1]}`)).size).toBe(1);
  });

  it('is no retry of the control request before it, however much of another type came between', async () => {
    const { requester, sent } = bench((packet) => [
      {
        packet: answer(packet, {
          payload: Uint8Array.of(packet.payload[0] ?? 0, 0x1f & (packet.payload[1] ?? 0), 2, 0, 9),
        }),
        afterMs: 1,
      },
    ]);
    const ask = (command: string) => requester.request(requester.build({ ...getEndpointId, command }, env), 'stimulus');
    const pairs: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      requester.beginCase('a case');
      await ask('getEndpointId');
      const [last] = sent.slice(-1);
      pairs.push(`${last?.messageTag}/${last?.payload[1]}`);
      // So many that the last of them have neither its tag nor its id.
      for (let count = 0; count < 41; count += 1) await ask('other/ping');
    }
    expect(pairs[0]).not.toBe(pairs[1]);
  });

  it('ends without an answer after all attempts', async () => {
    const { requester, clock } = bench(() => []);
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.response).toBeUndefined();
    expect(exchange.attempts).toBe(3);
    expect(clock.now()).toBe(900 * MILLISECOND);
  });

  it('does not take the second copy of an earlier answer for its own', async () => {
    const { requester } = bench(
      (packet, count) => (count === 1 ? [...correct(packet), { packet: answer(packet), afterMs: 2 }] : []),
      0,
    );
    await requester.request(requester.build(getEndpointId, env), 'stimulus');
    const second = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(second.response).toBeUndefined();
    expect(requester.takeStrays()).toHaveLength(1);
  });

  it('ends at once when the way to the device ends', async () => {
    const { requester, clock, link } = bench(() => []);
    clock.schedule(10 * MILLISECOND, () => link.interrupt());
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.response).toBeUndefined();
    expect(clock.now()).toBe(10 * MILLISECOND);
  });
});

describe('silence', () => {
  const faulty: MessageSpec = { ...getEndpointId, packet: { headerVersion: 2 } };
  const dropsWrong = (packet: Packet): readonly Reply[] => (packet.headerVersion === 1 ? correct(packet) : []);

  async function silent(device: (packet: Packet) => readonly Reply[]) {
    const table = bench(device);
    const { requester } = table;
    const stimulus = requester.build(faulty, env);
    const pending = await requester.transmit(
      stimulus,
      stimulus.packets.map((packet) => ({ packet, frame: {} })),
      'stimulus',
    );
    const silence = await requester.proveSilence(pending, hasTwin(faulty) ? heal(faulty) : undefined, env);
    return { ...table, pending, exchange: requester.close(pending, 1, silence) };
  }

  it('is proven by the twin without waiting the window', async () => {
    const { exchange, clock, sent } = await silent(dropsWrong);
    expect(exchange.response).toBeUndefined();
    expect(exchange.silence).toMatchObject({ by: 'twin', twin: { response: {} } });
    expect(clock.now()).toBeLessThan(10 * MILLISECOND);
    expect(sent.map((packet) => packet.headerVersion)).toEqual([2, 1]);
  });

  it('is broken by an answer, also one with a wrong tag and the twin answered too', async () => {
    const always = (packet: Packet): readonly Reply[] => [{ packet: answer(packet, { messageTag: 0 }), afterMs: 1 }];
    const { exchange } = await silent(always);
    expect(exchange.response).toBeDefined();
  });

  it('is not broken by a twin whose answer has a wrong tag', async () => {
    const { exchange } = await silent((packet) =>
      packet.headerVersion === 1 ? [{ packet: answer(packet, { messageTag: 0 }), afterMs: 1 }] : [],
    );
    expect(exchange.response).toBeUndefined();
    expect(exchange.silence?.twin?.response).toBeDefined();
  });

  it('tells of an answer that comes after the step', async () => {
    const { pending, link, clock } = await silent((packet) =>
      packet.headerVersion === 1 ? correct(packet) : [{ packet: answer(packet), afterMs: 400 }],
    );
    const late: string[] = [];
    pending.late = (message) => late.push(message.body);
    await link.until(clock.now() + 500 * MILLISECOND, () => false);
    expect(late).toHaveLength(1);
  });
});

describe('a request of the device', () => {
  const ask = (commandCode: number): Packet => ({
    reserved: 0,
    headerVersion: 1,
    destinationEid: 8,
    sourceEid: 9,
    som: 1,
    eom: 1,
    packetSequence: 0,
    tagOwner: 1,
    messageTag: 0,
    payload: Uint8Array.of(0, 0x85, commandCode),
  });

  it('is answered as a bus owner would, and not taken for an answer', async () => {
    const { requester, sent } = bench((packet) =>
      packet.tagOwner === 1
        ? [
            { packet: ask(2), afterMs: 1 },
            { packet: answer(packet), afterMs: 2 },
          ]
        : [],
    );
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange.elapsed).toBe(2 * MILLISECOND);
    const reply = sent.find((packet) => packet.tagOwner === 0);
    expect(reply).toMatchObject({ destinationEid: 9, sourceEid: 8, messageTag: 0 });
    expect([...(reply?.payload ?? [])]).toEqual([...fromHex('0005020008')]);
    expect(requester.takeStrays()).toHaveLength(1);
  });

  it('for a command that we do not have gets ERROR_UNSUPPORTED_CMD', async () => {
    const { link, clock, deliver, sent } = bench(() => []);
    deliver(ask(0x0d), 1);
    await link.until(clock.now() + 5 * MILLISECOND, () => false);
    expect([...(sent[0]?.payload ?? [])]).toEqual([0, 5, 0x0d, 5]);
  });
});

describe('a request of the device with the very tag, instance id and command of ours', () => {
  const alike = (packet: Packet): Packet => ({ ...answer(packet), tagOwner: 1, payload: packet.payload });

  it('is not taken for the answer that follows it, and is answered then', async () => {
    const { requester, sent } = bench((packet) =>
      packet.tagOwner === 1
        ? [
            { packet: alike(packet), afterMs: 1 },
            { packet: answer(packet), afterMs: 2 },
          ]
        : [],
    );
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange).toMatchObject({ attempts: 1, also: [], response: { at: 2 * MILLISECOND } });
    expect(sent.map((packet) => packet.tagOwner)).toEqual([1, 0]);
  });

  it('is taken for an answer where no other comes', async () => {
    const { requester } = bench((packet) => [{ packet: alike(packet), afterMs: 1 }]);
    const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(exchange).toMatchObject({ attempts: 1, also: [], response: { at: MILLISECOND } });
  });

  it('does not break a silence', async () => {
    const { requester } = bench((packet, count) =>
      count === 1 ? [{ packet: alike(packet), afterMs: 1 }] : correct(packet),
    );
    const stimulus = requester.build(getEndpointId, env);
    const pending = await requester.transmit(
      stimulus,
      [{ packet: stimulus.packets[0] as Packet, frame: {} }],
      'stimulus',
    );
    const silence = await requester.proveSilence(pending, undefined, env);
    const exchange = requester.close(pending, 1, silence);
    expect(exchange.response).toBeUndefined();
    expect(exchange.silence?.twin?.response).toBeDefined();
  });
});

describe('a request that is sent again', () => {
  const setEndpointId: MessageSpec = { ...getEndpointId, command: 'setEndpointId', fields: { eid: 10 } };

  it('goes to the null EID where the first may have moved the device', async () => {
    let eid = 9;
    const { requester, sent } = bench((packet, count) => {
      if (packet.destinationEid !== eid && packet.destinationEid !== 0) return [];
      eid = 10;
      return count < 3 ? [] : [{ packet: answer(packet, { sourceEid: eid }), afterMs: 1 }];
    });
    requester.eid = 9;
    const exchange = await requester.request(requester.build(setEndpointId, env), 'stimulus');
    expect(exchange.response).toBeDefined();
    expect(exchange).toMatchObject({ attempts: 3, sent: { destinationEid: 0 } });
    expect(sent.map((packet) => packet.destinationEid)).toEqual([9, 0, 0]);
  });

  it('keeps its destination otherwise', async () => {
    const { requester, sent } = bench(() => []);
    requester.eid = 9;
    await requester.request(requester.build(getEndpointId, env), 'stimulus');
    expect(sent.map((packet) => packet.destinationEid)).toEqual([9, 9, 9]);
  });

  it('waits for all its answers, so that a slow device does not fall behind', async () => {
    let free = 0;
    const { requester, clock } = bench((packet) => {
      free = Math.max(clock.now(), free) + 310 * MILLISECOND;
      return [{ packet: answer(packet), afterMs: (free - clock.now()) / MILLISECOND }];
    });
    for (let count = 0; count < 5; count += 1) {
      const exchange = await requester.request(requester.build(getEndpointId, env), 'stimulus');
      expect(exchange).toMatchObject({ attempts: 2 });
      expect(exchange.response).toBeDefined();
    }
  });
});
