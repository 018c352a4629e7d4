import { lenientSerial, SerialReceiver } from '../binding/serial';
import { decodeSmbus } from '../binding/smbus';
import type { Packet, PacketHeader } from '../codec/packet';
import { decodePacket, packetHeaderFields } from '../codec/packet';
import type { Binding } from '../names';
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
 * Whether two frames of a device are the same but for parts of them that nobody looked at: whoever took the one as they did
 * would have done the same with the other.
 */
export function alikeButUnread(own: Uint8Array, other: Uint8Array, reads: Reads, binding: Binding): boolean {
  if (reads.has('octets') || reads.has('frame') || own.length !== other.length) return false;
  const carried = binding === 'smbus' ? carriedBySmbus(own, other) : carriedBySerial(own, other);
  if (carried === undefined) return false;
  const [packet, otherPacket] = [decodePacket(carried.own), decodePacket(carried.other)];
  return packet !== undefined && otherPacket !== undefined && packetsButUnread(packet, otherPacket, reads);
}

/** The same of two packets, whatever carries them. */
export function packetsButUnread(own: Packet, other: Packet, reads: Reads): boolean {
  if (reads.has('octets') || reads.has('frame')) return false;
  const header = (name: keyof PacketHeader): boolean => own[name] === other[name] || !reads.has(name);
  return packetHeaderFields.every(header) && sameOctets(own.payload, other.payload);
}

interface Carried {
  readonly own: Uint8Array;
  readonly other: Uint8Array;
}

function carriedBySmbus(own: Uint8Array, other: Uint8Array): Carried | undefined {
  const [frame, otherFrame] = [decodeSmbus(own), decodeSmbus(other)];
  if (frame === undefined || otherFrame === undefined) return undefined;
  // Whoever is not spoken to hears nothing; whoever once sent no PEC is taken to send none.
  if (frame.destinationAddress !== otherFrame.destinationAddress) return undefined;
  if (frame.pecStatus === 'absent' || otherFrame.pecStatus === 'absent') return undefined;
  return { own: frame.packet, other: otherFrame.packet };
}

/** Only where each is taken at its last octet, and nothing waits for more. */
function carriedBySerial(own: Uint8Array, other: Uint8Array): Carried | undefined {
  const [packet, otherPacket] = [takenAtOnce(own), takenAtOnce(other)];
  return packet === undefined || otherPacket === undefined ? undefined : { own: packet, other: otherPacket };
}

function takenAtOnce(octets: Uint8Array): Uint8Array | undefined {
  const receiver = new SerialReceiver(lenientSerial);
  const before = receiver.feed(octets.subarray(0, -1));
  const events = receiver.feed(octets.subarray(-1));
  const [event] = events;
  if (before.length > 0 || events.length !== 1 || event?.kind !== 'frame') return undefined;
  return receiver.pending.length === 0 ? event.frame.packet : undefined;
}

function sameOctets(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}
