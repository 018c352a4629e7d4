import { crc16 } from '../codec/checksum';
import { concat, fromHex } from '../codec/octets';
import type { Override } from './override';
import { applyOverride } from './override';

/** DSP0253 clause 7: flag, revision, count, escaped packet, FCS (most significant octet first), flag. */
export const FLAG = 0x7e;
export const ESCAPE = 0x7d;
export const SERIAL_REVISION = 0x01;

export const serialFrameFields = ['openingFlag', 'revision', 'byteCount', 'fcs', 'closingFlag'] as const;

/** What a test may change. `prefix` goes before the opening flag; `truncate` keeps that many octets of the frame. */
export interface SerialOverrides {
  readonly openingFlag?: Override;
  readonly revision?: Override;
  readonly byteCount?: Override;
  readonly fcs?: Override;
  readonly closingFlag?: Override;
  readonly escaping?: 'standard' | 'none' | 'every-octet';
  readonly prefix?: string;
  readonly truncate?: number;
}

export function escapeOctets(octets: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (const octet of octets) {
    if (octet === FLAG || octet === ESCAPE) out.push(ESCAPE, octet ^ 0x20);
    else out.push(octet);
  }
  return Uint8Array.from(out);
}

function escapeEvery(octets: Uint8Array): Uint8Array {
  return Uint8Array.from([...octets].flatMap((octet) => [ESCAPE, octet ^ 0x20]));
}

export function encodeSerial(packet: Uint8Array, overrides: SerialOverrides = {}): Uint8Array {
  const optional = (value: number, override: Override | undefined): number[] => {
    const out = applyOverride(value, override);
    return out === undefined ? [] : [out & 0xff];
  };
  const header = [...optional(SERIAL_REVISION, overrides.revision), ...optional(packet.length, overrides.byteCount)];
  const fcs = applyOverride(crc16(concat(header, packet)), overrides.fcs);
  const escaped = { standard: escapeOctets, none: (octets: Uint8Array) => octets, 'every-octet': escapeEvery };
  const frame = concat(
    optional(FLAG, overrides.openingFlag),
    header,
    escaped[overrides.escaping ?? 'standard'](packet),
    fcs === undefined ? [] : [(fcs >> 8) & 0xff, fcs & 0xff],
    optional(FLAG, overrides.closingFlag),
  );
  const cut = overrides.truncate === undefined ? frame : frame.subarray(0, overrides.truncate);
  return concat(fromHex(overrides.prefix ?? ''), cut);
}

/** Which known reading of the document an FCS follows; `good` is the one that current stacks share. */
export type FcsStatus = 'good' | 'includes-flag' | 'start-zero' | 'complemented' | 'least-significant-first' | 'bad';

export function fcsStatus(header: readonly number[], packet: Uint8Array, fcs: number): FcsStatus {
  const covered = concat(header, packet);
  const right = crc16(covered);
  const swap = (value: number): number => ((value & 0xff) << 8) | (value >> 8);
  if (fcs === right) return 'good';
  if (fcs === crc16(concat([FLAG], covered)) || fcs === crc16(concat([FLAG], header, escapeOctets(packet))))
    return 'includes-flag';
  if (fcs === crc16(covered, 0)) return 'start-zero';
  if (fcs === (right ^ 0xffff) || fcs === swap(right ^ 0xffff)) return 'complemented';
  return fcs === swap(right) ? 'least-significant-first' : 'bad';
}

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

/** The receiver's choices. `strict` is the standard's receiver; `lenient` takes what can be understood and reports it. */
export interface SerialRules {
  readonly acceptsRevision: (revision: number) => boolean;
  readonly acceptsCount: (count: number) => boolean;
  readonly acceptsFcs: (status: FcsStatus) => boolean;
  /** A raw flag in the data starts a new frame, or is data. */
  readonly flagInData: 'new-frame' | 'data';
  readonly invalidEscape: 'discard' | 'undo';
  readonly needsClosingFlag: boolean;
  /** Accepts FCS octets that were escaped although they should not be. */
  readonly escapedFcs: boolean;
}

export const strictSerial: SerialRules = {
  acceptsRevision: (revision) => revision === SERIAL_REVISION,
  acceptsCount: (count) => count >= 4,
  acceptsFcs: (status) => status === 'good',
  flagInData: 'new-frame',
  invalidEscape: 'discard',
  needsClosingFlag: true,
  escapedFcs: false,
};

export const lenientSerial: SerialRules = {
  ...strictSerial,
  acceptsRevision: () => true,
  acceptsCount: () => true,
  acceptsFcs: () => true,
  invalidEscape: 'undo',
  escapedFcs: true,
};

/** States of the receiver, named after DSP0253 Figure 1. */
type State =
  | 'frame-search'
  | 'serial-revision'
  | 'byte-count'
  | 'data'
  | 'data-escape'
  | 'fcs-msb'
  | 'fcs-lsb'
  | 'frame-end';

/** A byte-fed receiver. `feed` returns what the octets completed; nothing is lost between calls. */
export class SerialReceiver {
  private state: State = 'frame-search';
  private raw: number[] = [];
  private revision = 0;
  private count = 0;
  private data: number[] = [];
  private tail: number[] = [];
  private readonly rules: SerialRules;

  constructor(rules: SerialRules = strictSerial) {
    this.rules = rules;
  }

  feed(octets: Uint8Array): readonly SerialEvent[] {
    const events: SerialEvent[] = [];
    for (const octet of octets) this.take(octet, events);
    return events;
  }

  /** The octets of a frame that has begun and not ended. */
  get pending(): Uint8Array {
    return Uint8Array.from(this.raw);
  }

  private take(octet: number, events: SerialEvent[]): void {
    switch (this.state) {
      case 'frame-search':
        this.search(octet, events);
        break;
      case 'serial-revision':
        this.takeRevision(octet, events);
        break;
      case 'byte-count':
        this.takeCount(octet, events);
        break;
      case 'data':
      case 'data-escape':
        this.takeData(octet, events);
        break;
      case 'fcs-msb':
      case 'fcs-lsb':
        this.raw.push(octet);
        this.tail.push(octet);
        this.state = this.state === 'fcs-msb' ? 'fcs-lsb' : 'frame-end';
        break;
      case 'frame-end':
        this.end(octet, events);
        break;
    }
  }

  private search(octet: number, events: SerialEvent[]): void {
    if (octet !== FLAG) {
      this.raw.push(octet);
      return;
    }
    if (this.raw.length > 0) this.discard('outside-frame', events);
    this.open();
  }

  private open(): void {
    this.raw = [FLAG];
    this.data = [];
    this.tail = [];
    this.state = 'serial-revision';
  }

  private takeRevision(octet: number, events: SerialEvent[]): void {
    if (octet === FLAG) return;
    this.raw.push(octet);
    this.revision = octet;
    if (this.rules.acceptsRevision(octet)) this.state = 'byte-count';
    else this.discard('revision', events);
  }

  private takeCount(octet: number, events: SerialEvent[]): void {
    this.raw.push(octet);
    this.count = octet;
    if (!this.rules.acceptsCount(octet)) this.discard('byte-count', events);
    else this.state = octet === 0 ? 'fcs-msb' : 'data';
  }

  private takeData(octet: number, events: SerialEvent[]): void {
    if (octet === FLAG && this.rules.flagInData === 'new-frame') {
      this.discard('flag-in-data', events);
      this.open();
      return;
    }
    this.raw.push(octet);
    if (this.state === 'data-escape') {
      const valid = octet === (FLAG ^ 0x20) || octet === (ESCAPE ^ 0x20);
      if (!valid && this.rules.invalidEscape === 'discard') {
        this.discard('invalid-escape', events);
        return;
      }
      this.data.push(octet ^ 0x20);
      this.state = 'data';
    } else if (octet === ESCAPE) {
      this.state = 'data-escape';
      return;
    } else this.data.push(octet);
    if (this.data.length === this.count) this.state = 'fcs-msb';
  }

  private end(octet: number, events: SerialEvent[]): void {
    if (octet !== FLAG && this.rules.escapedFcs && this.tail.includes(ESCAPE) && this.tail.length < 4) {
      this.raw.push(octet);
      this.tail.push(octet);
      return;
    }
    const fcs = this.tail.length === 2 ? this.tail : undoEscapes(this.tail);
    const packet = Uint8Array.from(this.data);
    const value = ((fcs[0] ?? 0) << 8) | (fcs[1] ?? 0);
    const status = fcs.length === 2 ? fcsStatus([this.revision, this.count], packet, value) : 'bad';
    if (octet === FLAG) this.raw.push(octet);
    else if (this.rules.needsClosingFlag) {
      this.raw.push(octet);
      this.discard('closing-flag', events);
      return;
    }
    if (!this.rules.acceptsFcs(status)) {
      this.discard('fcs', events);
      return;
    }
    const { revision, count: byteCount } = this;
    const fcsEscaped = this.tail.length > 2;
    const frame = { octets: this.pending, revision, byteCount, packet, fcs: value, fcsStatus: status, fcsEscaped };
    events.push({ kind: 'frame', frame });
    this.raw = [];
    this.state = 'frame-search';
    if (octet !== FLAG) this.take(octet, events);
  }

  private discard(reason: DiscardReason, events: SerialEvent[]): void {
    if (this.raw.length > 0) events.push({ kind: 'discarded', octets: this.pending, reason });
    this.raw = [];
    this.state = 'frame-search';
  }
}

function undoEscapes(octets: readonly number[]): number[] {
  const out: number[] = [];
  let escaped = false;
  for (const octet of octets) {
    if (!escaped && octet === ESCAPE) {
      escaped = true;
      continue;
    }
    out.push(escaped ? octet ^ 0x20 : octet);
    escaped = false;
  }
  return out;
}
