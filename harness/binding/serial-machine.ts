import type { DiscardReason, FcsStatus, SerialEvent } from './serial-frame';
import { ESCAPE, FLAG, fcsStatus, isEscaped, LONGEST_WAIT, SERIAL_REVISION, toggleEscape } from './serial-frame';

/** A receiver's choices. */
export interface SerialRules {
  readonly acceptsRevision: (revision: number) => boolean;
  readonly acceptsCount: (count: number) => boolean;
  readonly acceptsFcs: (status: FcsStatus) => boolean;
  /** A raw flag in the data starts a new frame, or is data. */
  readonly flagInData: 'new-frame' | 'data';
  readonly invalidEscape: 'discard' | 'undo';
  /** Whether a frame is complete only with its closing flag, or with its FCS. */
  readonly needsClosingFlag: boolean;
  /** Accepts an FCS whose octets were escaped although they should not be. */
  readonly escapedFcs: boolean;
  /** Takes whatever can be understood in any known reading, and names the deviations; only `needsClosingFlag` counts then. */
  readonly anyReading?: boolean;
}

/** The standard's receiver. */
export const strictSerial: SerialRules = {
  acceptsRevision: (revision) => revision === SERIAL_REVISION,
  acceptsCount: (count) => count >= 4,
  acceptsFcs: (status) => status === 'good',
  flagInData: 'new-frame',
  invalidEscape: 'discard',
  needsClosingFlag: true,
  escapedFcs: false,
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

/** DSP0253 Figure 1 as a byte-fed machine. It understands one octet at a time and never looks back. */
export class SerialMachine {
  private state: State = 'frame-search';
  private raw: number[] = [];
  private revision = 0;
  private count = 0;
  private data: number[] = [];
  private tail: number[] = [];
  private readonly rules: SerialRules;

  constructor(rules: SerialRules) {
    this.rules = rules;
  }

  get pending(): Uint8Array {
    return Uint8Array.from(this.raw);
  }

  take(octet: number, events: SerialEvent[]): void {
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
        this.takeFcs(octet, events);
        break;
      case 'frame-end':
        this.takeEnd(octet, events);
        break;
    }
  }

  private search(octet: number, events: SerialEvent[]): void {
    if (octet === FLAG) {
      this.discard('outside-frame', events);
      this.open();
      return;
    }
    this.raw.push(octet);
    if (this.raw.length >= LONGEST_WAIT) this.discard('outside-frame', events);
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
    if (this.state === 'data' && octet === ESCAPE) {
      this.state = 'data-escape';
      return;
    }
    if (this.state === 'data-escape' && !isEscaped(octet) && this.rules.invalidEscape === 'discard') {
      this.discard('invalid-escape', events);
      return;
    }
    this.data.push(this.state === 'data-escape' ? toggleEscape(octet) : octet);
    this.state = this.data.length === this.count ? 'fcs-msb' : 'data';
  }

  private takeFcs(octet: number, events: SerialEvent[]): void {
    this.raw.push(octet);
    this.tail.push(octet);
    if (this.state === 'fcs-msb') this.state = 'fcs-lsb';
    else if (this.rules.needsClosingFlag) this.state = 'frame-end';
    else this.complete(this.tail, events);
  }

  private takeEnd(octet: number, events: SerialEvent[]): void {
    this.raw.push(octet);
    const escaped = unescapedFcs(this.tail);
    if (octet === FLAG) {
      this.complete(this.rules.escapedFcs && escaped.length === 2 ? escaped : this.tail, events);
    } else if (this.rules.escapedFcs && escaped.length < 2 && this.tail.length < 4) this.tail.push(octet);
    else this.discard('closing-flag', events);
  }

  private complete(tail: readonly number[], events: SerialEvent[]): void {
    const [high = 0, low = 0] = tail;
    const fcs = (high << 8) | low;
    const packet = Uint8Array.from(this.data);
    const { revision, count: byteCount } = this;
    const status = tail.length === 2 ? fcsStatus([revision, byteCount], packet, fcs) : 'bad';
    if (!this.rules.acceptsFcs(status)) {
      const closed = this.raw.at(-1) === FLAG && this.rules.needsClosingFlag;
      this.discard('fcs', events);
      // A wrong count makes a receiver read past a frame: the flag that it stops at may open the next one.
      if (closed) this.open();
      return;
    }
    const fcsEscaped = this.tail.length > 2;
    const octets = this.pending;
    const frame = { octets, revision, byteCount, packet, fcs, fcsStatus: status, fcsEscaped, deviations: [] };
    events.push({ kind: 'frame', frame });
    this.raw = [];
    this.state = 'frame-search';
  }

  private discard(reason: DiscardReason, events: SerialEvent[]): void {
    if (this.raw.length > 0) events.push({ kind: 'discarded', octets: this.pending, reason });
    this.raw = [];
    this.state = 'frame-search';
  }
}

/** FCS octets with escapes undone; fewer than two where an escape still waits for its octet. */
function unescapedFcs(tail: readonly number[]): readonly number[] {
  const out: number[] = [];
  for (let index = 0; index < tail.length; index += 1) {
    const octet = tail[index] ?? 0;
    if (octet !== ESCAPE) out.push(octet);
    else if (index + 1 < tail.length) {
      index += 1;
      out.push(toggleEscape(tail[index] ?? 0));
    }
  }
  return out;
}
