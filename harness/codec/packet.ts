import { layout } from './layout';
import { put } from './octets';

/** The MCTP transport header (DSP0236 8.2, Table 1). */
export const packetHeaderLayout = layout([
  {
    bits: [
      { name: 'reserved', width: 4 },
      { name: 'headerVersion', width: 4, default: 1 },
    ],
  },
  { name: 'destinationEid', type: 'uint8' },
  { name: 'sourceEid', type: 'uint8' },
  {
    bits: [
      { name: 'som', width: 1 },
      { name: 'eom', width: 1 },
      { name: 'packetSequence', width: 2 },
      { name: 'tagOwner', width: 1 },
      { name: 'messageTag', width: 3 },
    ],
  },
]);

export const PACKET_HEADER_SIZE = 4;

export const packetHeaderFields = [
  'reserved',
  'headerVersion',
  'destinationEid',
  'sourceEid',
  'som',
  'eom',
  'packetSequence',
  'tagOwner',
  'messageTag',
] as const;
export type PacketHeaderField = (typeof packetHeaderFields)[number];

/** One field per bit field of the header; flags are 0 or 1. */
export type PacketHeader = { readonly [F in PacketHeaderField]: number };

export interface Packet extends PacketHeader {
  /** Octets after the header; in a start packet the first is IC and message type. */
  readonly payload: Uint8Array;
}

/** As the layout table says, by hand: every packet of a run passes here (a test holds the two against each other). */
export function encodePacket(packet: Packet): Uint8Array {
  const { payload } = packet;
  const octets = new Uint8Array(PACKET_HEADER_SIZE + payload.length);
  octets[0] = ((packet.reserved & 0x0f) << 4) | (packet.headerVersion & 0x0f);
  octets[1] = packet.destinationEid;
  octets[2] = packet.sourceEid;
  octets[3] =
    ((packet.som & 1) << 7) |
    ((packet.eom & 1) << 6) |
    ((packet.packetSequence & 3) << 4) |
    ((packet.tagOwner & 1) << 3) |
    (packet.messageTag & 7);
  put(octets, payload, PACKET_HEADER_SIZE);
  return octets;
}

/** The packet, or undefined where the octets do not hold a header. Any four octets are a header. */
export function decodePacket(octets: Uint8Array): Packet | undefined {
  if (octets.length < PACKET_HEADER_SIZE) return undefined;
  // By index: taking a typed array apart goes through an iterator, and every packet of a run passes here.
  const first = octets[0] ?? 0;
  const destinationEid = octets[1] ?? 0;
  const sourceEid = octets[2] ?? 0;
  const flags = octets[3] ?? 0;
  return {
    reserved: first >> 4,
    headerVersion: first & 0x0f,
    destinationEid,
    sourceEid,
    som: flags >> 7,
    eom: (flags >> 6) & 1,
    packetSequence: (flags >> 4) & 3,
    tagOwner: (flags >> 3) & 1,
    messageTag: flags & 7,
    payload: octets.slice(PACKET_HEADER_SIZE),
  };
}

/** `09<-08 SOM EOM seq 0 TO,3`: destination, source, flags, sequence, tag. */
export function describePacket(packet: PacketHeader): string {
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const flags = [packet.som ? 'SOM' : '', packet.eom ? 'EOM' : ''].filter((flag) => flag !== '').join(' ');
  const version = packet.headerVersion === 1 ? '' : ` v${packet.headerVersion}`;
  const tag = `${packet.tagOwner ? 'TO' : '!TO'},${packet.messageTag}`;
  return `${hex(packet.destinationEid)}<-${hex(packet.sourceEid)}${version} ${flags || 'middle'} seq ${packet.packetSequence} ${tag}`;
}

/**
 * A message body as packets: payloads of `unit` octets, the last one shorter, sequence numbers from
 * `header.packetSequence` on (DSP0236 8.4.2, 8.8). An empty body makes one packet without payload. Throws RangeError for
 * a unit below one octet.
 */
export function fragment(body: Uint8Array, header: PacketHeader, unit: number): readonly Packet[] {
  if (!(unit >= 1)) throw new RangeError(`a packet takes at least one octet of payload, not ${unit}`);
  if (body.length <= unit) return [part(header, 0, 1, body)];
  const count = Math.ceil(body.length / unit);
  return Array.from({ length: count }, (_, index) =>
    part(header, index, count, body.subarray(index * unit, (index + 1) * unit)),
  );
}

/** Field by field: what is spread and then written over takes the engine's slow way, and every packet passes here. */
function part(header: PacketHeader, index: number, count: number, payload: Uint8Array): Packet {
  return {
    reserved: header.reserved,
    headerVersion: header.headerVersion,
    destinationEid: header.destinationEid,
    sourceEid: header.sourceEid,
    som: index === 0 ? 1 : 0,
    eom: index === count - 1 ? 1 : 0,
    packetSequence: (header.packetSequence + index) % 4,
    tagOwner: header.tagOwner,
    messageTag: header.messageTag,
    payload,
  };
}
