import { encodeSerial } from '../../binding/serial';
import { encodeSmbus } from '../../binding/smbus';
import { encodePacket } from '../../codec/packet';
import { createDevice } from '../../emulator/device';
import { ADDRESS, commands, OWN_ADDRESS, packetOf } from '../../emulator/testing/lab';
import type { Binding } from '../../names';

/** What the contract suite sends through every transport, and what has to come back. */

/** Get Endpoint ID many times over, tags and instance ids in turn, and one vendor message of a full packet. */
export function stimuli(binding: Binding): readonly Uint8Array[] {
  const bodies = Array.from({ length: 60 }, (_, index) => ({
    payload: `00${(0x80 | (index & 0x1f)).toString(16)}02`,
    header: { messageTag: index % 8 },
  }));
  const vendor = { payload: `7e1ab4${'7e7d'.repeat(30)}00`, header: { messageTag: 5 } };
  return [...bodies, vendor].map(({ payload, header }) => {
    const packet = encodePacket(packetOf(payload, header));
    const addressing = { destinationAddress: ADDRESS, sourceAddress: OWN_ADDRESS };
    return binding === 'smbus' ? encodeSmbus(packet, addressing) : encodeSerial(packet);
  });
}

/** What a device of its own answers to the same. */
export function answers(binding: Binding): readonly Uint8Array[] {
  const device = createDevice({ class: 'nic', binding, address: ADDRESS, commands, deviations: [] });
  return stimuli(binding).flatMap((octets, index) =>
    device.receive(octets, index * 1_000_000_000).map((action) => action.octets),
  );
}

/** Many frames of every size, the largest among them. */
export function echoes(binding: Binding): readonly Uint8Array[] {
  const largest = binding === 'smbus' ? 260 : 60_000;
  const sizes = [...Array.from({ length: 260 }, (_, index) => index + 1), largest, 1, largest];
  return sizes.map((size, first) => Uint8Array.from({ length: size }, (_, index) => (first * 7 + index) & 0xff));
}
