import { MILLISECOND } from '../clock';
import type { Packet } from '../codec/packet';
import { encodePacket } from '../codec/packet';
import { Gatherer } from './gather';

const header = { reserved: 0, headerVersion: 1, destinationEid: 8, sourceEid: 9, tagOwner: 0, messageTag: 3 };
const packet = (som: 0 | 1, eom: 0 | 1, packetSequence: number): Packet => ({
  ...header,
  ...{ som, eom, packetSequence },
  payload: Uint8Array.of(1, packetSequence),
});

/** Packets as they come, a time in milliseconds before each. */
function gather(...coming: readonly (readonly [number, Packet])[]) {
  const gatherer = new Gatherer();
  return coming.flatMap(([at, each]) => {
    return gatherer.take({ packet: each, octets: encodePacket(each), at: at * MILLISECOND }) ?? [];
  });
}

describe('a first packet that comes twice', () => {
  const [first, last] = [packet(1, 0, 0), packet(0, 1, 1)];

  it('is shown among the packets of its message, and stands in the body once', () => {
    const [message, ...others] = gather([0, first], [6, first], [12, last]);
    expect(others).toEqual([]);
    expect(message?.message.packets).toHaveLength(3);
    expect([...(message?.body ?? [])]).toEqual([1, 0, 1, 1]);
  });

  it('begins a message that is sent again where it comes later, for the rest of the first was lost', () => {
    const [message] = gather([0, first], [200, first], [206, last]);
    expect(message?.message.packets).toHaveLength(2);
  });

  it('is no copy where it carries something else', () => {
    const [message] = gather([0, first], [6, { ...first, payload: Uint8Array.of(7) }], [12, last]);
    expect(message?.message.packets).toHaveLength(2);
  });
});

it('shows a last packet that comes twice as a message of its own', () => {
  const found = gather([0, packet(1, 0, 0)], [6, packet(0, 1, 1)], [12, packet(0, 1, 1)]);
  expect(found.map(({ body }) => body.length)).toEqual([4, 2]);
});
