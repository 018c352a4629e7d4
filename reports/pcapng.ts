import { parseHex } from '../harness/codec/octets';
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

/** Octets that grow at the end, integers little-endian. */
class Output {
  private octets = Buffer.allocUnsafe(1 << 20);
  private size = 0;

  /** Where the next octets go. The buffer may be another one afterwards. */
  private room(count: number): number {
    const at = this.size;
    this.size += count;
    if (this.size > this.octets.length) {
      const larger = Buffer.allocUnsafe(2 * this.size);
      this.octets.copy(larger, 0, 0, at);
      this.octets = larger;
    }
    return at;
  }

  u16(...values: readonly number[]): this {
    return this.integers(2, values);
  }

  u32(...values: readonly number[]): this {
    return this.integers(4, values);
  }

  private integers(size: number, values: readonly number[]): this {
    let at = this.room(size * values.length);
    for (const value of values) {
      this.put(at, value, size);
      at += size;
    }
    return this;
  }

  private put(at: number, value: number, size: number): void {
    for (let index = 0; index < size; index += 1) this.octets[at + index] = value >>> (8 * index);
  }

  bytes(octets: Uint8Array | readonly number[]): this {
    const at = this.room(octets.length);
    this.octets.set(octets, at);
    return this;
  }

  /** Zeros up to the next multiple of four. */
  pad(): this {
    const count = -this.size & 3;
    const at = this.room(count);
    this.octets.fill(0, at, at + count);
    return this;
  }

  option(code: number, value: string | Uint8Array): this {
    const length = typeof value === 'string' ? Buffer.byteLength(value, 'utf8') : value.length;
    this.u16(code, length);
    if (typeof value !== 'string') return this.bytes(value).pad();
    const at = this.room(length);
    this.octets.write(value, at, length, 'utf8');
    return this.pad();
  }

  /** A block: what `fill` writes, between type and length on one side and length on the other. */
  block(type: number, fill: () => void): this {
    const start = this.size;
    this.u32(type, 0);
    fill();
    this.u16(option.end, 0);
    const length = this.size - start + 4;
    this.put(start + 4, length, 4);
    return this.u32(length);
  }

  whole(): Uint8Array {
    return this.octets.subarray(0, this.size);
  }
}

function sectionHeader(out: Output, tool: string, comment: string): void {
  out.block(SECTION_HEADER, () => {
    out.u32(0x1a2b3c4d).u16(1, 0);
    // Its length is not said beforehand.
    out.u32(0xffffffff, 0xffffffff);
    out.option(option.comment, comment).option(option.userApplication, tool);
  });
}

function interfaceDescription(out: Output, name: string): void {
  out.block(INTERFACE_DESCRIPTION, () => {
    out.u16(LINKTYPE_LINUX_SLL, 0).u32(0);
    out.option(option.name, name).option(option.timeResolution, Uint8Array.of(NANOSECONDS));
  });
}

const COOKED_HEADER = 16;

/** Packet type 0 is to us, 4 sent by us; the sender's address is its EID, one octet padded to eight. */
function cookedHeader(sent: boolean, packet: Uint8Array): readonly number[] {
  const big = (value: number): readonly number[] => [value >> 8, value & 0xff];
  return [
    ...big(sent ? 4 : 0),
    ...big(ARPHRD_MCTP),
    ...big(1),
    packet[2] ?? 0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...big(ETH_P_MCTP),
  ];
}

const inbound = Uint8Array.of(1, 0, 0, 0);
const outbound = Uint8Array.of(2, 0, 0, 0);

function packetBlock(out: Output, transfer: Transfer, packet: Uint8Array, comment: string): void {
  const sent = transfer.frame.direction === 'tx';
  const size = COOKED_HEADER + packet.length;
  out.block(ENHANCED_PACKET, () => {
    // 64 bits of nanoseconds end in the year 2554.
    const wall = BigInt.asUintN(64, transfer.wall);
    out.u32(0, Number(wall >> 32n), Number(wall & 0xffffffffn), size, size);
    out.bytes(cookedHeader(sent, packet)).bytes(packet).pad();
    out.option(option.comment, comment).option(option.flags, sent ? outbound : inbound);
  });
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
  const out = new Output();
  sectionHeader(out, visible(tool), clip(visible(about), MAX_COMMENT));
  interfaceDescription(out, 'mctp');
  let pending: { readonly transfer: Transfer; readonly packet: Uint8Array } | undefined;
  let without: Transfer[] = [];
  const flush = (): void => {
    if (pending === undefined) return;
    packetBlock(out, pending.transfer, pending.packet, commentOf(pending.transfer, without));
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
  return out.whole();
}
