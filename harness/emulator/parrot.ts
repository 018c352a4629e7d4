import { encodeSerial, lenientSerial, SerialReceiver } from '../binding/serial';
import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { MILLISECOND } from '../clock';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import type { Binding } from '../names';
import { messageTypes } from '../names';
import type { Action, Device } from './endpoint';

const RESPONSE_TIME = MILLISECOND;
const REQUEST_BIT = 0x80;

/**
 * Says SUCCESS to whatever comes, packet by packet, and knows nothing: malformed, misaddressed, wrongly checked, it is
 * all the same to it. Every suite must turn red against it.
 */
export function createParrot(binding: Binding, address: number): Device {
  const receiver = new SerialReceiver({ ...lenientSerial, needsClosingFlag: false });
  const smbus = (octets: Uint8Array): readonly Action[] => {
    const frame = decodeSmbus(octets);
    const packet = frame === undefined ? undefined : decodePacket(frame.packet);
    if (frame === undefined || packet === undefined) return [];
    const addressing = { destinationAddress: frame.sourceAddress, sourceAddress: address };
    return [{ octets: encodeSmbus(parroted(packet), addressing), delayNs: RESPONSE_TIME }];
  };
  const serial = (octets: Uint8Array): readonly Action[] =>
    receiver.feed(octets).flatMap((event) => {
      const packet = event.kind === 'frame' ? decodePacket(event.frame.packet) : undefined;
      return packet === undefined ? [] : [{ octets: encodeSerial(parroted(packet)), delayNs: RESPONSE_TIME }];
    });
  return {
    acknowledges: () => true,
    receive: binding === 'smbus' ? smbus : serial,
    refused: () => [],
    next: () => undefined,
    advance: () => [],
  };
}

/** The request's own header with Rq cleared and completion code 0 after it; nothing else. */
function parroted(packet: Packet): Uint8Array {
  const { destinationEid, sourceEid, messageTag, payload } = packet;
  const size = (payload[0] ?? 0) % REQUEST_BIT === messageTypes.pldm ? 4 : 3;
  const body = new Uint8Array(size + 1);
  body.set(payload.subarray(0, size));
  body[1] = (body[1] ?? 0) & ~REQUEST_BIT;
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 0, messageTag };
  const header = { reserved: 0, headerVersion: 1, destinationEid: sourceEid, sourceEid: destinationEid, ...flags };
  return encodePacket({ ...header, payload: body });
}
