import type { Leaf } from './leaves';

/**
 * Masks what must not leave the house in a copy of a record. A line that is touched loses its salt: its hash still
 * stands for what was there, and nobody can find that out by trying. Masked hex keeps its length, masked text becomes
 * `*`. What may be spread over packets is masked whole: see `spread`.
 */

/** MCTP header of a packet, and of an SMBus frame before it, in hex digits: what stays readable of a masked one. */
const PACKET_HEADER = 8;
const FRAME_HEADER = 16;

interface Secret {
  readonly text: string;
  /** Its forms in hex strings: as text, and as octets where it is written as such (a MAC address, a UUID). */
  readonly hex: readonly string[];
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

export interface Redacted {
  readonly lines: readonly string[];
  readonly leaves: readonly Leaf[];
  readonly masked: number;
}

/** `lines` with their newlines, and the leaves of the same record. */
export function redact(lines: readonly string[], leaves: readonly Leaf[], secrets: readonly string[]): Redacted {
  const wanted = secrets.map(secretOf);
  const values = lines.map((line) => JSON.parse(line) as Json);
  const spread = spreadIn(values, wanted);
  const out: string[] = [];
  const kept: Leaf[] = [];
  let masked = 0;
  lines.forEach((line, index) => {
    const value = values[index] ?? null;
    const changed = mask(value, wanted, spread);
    const text = `${JSON.stringify(changed)}\n`;
    const touched = text !== `${JSON.stringify(value)}\n`;
    const leaf = leaves[index];
    out.push(touched ? text : line);
    if (leaf !== undefined) kept.push(touched ? { salt: undefined, hash: leaf.hash } : leaf);
    if (touched) masked += 1;
  });
  return { lines: out, leaves: kept, masked };
}

function secretOf(text: string): Secret {
  const octets = /^(?:[0-9a-f]{2}[:-]){2,}[0-9a-f]{2}$|^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
    ? [text.toLowerCase().replace(/[:-]/g, '')]
    : [];
  return { text, hex: [Buffer.from(text, 'utf8').toString('hex'), ...octets] };
}

/**
 * Packets and frames of every message in which a secret stands: there it may begin in one packet and end in the next,
 * so their payloads are masked whole.
 */
function spreadIn(values: readonly Json[], secrets: readonly Secret[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: Json): void => {
    if (Array.isArray(value)) for (const entry of value as readonly Json[]) visit(entry);
    else if (typeof value === 'object' && value !== null) {
      const map = value as { readonly [name: string]: Json };
      if (typeof map.body === 'string' && holds(map.body, secrets))
        for (const octets of [map.packets, map.frames].flatMap((list) => (Array.isArray(list) ? list : [])))
          if (typeof octets === 'string') found.add(octets);
      for (const entry of Object.values(map)) visit(entry);
    }
  };
  for (const value of values) visit(value);
  for (const octets of acrossFrames(values, secrets)) found.add(octets);
  return found;
}

/** Frames of messages that no observation has, as those of discovery: a secret may stand in two that follow. */
function acrossFrames(values: readonly Json[], secrets: readonly Secret[]): readonly string[] {
  const found: string[] = [];
  let before: { readonly octets: string; readonly packets: readonly string[] } | undefined;
  for (const value of values) {
    const line = value as { readonly type?: Json; readonly octets?: Json; readonly packets?: Json } | null;
    if (line?.type !== 'frame' || typeof line.octets !== 'string' || !Array.isArray(line.packets)) continue;
    const packets = (line.packets as readonly Json[]).filter((entry): entry is string => typeof entry === 'string');
    const payload = (list: readonly string[]): string => list.map((packet) => packet.slice(PACKET_HEADER)).join('');
    if (before !== undefined && holds(payload(before.packets) + payload(packets), secrets))
      found.push(before.octets, ...before.packets, line.octets, ...packets);
    before = { octets: line.octets, packets };
  }
  return found;
}

function holds(hex: string, secrets: readonly Secret[]): boolean {
  return secrets.some((secret) => secret.hex.some((digits) => indexOfOctets(hex, digits, 0) >= 0));
}

/** Where octets begin in hex; never in the middle of one. */
function indexOfOctets(hex: string, digits: string, from: number): number {
  let at = hex.indexOf(digits, from);
  while (at >= 0 && at % 2 === 1) at = hex.indexOf(digits, at + 1);
  return at;
}

function mask(value: Json, secrets: readonly Secret[], spread: ReadonlySet<string>): Json {
  if (typeof value === 'string') return maskText(value, secrets, spread);
  if (Array.isArray(value)) return (value as readonly Json[]).map((entry) => mask(entry, secrets, spread));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, mask(entry, secrets, spread)]));
}

function maskText(value: string, secrets: readonly Secret[], spread: ReadonlySet<string>): string {
  const isHex = /^(?:[0-9a-f]{2})+$/.test(value);
  if (isHex && spread.has(value)) {
    const kept = Math.min(value.length, value.length > FRAME_HEADER ? FRAME_HEADER : PACKET_HEADER);
    return value.slice(0, kept) + '0'.repeat(value.length - kept);
  }
  let out = value;
  for (const { text, hex } of secrets) {
    for (const digits of isHex ? hex : []) {
      for (let at = indexOfOctets(out, digits, 0); at >= 0; at = indexOfOctets(out, digits, at + digits.length))
        out = out.slice(0, at) + '0'.repeat(digits.length) + out.slice(at + digits.length);
    }
    out = out.replaceAll(text, '*'.repeat(text.length));
    if (!isHex) for (const digits of hex) out = replaceAny(out, digits);
  }
  return out;
}

/** Octets as people write them: with or without spaces and colons between them. */
function replaceAny(text: string, digits: string): string {
  const octets = digits.match(/../g) ?? [];
  return octets.length < 3
    ? text
    : text.replace(new RegExp(octets.join('[ :-]?'), 'gi'), (hit) => hit.replace(/[0-9a-f]/gi, '*'));
}
