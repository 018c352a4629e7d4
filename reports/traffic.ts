import type { CommandSets } from '../harness/codec/command';
import { parseHex } from '../harness/codec/octets';
import { decodePacket, describePacket } from '../harness/codec/packet';
import type { RecordLine } from '../harness/record/lines';
import { messageName } from './message';

type Frame = Extract<RecordLine, { type: 'frame' }>;

/** One transfer as recorded, with what it belongs to. */
export interface Transfer {
  readonly frame: Frame;
  /** The case that was under way. */
  readonly case: string | undefined;
  /** Nanoseconds since the epoch: wall time of the segment and time in it. */
  readonly wall: bigint;
  /** Nanoseconds since the case began, or since the segment did. */
  readonly since: number;
  /** Number of its first packet in `traffic.pcapng`, from 1; the next `frame.packets.length` are its own. */
  readonly firstPacket: number;
}

/** All transfers of a record, in order. */
export function* transfers(lines: Iterable<RecordLine>): Generator<Transfer> {
  let origin = 0n;
  let current: string | undefined;
  let began = 0;
  let packet = 1;
  for (const line of lines) {
    if (line.type === 'run.start') {
      origin = BigInt(Math.max(0, Date.parse(line.wall) || 0)) * 1_000_000n;
      current = undefined;
      began = 0;
    } else if (line.type === 'case.start') {
      current = line.case;
      began = line.at;
    } else if (line.type === 'case.end') {
      if (line.case === current) current = undefined;
    } else if (line.type === 'frame') {
      const wall = origin + BigInt(Math.round(line.at));
      const since = current === undefined ? line.at : Math.max(0, line.at - began);
      yield { frame: line, case: current, wall, since, firstPacket: packet };
      packet += line.packets.length;
    }
  }
}

/** A packet for people: `09<-08 SOM EOM seq 0 TO,3` and the message that it carries. */
export interface DescribedPacket {
  readonly header: string;
  readonly message: string;
}

export function describeOctets(hex: string, commands: CommandSets): DescribedPacket {
  const octets = parseHex(hex);
  const packet = octets === undefined ? undefined : decodePacket(octets);
  if (packet === undefined) return { header: `${hex.length / 2} octets`, message: 'too short for a packet' };
  return { header: describePacket(packet), message: messageName(packet, commands) };
}

export interface PacketRange {
  readonly first: number;
  readonly last: number;
}

/** Which packets of `traffic.pcapng` belong to which case; a case that ran twice has two ranges. */
export function packetRanges(all: Iterable<Transfer>): ReadonlyMap<string, readonly PacketRange[]> {
  const ranges = new Map<string, PacketRange[]>();
  for (const transfer of all) {
    const count = transfer.frame.packets.length;
    if (transfer.case === undefined || count === 0) continue;
    const own = ranges.get(transfer.case) ?? [];
    const last = own.at(-1);
    const first = transfer.firstPacket;
    if (last !== undefined && last.last + 1 === first) own[own.length - 1] = { ...last, last: first + count - 1 };
    else own.push({ first, last: first + count - 1 });
    ranges.set(transfer.case, own);
  }
  return ranges;
}

/** `12-18, 40`. */
export function showRanges(ranges: readonly PacketRange[]): string {
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}

/** Octets with spaces between, for people. */
export function spaced(hex: string): string {
  let out = hex.slice(0, 2);
  for (let at = 2; at < hex.length; at += 2) out += ` ${hex.slice(at, at + 2)}`;
  return out;
}
