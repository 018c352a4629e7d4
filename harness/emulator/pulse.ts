import { encodeSerial } from '../binding/serial';
import { encodeSmbus } from '../binding/smbus';
import { encodePacket } from '../codec/packet';
import type { Binding } from '../names';
import { NULL_EID } from '../names';
import type { Device } from './device';

/** Get Endpoint ID by physical address, as a bus owner sends it (DSP0236 12.4). */
const PACKET = encodePacket({
  ...{ reserved: 0, headerVersion: 1, destinationEid: NULL_EID, sourceEid: 8 },
  ...{ som: 1, eom: 1, packetSequence: 0, tagOwner: 1, messageTag: 0 },
  payload: Uint8Array.of(0x00, 0x80, 0x02),
});

const FRAMES = {
  smbus: encodeSmbus(PACKET, { destinationAddress: 0x1d, sourceAddress: 0x10 }),
  serial: encodeSerial(PACKET),
};

/** Whether the device, at the default address, says anything at once when it is asked for its EID. */
export function hasPulse(device: Device, binding: Binding, now: number): boolean {
  return device.receive(FRAMES[binding], now).length > 0;
}
