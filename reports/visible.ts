/**
 * Characters that no report shows as they are: controls, invisible and direction-changing ones, line and paragraph
 * separators, lone surrogates, non-characters. Strings of a device may hold any of them.
 */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu;

const short: { readonly [char: string]: string } = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Text with its hidden characters spelled out: `\u{202e}`. What is left is safe for terminals and valid in XML. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (char) => short[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most `limit` characters, cut between code points. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = (text.charCodeAt(limit - 1) & 0xfc00) === 0xd800 ? limit - 1 : limit;
  return `${text.slice(0, end)}… (${text.length - end} more)`;
}
