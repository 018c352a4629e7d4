/**
 * The field table from which a wire structure is encoded, decoded and dumped: written in `profiles/commands/*.yaml`
 * for commands and in `codec/` and `binding/` for headers. Order is the order on the wire.
 */
export type UintType = 'uint8' | 'uint16' | 'uint24' | 'uint32' | 'uint40' | 'uint48' | 'uint56' | 'uint64';

export type ByteOrder = 'big' | 'little';

/** Names of values, as the standards spell them. */
export type Codes = { readonly [name: string]: number };

/**
 * How the sender fills a field that nobody set. An explicit value always wins. A field that another one names as its
 * `count` or `length` is computed from that one without saying so, unless it has a default.
 */
export type Compute =
  | { readonly count: string }
  | { readonly length: string }
  | { readonly checksum: 'crc8' | 'crc32' | 'crc32c'; readonly of: string };

/** Octets: a number, all that remain, a field's value, or a length that a field's value chooses. */
export type LengthSpec =
  | number
  | 'rest'
  | { readonly field: string }
  | { readonly by: string; readonly of: { readonly [value: string]: number } };

export interface UintSpec {
  readonly name: string;
  readonly type: UintType;
  readonly byteOrder?: ByteOrder | undefined;
  readonly codes?: Codes | undefined;
  readonly default?: number | undefined;
  readonly compute?: Compute | undefined;
  /** Present only where octets remain. */
  readonly optional?: boolean | undefined;
}

/** Bit fields, most significant first, together a whole number of octets. Reserved bits have names like any other. */
export interface BitsSpec {
  readonly bits: readonly {
    readonly name: string;
    readonly width: number;
    readonly codes?: Codes | undefined;
    readonly default?: number | undefined;
  }[];
  readonly byteOrder?: ByteOrder | undefined;
}

export interface BytesSpec {
  readonly name: string;
  readonly type: 'bytes';
  readonly length: LengthSpec;
  readonly format?: 'hex' | 'ascii' | 'uuid' | undefined;
  readonly default?: string | undefined;
}

/** A list: of plain integers, or of structures. `count` is a number, a field's name, or all that remains. */
export interface ListSpec {
  readonly name: string;
  readonly list: UintType | readonly FieldSpec[];
  readonly count: number | 'rest' | { readonly field: string };
  readonly byteOrder?: ByteOrder | undefined;
}

/** Type-length-value entries; `length` counts the value's octets. */
export interface TlvSpec {
  readonly name: string;
  readonly tlv: { readonly type: UintType; readonly length: UintType };
  readonly count: number | 'rest' | { readonly field: string };
  readonly byteOrder?: ByteOrder | undefined;
}

/** A whole wire structure. `values` exists for the compiler alone: the type of what `decode` finds. */
export interface Layout<V extends FieldValues = FieldValues> {
  readonly fields: readonly FieldSpec[];
  readonly byteOrder: ByteOrder;
  readonly values?: V;
}

export type FieldSpec = UintSpec | BitsSpec | BytesSpec | ListSpec | TlvSpec;

/** A decoded field: octets are lower-case hex, integers above six octets are bigint. */
export type FieldValue = number | bigint | string | readonly FieldValue[] | { readonly [name: string]: FieldValue };

export type FieldValues = { readonly [name: string]: FieldValue };

type NamesIn<S> = S extends { readonly bits: readonly { readonly name: infer N extends string }[] }
  ? N
  : S extends { readonly name: infer N extends string }
    ? N
    : never;

type ValueIn<S> = S extends { readonly type: 'bytes' }
  ? string
  : S extends { readonly type: 'uint56' | 'uint64' }
    ? bigint
    : S extends { readonly list: unknown } | { readonly tlv: unknown }
      ? readonly FieldValue[]
      : number;

/** The values of a table that is written as a literal: names and kinds as the table has them. */
export type ValuesOf<F extends readonly FieldSpec[]> = { readonly [S in F[number] as NamesIn<S>]: ValueIn<S> };

/** Octets of one integer type. */
export const uintSize: { readonly [T in UintType]: number } = {
  uint8: 1,
  uint16: 2,
  uint24: 3,
  uint32: 4,
  uint40: 5,
  uint48: 6,
  uint56: 7,
  uint64: 8,
};
