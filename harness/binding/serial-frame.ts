import { crc16 } from '../codec/checksum';
import { concat, fromHex } from '../codec/octets';
import type { Override } from './override';
import { applyOverride } from './override';

/** DSP0253 clause 7: flag, revision, count, escaped packet, FCS (most significant octet first), flag. */
export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
export const SERIAL_REVISION = 0x01;

const ESCAPE_BIT = 0x20;

export const serialFrameFields = ['openingFlag', 'revision', 'byteCount', 'fcs', 'closingFlag'] as const;

/** What a test may change. `prefix` goes before the opening flag; `truncate` keeps that many octets of the frame. */
export interface SerialOverrides {
  readonly openingFlag?: Override;
  readonly revision?: Override;
  readonly byteCount?: Override;
  readonly fcs?: Override;
  readonly closingFlag?: Override;
  /** The standard escapes no FCS. */
  readonly fcsEscaping?: 'standard' | 'none';
  readonly escaping?: 'standard' | 'none' | 'every-octet';
  readonly prefix?: string;
  readonly truncate?: number;
}

/** What an octet after 7D stands for, and what goes out for it. */
export function toggleEscape(octet: number): number {
  return octet ^ ESCAPE_BIT;
}

/** Whether the standard knows this octet after 7D: 5E and 5D only. */
export function isEscaped(octet: number | undefined): boolean {
  return octet === toggleEscape(FLAG) || octet === toggleEscape(ESCAPE);
}

export function escapeOctets(octets: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const octet of octets) {
    if (octet === FLAG || octet === ESCAPE) out.push(ESCAPE, toggleEscape(octet));
    else out.push(octet);
  }
  return Uint8Array.from(out);
}

function escapeEvery(octets: Uint8Array): Uint8Array {
  return Uint8Array.from([...octets].flatMap((octet) => [ESCAPE, toggleEscape(octet)]));
}

const escapings = {
  standard: escapeOctets,
  none: (octets: Uint8Array): Uint8Array => octets,
  'every-octet': escapeEvery,
};

/** One frame carrying `packet`. The FCS covers revision and count as they are sent, unless it is overridden itself. */
export function encodeSerial(packet: Uint8Array, overrides: SerialOverrides = {}): Uint8Array {
  const octet = (value: number, override: Override | undefined): readonly number[] => {
    const out = applyOverride(value, override);
    return out === undefined ? [] : [out & 0xff];
  };
  const header = [...octet(SERIAL_REVISION, overrides.revision), ...octet(packet.length, overrides.byteCount)];
  const fcs = applyOverride(crc16(concat(header, packet)), overrides.fcs);
  const frame = concat(
    octet(FLAG, overrides.openingFlag),
    header,
    escapings[overrides.escaping ?? 'standard'](packet),
    fcs === undefined ? [] : escapings[overrides.fcsEscaping ?? 'none'](Uint8Array.of((fcs >> 8) & 0xff, fcs & 0xff)),
    octet(FLAG, overrides.closingFlag),
  );
  const cut = overrides.truncate === undefined ? frame : frame.subarray(0, overrides.truncate);
  return concat(fromHex(overrides.prefix ?? ''), cut);
}

/** Which known reading of the document an FCS follows; `good` is the one that current stacks share. */
export type FcsStatus = 'good' | 'includes-flag' | 'start-zero' | 'complemented' | 'least-significant-first' | 'bad';

export function fcsStatus(header: readonly number[], packet: Uint8Array, fcs: number): FcsStatus {
  const covered = concat(header, packet);
  const right = crc16(covered);
  if (fcs === right) return 'good';
  const withFlag = crc16(concat([FLAG], covered));
  if (fcs === withFlag || fcs === crc16(concat([FLAG], header, escapeOctets(packet)))) return 'includes-flag';
  if (fcs === crc16(covered, 0)) return 'start-zero';
  if (fcs === (right ^ 0xffff) || fcs === swap(right ^ 0xffff)) return 'complemented';
  return fcs === swap(right) ? 'least-significant-first' : 'bad';
}

function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8);
}

/** What had to be tolerated to understand a frame, besides an FCS that `fcsStatus` names. */
export type SerialDeviation =
  | 'opening-flag'
  | 'shared-flag'
  | 'revision'
  | 'byte-count'
  | 'count-escaped'
  | 'flag-in-data'
  | 'escape-in-data'
  | 'needless-escape'
  | 'fcs-escaped'
  | 'closing-flag';

/** A frame taken apart without judging it; `octets` is what was on the wire, flags included. */
export interface SerialFrame {
  readonly octets: Uint8Array;
  readonly revision: number;
  readonly byteCount: number;
  readonly packet: Uint8Array;
  readonly fcs: number;
  readonly fcsStatus: FcsStatus;
  /** FCS octets were escaped, which the document limits to the data. */
  readonly fcsEscaped: boolean;
  readonly deviations: readonly SerialDeviation[];
}

/** Why octets were not part of a frame. */
export type DiscardReason =
  | 'outside-frame'
  | 'revision'
  | 'byte-count'
  | 'flag-in-data'
  | 'invalid-escape'
  | 'fcs'
  | 'closing-flag';

export type SerialEvent =
  | { readonly kind: 'frame'; readonly frame: SerialFrame }
  | { readonly kind: 'discarded'; readonly octets: Uint8Array; readonly reason: DiscardReason };

/** Octets that may wait for a flag before they are given up: no frame is longer, however it is escaped. */
export const LONGEST_WAIT = 1024;
