/**
 * Regular expressions from YAML: bounded, and of a form that cannot run away on hostile text. What is repeated must be
 * of fixed length, with alternatives of which at most one can match: then there is one way to match, and no search.
 */

const MAX_PATTERN = 200;
const MAX_UNBOUNDED = 3;
const MAX_REPEAT = 1000;
/** Characters of a repeated group that are compared one by one. */
const MAX_WIDTH = 64;

/** Flags with which every pattern of a suite is compiled. */
export const PATTERN_FLAGS = 'u';

/** Why a pattern is not taken; undefined where it is safe. */
export function patternFault(source: string): string | undefined {
  if (source.length > MAX_PATTERN) return `a pattern has at most ${MAX_PATTERN} characters`;
  if (/[^ -~]/.test(source)) return 'a pattern is plain ASCII';
  try {
    new RegExp(source, PATTERN_FLAGS);
  } catch (thrown) {
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return `not a regular expression: ${text.replace(/^.*: /, '').toLowerCase()}`;
  }
  try {
    return new Scanner(source).whole();
  } catch (thrown) {
    if (thrown instanceof Unsafe) return thrown.message;
    throw thrown;
  }
}

class Unsafe extends Error {}

/** The characters that one position can hold: all of ASCII, and two that stand for the rest. */
type CharSet = ReadonlySet<number>;
/** The positions of a piece of fixed length that matches in one way; undefined for any other. */
type Fixed = readonly CharSet[] | undefined;

class Scanner {
  private index = 0;
  private unbounded = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  whole(): string | undefined {
    this.alternatives();
    return this.unbounded > MAX_UNBOUNDED ? `at most ${MAX_UNBOUNDED} unbounded quantifiers are allowed` : undefined;
  }

  private alternatives(): Fixed {
    const branches = [this.sequence()];
    while (this.source[this.index] === '|') {
      this.index += 1;
      branches.push(this.sequence());
    }
    if (branches.length === 1) return branches[0];
    const fixed = branches.filter((branch) => branch !== undefined);
    const [first] = fixed;
    if (first === undefined || fixed.length < branches.length) return undefined;
    if (fixed.some((branch) => branch.length !== first.length) || !disjoint(fixed)) return undefined;
    return first.map((_, position) => new Set(fixed.flatMap((branch) => [...(branch[position] ?? [])])));
  }

  private sequence(): Fixed {
    let positions: CharSet[] | undefined = [];
    while (this.index < this.source.length && !'|)'.includes(this.source[this.index] as string)) {
      const piece = this.repeated(this.piece());
      positions = positions !== undefined && piece !== undefined ? [...positions, ...piece] : undefined;
      if (positions !== undefined && positions.length > MAX_WIDTH) positions = undefined;
    }
    return positions;
  }

  private piece(): { readonly fixed: Fixed; readonly group: boolean } {
    const start = this.index;
    const char = this.source[start];
    this.index += 1;
    if (char === '^' || char === '$') return { fixed: [], group: false };
    if (char === '(') return { fixed: this.group(), group: true };
    if (char === '[') this.index = this.endOfClass(start) + 1;
    if (char === '\\') {
      const next = this.source[this.index] ?? '';
      if (/[1-9k]/.test(next)) throw new Unsafe('back references are not allowed');
      this.index =
        start + (/^\\(?:x..|u\{[^}]*\}|u....|[pP]\{[^}]*\}|c.|.)/su.exec(this.source.slice(start))?.[0].length ?? 2);
      if (next === 'b' || next === 'B') return { fixed: [], group: false };
    }
    return { fixed: [charSet(this.source.slice(start, this.index))], group: false };
  }

  private group(): Fixed {
    const head = /^\?(?::|<[A-Za-z]\w*>|<?[=!])/.exec(this.source.slice(this.index, this.index + 40))?.[0] ?? '';
    if (/^\?<[=!]/.test(head)) throw new Unsafe('look-behind is not allowed');
    this.index += head.length;
    const fixed = this.alternatives();
    this.index += 1;
    if (!/[=!]$/.test(head)) return fixed;
    if (fixed === undefined) throw new Unsafe('what is looked ahead to must have a fixed length');
    return [];
  }

  private endOfClass(start: number): number {
    let index = start + 1;
    while (index < this.source.length && this.source[index] !== ']') index += this.source[index] === '\\' ? 2 : 1;
    return index;
  }

  private repeated({ fixed, group }: { readonly fixed: Fixed; readonly group: boolean }): Fixed {
    const match = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.source.slice(this.index, this.index + 16));
    if (match === null) return fixed;
    this.index += match[0].length;
    const [text, least = '', comma = '', most = ''] = match;
    const times = comma === '' && least !== '' ? Number(least) : undefined;
    const open = text.startsWith('*') || text.startsWith('+') || (comma === ',' && most === '');
    const optional = text.startsWith('?');
    if (Number(least) > MAX_REPEAT || Number(most) > MAX_REPEAT)
      throw new Unsafe(`a repeat counts to ${MAX_REPEAT} at most`);
    if (group && fixed === undefined && !optional && times !== 1) {
      throw new Unsafe('what is repeated must have a fixed length and alternatives that exclude each other');
    }
    if (group && fixed?.length === 0 && !optional) throw new Unsafe('an empty group cannot be repeated');
    if (open) this.unbounded += 1;
    if (times === undefined || fixed === undefined || fixed.length * times > MAX_WIDTH) return undefined;
    return Array.from({ length: times }, () => fixed).flat();
  }
}

function disjoint(branches: readonly (readonly CharSet[])[]): boolean {
  return branches.every((one, index) =>
    branches
      .slice(index + 1)
      .every((other) =>
        one.some((set, position) => set.size > 0 && [...set].every((code) => other[position]?.has(code) !== true)),
      ),
  );
}

function charSet(element: string): CharSet {
  const test = new RegExp(`^(?:${element})$`, PATTERN_FLAGS);
  const all = [...Array.from({ length: 128 }, (_, code) => code), 0xe9, 0x4e00];
  return new Set(all.filter((code) => test.test(String.fromCharCode(code))));
}
