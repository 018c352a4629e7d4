import { decodeSmbus } from '../binding/smbus';
import type { PacketHeader } from '../codec/packet';
import { decodePacket, packetHeaderFields } from '../codec/packet';
import type { Arrival } from '../requester/gather';

/** Parts of what a device sent that somebody looked at: header fields and `payload` of its packets, `octets`, `frame`. */
export type Reads = ReadonlySet<string>;

/** What arrives, with every look at its parts noted. */
export function notingReads(reads: Set<string>): (arrival: Arrival) => Arrival {
  const noted = <T extends object>(whole: T): T =>
    new Proxy(whole, {
      get(target, name) {
        if (name !== 'packet' && name !== 'at') reads.add(String(name));
        return Reflect.get(target, name);
      },
    });
  return (arrival) => noted({ ...arrival, packet: noted(arrival.packet) });
}

/**
 * Whether two frames of a device, on SMBus, are the same but for parts of them that nobody looked at: whoever took the one
 * as they did would have done the same with the other.
 */
export function alikeButUnread(own: Uint8Array, other: Uint8Array, reads: Reads): boolean {
  if (reads.has('octets') || reads.has('frame') || own.length !== other.length) return false;
  const [frame, otherFrame] = [decodeSmbus(own), decodeSmbus(other)];
  if (frame === undefined || otherFrame === undefined) return false;
  // Whoever is not spoken to hears nothing; whoever once sent no PEC is taken to send none.
  if (frame.destinationAddress !== otherFrame.destinationAddress) return false;
  if (frame.pecStatus === 'absent' || otherFrame.pecStatus === 'absent') return false;
  const [packet, otherPacket] = [decodePacket(frame.packet), decodePacket(otherFrame.packet)];
  if (packet === undefined || otherPacket === undefined) return false;
  const header = (name: keyof PacketHeader): boolean => packet[name] === otherPacket[name] || !reads.has(name);
  return packetHeaderFields.every(header) && sameOctets(packet.payload, otherPacket.payload);
}

function sameOctets(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}
