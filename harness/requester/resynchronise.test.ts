import { encodeSerial } from '../binding/serial';
import { MILLISECOND } from '../clock';
import { concat, fromHex } from '../codec/octets';
import { decodePacket, encodePacket } from '../codec/packet';
import type { Transport, TransportEvent } from '../transport/transport';
import { virtualClock } from '../transport/virtual-clock';
import { Link } from './link';
import { Requester } from './requester';

/** Takes octets, returns the packets of the frames that it has seen; escapes and checksums do not matter here. */
type Receiver = (octets: Uint8Array) => readonly Uint8Array[];

/** PICMG's: any octet is a revision, a flag in the data begins a frame, a count of 0 is 256. */
function picmg(): Receiver {
  let frame: number[] | undefined;
  const taken: Uint8Array[] = [];
  const take = (octet: number): void => {
    if (frame === undefined || (octet === 0x7e && frame.length > 3 && frame.length < 3 + count(frame))) {
      frame = octet === 0x7e ? [octet] : undefined;
      return;
    }
    frame.push(octet);
    if (frame.length < 3) return;
    if ((frame[2] ?? 0) > 67) frame = undefined;
    else if (frame.length === 6 + count(frame)) {
      if (octet === 0x7e) taken.push(Uint8Array.from(frame.slice(3, -3)));
      frame = undefined;
    }
  };
  const count = (of: readonly number[]): number => (of[2] === 0 ? 256 : (of[2] ?? 0));
  return (octets) => {
    for (const octet of octets) take(octet);
    return taken.splice(0);
  };
}

/** That of Linux 6.12: after an error it goes on where it stood, at the next flag. */
function linux(): Receiver {
  let position = 0;
  let state: 'header' | 'data' | 'trailer' | 'error' = 'header';
  let data: number[] = [];
  let length = 0;
  const taken: Uint8Array[] = [];
  const header = (octet: number): void => {
    const good = position === 0 ? octet === 0x7e : position === 1 ? octet === 0x01 : octet <= 68;
    if (!good) state = 'error';
    else if (position < 2) position += 1;
    else {
      [length, position, data, state] = [octet, 0, [], octet > 0 ? 'data' : 'trailer'];
    }
  };
  const trailer = (octet: number): void => {
    if (position < 2) position += 1;
    else if (octet !== 0x7e) state = 'error';
    else {
      taken.push(Uint8Array.from(data));
      [position, state] = [0, 'header'];
    }
  };
  const take = (octet: number): void => {
    if (state === 'header') header(octet);
    else if (state === 'trailer') trailer(octet);
    else if (state === 'error') state = octet === 0x7e ? 'header' : 'error';
    else {
      data.push(octet);
      if (data.length === length) [position, state] = [0, 'trailer'];
    }
  };
  return (octets) => {
    for (const octet of octets) take(octet);
    return taken.splice(0);
  };
}

const getEndpointId = {
  name: 'getEndpointId',
  set: 'control',
  title: 'Get Endpoint ID',
  clause: '12.5',
  code: 2,
  header: {},
  request: [],
  response: [],
  completionCodes: {},
};
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
  commands: { getEndpointId },
};

/** A device behind `receiver` that answers every request. */
function bench(receiver: Receiver) {
  const clock = virtualClock();
  const sent: Uint8Array[] = [];
  let listener: (event: TransportEvent) => void = () => undefined;
  const answer = (octets: Uint8Array): void => {
    const packet = decodePacket(octets);
    if (packet === undefined || packet.payload[2] !== 2) return;
    const payload = Uint8Array.of(0, (packet.payload[1] ?? 0) & 0x1f, 2, 0, 9);
    const response = { ...packet, destinationEid: 8, sourceEid: 9, tagOwner: 0, payload };
    clock.schedule(clock.now() + MILLISECOND, () => {
      const unit = { plane: 'frames' as const, octets: encodeSerial(encodePacket(response)) };
      listener({ kind: 'received', unit, at: clock.now() });
    });
  };
  const transport: Transport = {
    uri: 'test:',
    binding: 'serial',
    plane: 'frames',
    acknowledges: false,
    attested: false,
    disposable: true,
    clock,
    async send({ octets }) {
      sent.push(octets);
      for (const packet of receiver(octets)) answer(packet);
      return { delivery: 'sent', at: clock.now() };
    },
    listen(next) {
      listener = next;
    },
    async close() {},
  };
  const link = new Link(transport, { address: 0, ownAddress: 0 }, { write: () => undefined });
  const requester = new Requester(
    link,
    { control },
    {
      ownEid: 8,
      unit: 64,
      responseTimeout: 300 * MILLISECOND,
      silenceWindow: 600 * MILLISECOND,
      instanceIdExpiry: 6000 * MILLISECOND,
      requestRetries: 2,
      answersAsOwner: true,
      thorough: false,
    },
  );
  return { requester, link, sent };
}

const spec = { command: 'getEndpointId', fields: {}, message: {}, packet: {}, frame: {} };
const env = { parameters: {}, claims: {}, saved: {}, loop: {} };
const good = encodeSerial(fromHex('010900c800807f'));
const flag = Uint8Array.of(0x7e);

/** What a receiver may have seen before. */
const before: readonly (readonly [string, readonly Uint8Array[]])[] = [
  ['nothing', []],
  ['one flag', [flag]],
  ['two flags', [flag, flag]],
  ['another revision', [encodeSerial(fromHex('010900c800807f'), { revision: 2 })]],
  ['a count of 0', [fromHex('7e0100010900c800807f1c3c7e')]],
  ['a count that is too large', [concat(fromHex('7e01ff'), good.subarray(3))]],
  ['a count of one too many', [fromHex('7e0108010900c800807f1c3c7e')]],
  ['no closing flag', [concat(good.subarray(0, -1), [0x55])]],
  ...Array.from({ length: good.length - 1 }, (_, index): readonly [string, readonly Uint8Array[]] => [
    `the first ${index + 1} octets of a frame`,
    [good.subarray(0, index + 1)],
  ]),
];

describe.each([
  ['PICMG', picmg],
  ['Linux', linux],
])('the receiver of %s', (_name, receiver) => {
  it.each(before)('is brought back to its frame search after %s', async (_what, octets) => {
    const { requester, link } = bench(receiver());
    for (const some of octets) await link.sendRaw(some, 'stimulus');
    expect(await requester.resynchronise()).toBe(true);
    const exchange = await requester.request(requester.build(spec, env), 'twin');
    expect(exchange).toMatchObject({ attempts: 1 });
    expect(exchange.response).toBeDefined();
  });
});

it('sends nothing but a good frame where the device is in step', async () => {
  const { requester, sent } = bench(linux());
  expect(await requester.resynchronise()).toBe(true);
  expect(sent).toHaveLength(1);
});

it('does not bring back a device that never answers', async () => {
  const { requester } = bench(() => []);
  expect(await requester.resynchronise()).toBe(false);
});
