import { concat, parseHex } from '../harness/codec/octets';
import type { RecordLine } from '../harness/record/lines';
import type { Transfer } from './traffic';
import { spaced, transfers } from './traffic';
import { clip, visible } from './visible';

/**
 * `traffic.pcapng` (draft-ietf-opsawg-pcapng): little-endian, nanoseconds, one interface of LINKTYPE_LINUX_SLL, which is
 * how Wireshark finds its MCTP dissector: cooked header, then the packet from the header version on. What that format
 * cannot hold (SMBus header, PEC, serial flags) stands in the packet's comment.
 */
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const LINKTYPE_LINUX_SLL = 113;
const ARPHRD_MCTP = 290;
const ETH_P_MCTP = 0x00fa;

const option = { end: 0, comment: 1, name: 2, userApplication: 4, flags: 2, timeResolution: 9 } as const;
const NANOSECONDS = 9;

const MAX_COMMENT = 4_000;
const MAX_FRAME_SHOWN = 2_048;

function uint(size: 2 | 4, value: number): Uint8Array {
  const out = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) out[index] = Math.floor(value / 256 ** index) % 256;
  return out;
}

const padded = (octets: Uint8Array): Uint8Array => concat(octets, new Uint8Array((4 - (octets.length % 4)) % 4));

function encodeOption(code: number, value: string | Uint8Array): Uint8Array {
  const octets = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  return concat(uint(2, code), uint(2, octets.length), padded(octets));
}

function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concat(...parts);
  const size = uint(4, body.length + 12);
  return concat(uint(4, type), size, body, size);
}

const endOfOptions = concat(uint(2, option.end), uint(2, 0));

function sectionHeader(tool: string, comment: string): Uint8Array {
  const version = concat(uint(2, 1), uint(2, 0));
  const unknownLength = new Uint8Array(8).fill(0xff);
  const options = [encodeOption(option.comment, comment), encodeOption(option.userApplication, tool), endOfOptions];
  return block(SECTION_HEADER, uint(4, 0x1a2b3c4d), version, unknownLength, ...options);
}

function interfaceDescription(name: string): Uint8Array {
  const options = [
    encodeOption(option.name, name),
    encodeOption(option.timeResolution, Uint8Array.of(NANOSECONDS)),
    endOfOptions,
  ];
  return block(INTERFACE_DESCRIPTION, uint(2, LINKTYPE_LINUX_SLL), uint(2, 0), uint(4, 0), ...options);
}

/** Packet type 0 is to us, 4 sent by us; the sender's address is its EID, one octet padded to eight. */
function cookedHeader(sent: boolean, packet: Uint8Array): Uint8Array {
  const big = (value: number): readonly number[] => [value >> 8, value & 0xff];
  return concat(big(sent ? 4 : 0), big(ARPHRD_MCTP), big(1), [packet[2] ?? 0, 0, 0, 0, 0, 0, 0, 0], big(ETH_P_MCTP));
}

function packetBlock(transfer: Transfer, packet: Uint8Array, comment: string): Uint8Array {
  const sent = transfer.frame.direction === 'tx';
  const data = concat(cookedHeader(sent, packet), packet);
  const time = [uint(4, Number(transfer.wall >> 32n)), uint(4, Number(transfer.wall & 0xffffffffn))];
  const size = uint(4, data.length);
  const options = [
    encodeOption(option.comment, comment),
    encodeOption(option.flags, uint(4, sent ? 2 : 1)),
    endOfOptions,
  ];
  return block(ENHANCED_PACKET, uint(4, 0), ...time, size, size, padded(data), ...options);
}

function frameComment({ frame }: Transfer): string {
  const hex = frame.octets;
  const octets = hex.length > MAX_FRAME_SHOWN ? `${spaced(hex.slice(0, MAX_FRAME_SHOWN))} …` : spaced(hex);
  const delivery = frame.delivery === undefined || frame.delivery === 'sent' ? '' : ` (${frame.delivery})`;
  const note = frame.note === undefined ? '' : `\nnote: ${clip(visible(frame.note), 500)}`;
  return `${frame.plane} ${frame.direction}${delivery}: ${octets}${note}`;
}

function commentOf(transfer: Transfer, without: readonly Transfer[]): string {
  const lines = [
    transfer.case === undefined ? 'between cases' : `case: ${visible(transfer.case)}`,
    `purpose: ${transfer.frame.purpose}`,
    frameComment(transfer),
    ...without.map((other) => `without a packet, ${other.frame.purpose}: ${frameComment(other)}`),
  ];
  return clip(lines.join('\n'), MAX_COMMENT);
}

/**
 * One packet per MCTP packet of the record. Octets that carry none (a truncated frame, line noise) cannot be packets
 * here: the packet before them tells of them.
 */
export function renderPcapng(lines: readonly RecordLine[]): Uint8Array {
  const start = lines.find((line) => line.type === 'run.start');
  const tool = start === undefined ? 'mctp-certify' : `${start.tool.name} ${start.tool.version}`;
  const about = start === undefined ? '' : `${start.profile.id} on ${start.uri}`;
  const blocks = [sectionHeader(visible(tool), clip(visible(about), MAX_COMMENT)), interfaceDescription('mctp')];
  let pending: { readonly transfer: Transfer; readonly packet: Uint8Array } | undefined;
  let without: Transfer[] = [];
  const flush = (): void => {
    if (pending === undefined) return;
    blocks.push(packetBlock(pending.transfer, pending.packet, commentOf(pending.transfer, without)));
    pending = undefined;
    without = [];
  };
  for (const transfer of transfers(lines)) {
    if (transfer.frame.packets.length === 0) without.push(transfer);
    for (const hex of transfer.frame.packets) {
      flush();
      pending = { transfer, packet: parseHex(hex) ?? new Uint8Array(0) };
    }
  }
  flush();
  // Not `concat`, for a long run has more blocks than a call may have arguments.
  return Buffer.concat(blocks);
}
