import type { FcsStatus, SerialDeviation, SerialFrame } from './serial-frame';
import { ESCAPE, FLAG, fcsStatus, isEscaped, SERIAL_REVISION, toggleEscape } from './serial-frame';

/** What lies between two flags, read in one way. */
export type Reading = Omit<SerialFrame, 'octets'>;

/** Faults that one reading may assume: with more of them, chance explains a damaged frame. */
const MOST_FAULTS = 2;

const FCS_SIZE = 2;

/** How far the count octet reaches: octets of `content` from the revision through the FCS; undefined before the count. */
export function neededBy(content: Uint8Array): number | undefined {
  const count = content[1];
  if (count === undefined) return undefined;
  let at = 2;
  for (let taken = 0; taken < count; taken += 1) at += content[at] === ESCAPE ? 2 : 1;
  return at + FCS_SIZE;
}

/** Revision, count, escaped data of exactly that count, two raw FCS octets (DSP0253 clause 7), whatever the FCS says. */
export function standardReading(content: Uint8Array): Reading | undefined {
  if (content.length < 4 || content[0] === FLAG || neededBy(content) !== content.length) return undefined;
  const [revision = 0, byteCount = 0] = content;
  const tail = content.length - FCS_SIZE;
  const data = undoEscapes(content.subarray(2, tail));
  if (data.deviations.length > 0) return undefined;
  const fcs = ((content[tail] ?? 0) << 8) | (content[tail + 1] ?? 0);
  const status = fcsStatus([revision, byteCount], data.packet, fcs);
  const deviations = revision === SERIAL_REVISION ? [] : (['revision'] as const);
  return { revision, byteCount, packet: data.packet, fcs, fcsStatus: status, fcsEscaped: false, deviations };
}

/** The reading with the fewest faults under which the FCS holds; undefined where none holds. */
export function tolerantReading(content: Uint8Array): Reading | undefined {
  let best: Reading | undefined;
  // A flag after a flag is a repeated flag, not a revision.
  if (content[0] === FLAG) return undefined;
  for (const count of counts(content)) {
    for (const tail of tails(content)) {
      if (count.from > tail.from) continue;
      const between = content.subarray(count.from, tail.from);
      for (const data of [undoEscapes(between), literal(between)]) {
        const reading = combine(content[0] ?? 0, count, data, tail);
        if (reading !== undefined && (best === undefined || faults(reading) < faults(best))) best = reading;
      }
    }
  }
  return best;
}

export function faults(reading: Reading): number {
  return reading.deviations.length + (reading.fcsStatus === 'good' ? 0 : 1);
}

interface Count {
  readonly value: number;
  readonly from: number;
  readonly escaped: boolean;
}

interface Tail {
  readonly fcs: number;
  readonly from: number;
  readonly escaped: boolean;
}

interface Data {
  readonly packet: Uint8Array;
  readonly deviations: readonly SerialDeviation[];
}

function combine(revision: number, count: Count, data: Data, tail: Tail): Reading | undefined {
  const { packet } = data;
  const miscounted = packet.length !== count.value;
  const status: FcsStatus = fcsStatus([revision, count.value], packet, tail.fcs);
  if (status === 'bad' || (miscounted && status !== 'good')) return undefined;
  const deviations: SerialDeviation[] = [...data.deviations];
  if (revision !== SERIAL_REVISION) deviations.push('revision');
  if (miscounted) deviations.push('byte-count');
  if (count.escaped) deviations.push('count-escaped');
  if (tail.escaped) deviations.push('fcs-escaped');
  const { fcs, escaped: fcsEscaped } = tail;
  const reading = { revision, byteCount: count.value, packet, fcs, fcsStatus: status, fcsEscaped, deviations };
  return faults(reading) <= MOST_FAULTS ? reading : undefined;
}

function counts(content: Uint8Array): readonly Count[] {
  const [, value, next] = content;
  if (value === undefined) return [];
  const raw = { value, from: 2, escaped: false };
  if (value !== ESCAPE || next === undefined || !isEscaped(next)) return [raw];
  return [raw, { value: toggleEscape(next), from: 3, escaped: true }];
}

/** The FCS as two raw octets, and with either or both of them escaped (a PICMG endpoint escapes the first alone). */
function tails(content: Uint8Array): readonly Tail[] {
  const size = content.length;
  if (size < 2 + FCS_SIZE) return [];
  const last = content[size - 1] ?? 0;
  const lastEscaped = content[size - 2] === ESCAPE && isEscaped(last);
  const found: Tail[] = [];
  const add = (low: number, before: number): void => {
    const high = content[before] ?? 0;
    const escaped = before < size - FCS_SIZE;
    found.push({ fcs: (high << 8) | low, from: before, escaped });
    if (content[before - 1] === ESCAPE && isEscaped(high)) {
      found.push({ fcs: (toggleEscape(high) << 8) | low, from: before - 1, escaped: true });
    }
  };
  add(last, size - 2);
  if (lastEscaped) add(toggleEscape(last), size - 3);
  return found;
}

function undoEscapes(octets: Uint8Array): Data {
  const out: number[] = [];
  const deviations = new Set<SerialDeviation>();
  for (let index = 0; index < octets.length; index += 1) {
    const octet = octets[index] ?? 0;
    if (octet === FLAG) deviations.add('flag-in-data');
    if (octet !== ESCAPE) {
      out.push(octet);
      continue;
    }
    index += 1;
    const next = octets[index];
    if (next === undefined) deviations.add('escape-in-data');
    else if (!isEscaped(next)) deviations.add('needless-escape');
    out.push(next === undefined ? ESCAPE : toggleEscape(next));
  }
  return { packet: Uint8Array.from(out), deviations: [...deviations] };
}

/** The data as it stands, from a sender that does not escape. */
function literal(octets: Uint8Array): Data {
  const deviations: SerialDeviation[] = [];
  if (octets.includes(FLAG)) deviations.push('flag-in-data');
  if (octets.includes(ESCAPE)) deviations.push('escape-in-data');
  return { packet: octets.slice(), deviations };
}
