import { address, oneOf, type PartValue, rest, struct, u8, u32 } from './relay-octets';

/** A transmission: the body of `tx`, and of what is transmitted when a session ends. */
export const tx = struct({
  id: u32,
  plane: oneOf({ messages: 0, packets: 1, frames: 2 }),
  eid: u8,
  tag: u8,
  address,
  octets: rest,
});
export type Tx = PartValue<typeof tx>;

/** Bits of the tag octet of messages: tag owner, and a tag that the relay reserves for this request. */
export const TAG_OWNER = 0x08;
export const TAG_LENT = 0x20;
