import type { DiscardReason, SerialDeviation, SerialEvent } from './serial-frame';
import { FLAG, LONGEST_WAIT } from './serial-frame';
import type { Reading } from './serial-reading';
import { faults, neededBy, standardReading, tolerantReading } from './serial-reading';

/** Flags that may be raw octets inside one frame; with more of them the oldest is no longer thought to open one. */
const MOST_FLAGS = 8;

interface Found {
  readonly reading: Reading;
  readonly start: number;
  readonly end: number;
}

/**
 * A receiver for a tester: it takes what can be understood in any known reading and names what that took. Octets wait
 * until a flag makes sense of them, so that an unescaped flag in the data does not hide a frame; correct frames come first.
 */
export class LenientReceiver {
  private raw: number[] = [];
  /** Where flags are in `raw`. */
  private flags: number[] = [];
  /** The only flag in `raw` closed a frame; the next one may do without another. */
  private shared = false;
  /** A flag at which nothing was tried, as it stood where the FCS was due. */
  private deferred: number | undefined;
  private readonly needsClosingFlag: boolean;

  constructor(needsClosingFlag: boolean) {
    this.needsClosingFlag = needsClosingFlag;
  }

  get pending(): Uint8Array {
    return this.shared && this.raw.length === 1 ? new Uint8Array(0) : Uint8Array.from(this.raw);
  }

  take(octet: number, events: SerialEvent[]): void {
    if (octet === FLAG && this.raw.length === 1 && this.raw[0] === FLAG) {
      this.shared = false;
      return;
    }
    this.raw.push(octet);
    if (octet === FLAG) {
      this.flags.push(this.raw.length - 1);
      this.explain(events);
    } else this.endWithoutFlag(events);
    while (this.raw.length > LONGEST_WAIT || this.flags.length > MOST_FLAGS) this.giveUpOldest('closing-flag', events);
  }

  /** No more octets will come: what waits is understood as it is, or discarded. */
  flush(events: SerialEvent[]): void {
    while (this.pending.length > 0) {
      const end = this.raw.length;
      const unclosed = this.flags.map((start) => this.standard(start, end)).find((found) => found !== undefined);
      const found = unclosed ?? this.tolerant(this.flags, false);
      if (found === undefined) this.discard(end, 'closing-flag', events);
      else this.accept(found, events);
    }
  }

  private between(start: number, end: number): Uint8Array {
    return Uint8Array.from(this.raw.slice(start + 1, end));
  }

  private standard(start: number, end: number): Found | undefined {
    const reading = standardReading(this.between(start, end));
    return reading?.fcsStatus === 'good' ? { reading, start, end } : undefined;
  }

  /** A good FCS where the count says that it stands needs no flag to be believed. */
  private endWithoutFlag(events: SerialEvent[]): void {
    const end = this.needsClosingFlag ? this.raw.length - 1 : this.raw.length;
    for (const start of new Set([this.flags[0], this.flags.at(-1)])) {
      const count = start === undefined ? undefined : this.raw[start + 2];
      if (start === undefined || count === undefined || end - start - 1 < count + 4) continue;
      const found = this.standard(start, end);
      if (found !== undefined) {
        this.accept(found, events);
        return;
      }
    }
  }

  private explain(events: SerialEvent[]): void {
    const end = this.raw.length - 1;
    const [oldest = end] = this.flags;
    for (const start of this.flags.slice(0, -1)) {
      const found = this.standard(start, end);
      if (found !== undefined) {
        this.accept(found, events);
        return;
      }
    }
    const needed = neededBy(this.between(oldest, end));
    const length = end - oldest - 1;
    const inFcs = oldest < end && needed !== undefined && length < needed && length >= needed - 2;
    const found = this.tolerant([end], inFcs) ?? (inFcs ? undefined : this.explained(end));
    if (found !== undefined) this.accept(found, events);
    else if (inFcs) this.deferred = end;
    else this.giveUp(events);
  }

  /** What else a flag can end: a reading up to a flag that could have been an FCS octet, or a frame with a wrong FCS. */
  private explained(end: number): Found | undefined {
    const earlier = this.deferred === undefined ? undefined : this.tolerant([this.deferred], false);
    this.deferred = undefined;
    return earlier ?? this.damaged(end);
  }

  /**
   * The reading with the fewest faults from any flag, or from octets that stand in place of one, to one of `ends`.
   * A `sure` one has a single fault and a good FCS: an FCS octet that happens to be a flag must not suggest others.
   */
  private tolerant(ends: readonly number[], sure: boolean): Found | undefined {
    let best: Found | undefined;
    for (const end of ends) {
      for (const start of [...this.unopened(), ...this.flags]) {
        if (start >= end) continue;
        const content = this.between(start, end);
        const standard = standardReading(content);
        const reading = standard?.fcsStatus === 'good' ? standard : tolerantReading(content);
        if (reading === undefined || (sure && (faults(reading) > 1 || reading.fcsStatus !== 'good'))) continue;
        if (best === undefined || faults(reading) < faults(best.reading)) best = { reading, start, end };
      }
    }
    return best;
  }

  /** Where a frame without opening flag could begin: at the first octet, or with another octet in its place. */
  private unopened(): readonly number[] {
    if (this.flags[0] !== 0) return [-1, 0];
    return this.shared ? [1] : [];
  }

  /** A frame right in all but its FCS. */
  private damaged(end: number): Found | undefined {
    for (const start of this.flags.slice(0, -1)) {
      const reading = standardReading(this.between(start, end));
      if (reading !== undefined) return { reading, start, end };
    }
    return undefined;
  }

  private accept({ reading, start, end }: Found, events: SerialEvent[]): void {
    const closing = this.raw[end];
    const opened = start >= 0 && this.raw[start] === FLAG;
    const deviations: SerialDeviation[] = [...reading.deviations];
    if (!opened) deviations.unshift('opening-flag');
    else if (this.shared && start === 0) deviations.unshift('shared-flag');
    if (closing !== FLAG) deviations.push('closing-flag');
    if (start > 0) this.discard(start, this.raw[0] === FLAG ? 'flag-in-data' : 'outside-frame', events);
    const size = end - Math.max(0, start) + (closing === undefined ? 0 : 1);
    const octets = Uint8Array.from(this.raw.slice(0, size));
    events.push({ kind: 'frame', frame: { ...reading, octets, deviations } });
    const rest = this.raw.slice(size);
    this.restart(closing === FLAG ? [FLAG] : []);
    this.shared = closing === FLAG;
    for (const octet of rest) this.take(octet, events);
  }

  /** Discards octets that no later flag can make sense of: the last flag may be an FCS octet, with the real one to come. */
  private giveUp(events: SerialEvent[]): void {
    while (this.flags.length > 0) {
      const [oldest = 0] = this.flags;
      const before = this.flags.at(-2) ?? 0;
      const needed = neededBy(this.between(oldest, before));
      if (oldest > 0) this.discard(oldest, 'outside-frame', events);
      else if (needed === undefined || needed > before - 1) return;
      else this.giveUpOldest('byte-count', events);
    }
  }

  private giveUpOldest(reason: DiscardReason, events: SerialEvent[]): void {
    const next = this.flags.find((flag) => flag > 0) ?? this.raw.length;
    this.discard(next, this.raw[0] === FLAG ? reason : 'outside-frame', events);
  }

  private discard(size: number, reason: DiscardReason, events: SerialEvent[]): void {
    const silent = this.shared && size === 1;
    if (!silent) events.push({ kind: 'discarded', octets: Uint8Array.from(this.raw.slice(0, size)), reason });
    this.restart(this.raw.slice(size));
  }

  private restart(raw: number[]): void {
    this.raw = raw;
    this.flags = raw.flatMap((octet, index) => (octet === FLAG ? [index] : []));
    this.shared = false;
    this.deferred = undefined;
  }
}
