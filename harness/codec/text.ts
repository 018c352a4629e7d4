import { parseHex, toHex } from './octets';

/** Text as DSP0257 and DSP0267 code it; `utf16` says its byte order by a mark. */
export const encodingNames = ['ascii', 'utf8', 'utf16', 'utf16le', 'utf16be'] as const;
export type EncodingName = (typeof encodingNames)[number];

const BIG_MARK = '\ufeff';
/** What a big-endian reader sees of a little-endian mark: no character, so it can stand for one. */
const LITTLE_MARK = '\ufffe';

/** Octets of one code unit. */
export function unitSize(encoding: EncodingName): 1 | 2 {
  return encoding === 'ascii' || encoding === 'utf8' ? 1 : 2;
}

/** Text of these octets; `0x…` where they are no such text, so that nothing is lost. */
export function decodeText(octets: Uint8Array, encoding: EncodingName): string {
  const text = textOf(octets, encoding);
  const hex = toHex(octets);
  if (text === undefined || text.startsWith('0x') || toHex(encodeText(text, encoding)) !== hex) return `0x${hex}`;
  return text;
}

function textOf(octets: Uint8Array, encoding: EncodingName): string | undefined {
  switch (encoding) {
    case 'ascii':
      return octets.every((octet) => octet < 0x80) ? new TextDecoder('utf-8').decode(octets) : undefined;
    case 'utf8':
      return wellFormed(octets);
    case 'utf16le':
      return units(octets, true);
    case 'utf16be':
      return units(octets, false);
    case 'utf16': {
      const marked = octets[0] === 0xff && octets[1] === 0xfe;
      return marked ? LITTLE_MARK + (units(octets.subarray(2), true) ?? '') : units(octets, false);
    }
  }
}

function wellFormed(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}

function units(octets: Uint8Array, little: boolean): string | undefined {
  if (octets.length % 2 !== 0) return undefined;
  let text = '';
  for (let index = 0; index < octets.length; index += 2) {
    const [first, second] = [octets[index] ?? 0, octets[index + 1] ?? 0];
    text += String.fromCharCode(little ? second * 256 + first : first * 256 + second);
  }
  return text;
}

/** Octets of a text, or those that `0x…` spells out. */
export function encodeText(text: string, encoding: EncodingName): Uint8Array {
  const raw = text.startsWith('0x') ? parseHex(text.slice(2)) : undefined;
  if (raw !== undefined) return raw;
  if (encoding === 'utf8') return new TextEncoder().encode(text);
  if (encoding === 'ascii') return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
  if (encoding !== 'utf16') return putUnits(text, encoding === 'utf16le');
  return text.startsWith(LITTLE_MARK) ? putUnits(BIG_MARK + text.slice(1), true) : putUnits(text, false);
}

function putUnits(text: string, little: boolean): Uint8Array {
  const octets = new Uint8Array(2 * text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    octets[2 * index] = little ? unit & 0xff : unit >> 8;
    octets[2 * index + 1] = little ? unit >> 8 : unit & 0xff;
  }
  return octets;
}

/** Octets as ASCII; undefined where they are none, but for the NULs that pad it. */
export function asciiOf(octets: Uint8Array): string | undefined {
  const ascii = octets.every((octet) => octet === 0 || (octet >= 0x20 && octet < 0x7f));
  return ascii ? new TextDecoder('utf-8').decode(octets) : undefined;
}

/** Without what pads it: spaces, NULs and a byte order mark. */
export function trimText(text: string): string {
  return text.replace(/^[\ufeff\ufffe\s\0]+|[\s\0]+$/gu, '');
}
