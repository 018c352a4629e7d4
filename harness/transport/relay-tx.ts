import { concat } from '../codec/octets';
import { address, list, oneOf, type Part, type PartValue, rest, struct, u8, u32 } from './relay-octets';
import type { Mark } from './transport';

/** A transmission: the body of `tx`, and of what is transmitted when a session ends. */
const unnumbered = {
  plane: oneOf({ messages: 0, packets: 1, frames: 2 }),
  eid: u8,
  tag: u8,
  address,
  octets: rest,
};
export const tx = struct({ id: u32, ...unnumbered });
export type Tx = PartValue<typeof tx>;

const mark: Part<Mark> = {
  write: ({ mask, value }) => concat(u8.write(mask.length), mask, value),
  read(reader) {
    const size = u8.read(reader);
    return { mask: reader.take(size), value: reader.take(size) };
  },
};

/** What a hold takes: octets of its transmission, marks, and transmissions at once. */
export const HOLD = { octets: 320, marks: 4, markSize: 32, count: 32 } as const;

/** A transmission that waits for the answer to what goes before it. `within`: microseconds. */
export const hold = struct({ id: u32, after: u32, within: u32, marks: list(u8, mark), ...unnumbered });
export type Hold = PartValue<typeof hold>;

/** Bits of the tag octet of messages: tag owner, and a tag that the relay reserves for this request. */
export const TAG_OWNER = 0x08;
export const TAG_LENT = 0x20;
