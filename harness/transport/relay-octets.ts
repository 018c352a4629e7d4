import { concat, getUint, putUint } from '../codec/octets';

/** The parts that messages of the relay protocol are made of, each written and read by one definition. */
export interface Part<T> {
  write(value: T): Uint8Array;
  /** Never throws: what is not there or not possible marks the reader, and gives any value. */
  read(reader: OctetReader): T;
}
export type PartValue<P> = P extends Part<infer T> ? T : never;

/** Takes octets one part after the other; once something does not fit, all that follows is nothing. */
export class OctetReader {
  problem: string | undefined;
  private readonly octets: Uint8Array;
  private offset: number;

  constructor(octets: Uint8Array, offset = 0) {
    this.octets = octets;
    this.offset = offset;
  }

  fail(problem: string): void {
    this.problem ??= problem;
  }

  take(size: number): Uint8Array {
    if (this.problem === undefined && this.offset + size > this.octets.length) this.fail('it is too short');
    if (this.problem !== undefined) return new Uint8Array(0);
    this.offset += size;
    return this.octets.slice(this.offset - size, this.offset);
  }

  rest(): Uint8Array {
    return this.take(this.octets.length - this.offset);
  }
}

function unsigned(size: 1 | 2 | 4): Part<number> {
  return {
    write: (value) => putUint(value, size, false),
    read: (reader) => Number(getUint(reader.take(size), 0, size, false)),
  };
}

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);

/** Nanoseconds of a clock that may have run for years. */
export const time: Part<bigint> = {
  write: (value) => putUint(value, 8, false),
  read: (reader) => BigInt(getUint(reader.take(8), 0, 8, false)),
};

export const flag: Part<boolean> = {
  write: (value) => Uint8Array.of(value ? 1 : 0),
  read: (reader) => u8.read(reader) !== 0,
};

/** One octet that is FF where there is none. */
export const optionalOctet: Part<number | null> = {
  write: (value) => Uint8Array.of(value ?? 0xff),
  read(reader) {
    const value = u8.read(reader);
    return value === 0xff ? null : value;
  },
};

/** A number with a name for each value that it may have. */
export function oneOf<const N extends string>(names: { readonly [name in N]: number }, number = u8): Part<N> {
  return {
    write: (value) => number.write(names[value]),
    read(reader) {
      const code = number.read(reader);
      const found = Object.entries(names).find(([, each]) => each === code)?.[0] as N | undefined;
      if (found === undefined)
        reader.fail(`it has the value ${code} where it may be ${Object.values(names).join(' ')}`);
      return found ?? (Object.keys(names)[0] as N);
    },
  };
}

/** Bits by their names, lowest first; bits without a name are a later version's. */
export function bits<const N extends string>(size: 1 | 4, names: readonly N[]): Part<readonly N[]> {
  const number = unsigned(size);
  return {
    write: (value) => number.write(value.reduce((sum, name) => sum + 2 ** names.indexOf(name), 0)),
    read(reader) {
      const value = number.read(reader);
      return names.filter((_, bit) => Math.floor(value / 2 ** bit) % 2 === 1);
    },
  };
}

const LONGEST_ADDRESS = 32;

export const octetString: Part<Uint8Array> = {
  write: (value) => concat([value.length & 0xff], value.subarray(0, 0xff)),
  read: (reader) => reader.take(u8.read(reader)),
};

export const address: Part<Uint8Array> = {
  write: octetString.write,
  read(reader) {
    const size = u8.read(reader);
    if (size > LONGEST_ADDRESS) reader.fail(`a physical address has ${size} octets`);
    return reader.take(size);
  },
};

const LONGEST_TEXT = 1_024;

/** UTF-8 cut at `longest` octets, never inside a character. */
function utf8(text: string, longest: number): Uint8Array {
  const octets = new TextEncoder().encode(text);
  let size = Math.min(octets.length, longest);
  while (size < octets.length && ((octets[size] ?? 0) & 0xc0) === 0x80) size -= 1;
  return octets.subarray(0, size);
}

function textOf(size: Part<number>, longest: number): Part<string> {
  return {
    write(value) {
      const octets = utf8(value, longest);
      return concat(size.write(octets.length), octets);
    },
    read: (reader) => new TextDecoder().decode(reader.take(size.read(reader))),
  };
}

export const name = textOf(u8, 0xff);
export const text = textOf(u16, LONGEST_TEXT);

export const rest: Part<Uint8Array> = { write: (value) => value, read: (reader) => reader.rest() };

/** A number of the same, one after the other. */
export function list<T>(count: Part<number>, each: Part<T>): Part<readonly T[]> {
  return {
    write: (values) => concat(count.write(values.length), ...values.map((value) => each.write(value))),
    read(reader) {
      const values: T[] = [];
      for (let left = count.read(reader); left > 0 && reader.problem === undefined; left -= 1) {
        values.push(each.read(reader));
      }
      return values;
    },
  };
}

/** A number of pairs of a name and something, as an object. */
export function named<T>(count: Part<number>, value: Part<T>): Part<Readonly<Record<string, T>>> {
  return {
    write(pairs) {
      const entries = Object.entries(pairs);
      return concat(
        count.write(entries.length),
        ...entries.flatMap(([key, each]) => [name.write(key), value.write(each)]),
      );
    },
    read(reader) {
      const pairs: [string, T][] = [];
      for (let left = count.read(reader); left > 0 && reader.problem === undefined; left -= 1) {
        pairs.push([name.read(reader), value.read(reader)]);
      }
      return Object.fromEntries(pairs);
    },
  };
}

export type Struct<P> = { readonly [K in keyof P]: PartValue<P[K]> };

/** Parts one after the other, in the order in which they are written down. */
export function struct<P extends { readonly [name: string]: Part<unknown> }>(parts: P): Part<Struct<P>> {
  const entries = Object.entries(parts) as [keyof P & string, Part<unknown>][];
  return {
    write: (value) => concat(...entries.map(([key, part]) => part.write(value[key]))),
    read(reader) {
      const pairs = entries.map(([key, part]) => [key, part.read(reader)] as const);
      return Object.fromEntries(pairs) as Struct<P>;
    },
  };
}
