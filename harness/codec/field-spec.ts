import type { ChecksumKind } from './checksum';
import type { EncodingName } from './text';

/**
 * The field table from which a wire structure is encoded, decoded and dumped: written in `profiles/commands/*.yaml`
 * for commands and in `codec/` and `binding/` for headers. Order is the order on the wire.
 */
export type UintType = 'uint8' | 'uint16' | 'uint24' | 'uint32' | 'uint40' | 'uint48' | 'uint56' | 'uint64';

export type ScalarType = UintType | 'int8' | 'int16' | 'int32' | 'int64' | 'float32';

export type ByteOrder = 'big' | 'little';

/** Names of values, as the standards spell them. */
export type Codes = { readonly [name: string]: number };

/**
 * How the sender fills a field that nobody set. An explicit value always wins. A field that another one names as its
 * `count` or `length` is computed from that one without saying so, unless it has a default.
 */
export type Compute = { readonly count: string } | { readonly length: string } | ChecksumCompute;

/** Over one field, or over everything from one field on. */
export type ChecksumCompute =
  | { readonly checksum: ChecksumKind; readonly of: string }
  | { readonly checksum: ChecksumKind; readonly from: string };

/**
 * Octets: a number, all that remain, a field's value, a length that a field's value chooses, or as many zeros as are
 * missing to a multiple of `align` from the beginning of the structure.
 */
export type LengthSpec =
  | number
  | 'rest'
  | { readonly field: string }
  | { readonly by: string; readonly of: { readonly [value: string]: number } }
  | { readonly align: number };

export interface ScalarSpec {
  readonly name: string;
  readonly type: ScalarType;
  readonly byteOrder?: ByteOrder | undefined;
  readonly codes?: Codes | undefined;
  readonly default?: number | undefined;
  readonly compute?: Compute | undefined;
  /** The value of a checksum that says that there is none. */
  readonly none?: number | undefined;
  /** Present only where octets remain; not sent unless somebody gives it, though its checksum may be known. */
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

/** Entries: a number, a field's value, all that remain, or all while so many octets remain. */
export type CountSpec = number | 'rest' | { readonly field: string } | { readonly while: number };

/**
 * Characters, without the NUL where that ends them (`terminated`). What does not decode stands as `0x` and hex; a byte
 * order mark stays as the first character, U+FEFF or, where it was little-endian, U+FFFE.
 */
export interface TextSpec {
  readonly name: string;
  readonly type: 'text';
  readonly length: LengthSpec | 'terminated';
  readonly encoding: Encoding;
  readonly default?: string | undefined;
}

/** How text is coded, or the field whose value says so. */
export type Encoding = EncodingName | { readonly by: string; readonly of: { readonly [value: string]: EncodingName } };

/** Numbers of the bits that are set, counted from the least significant of the first octet. */
export interface BitmapSpec {
  readonly name: string;
  readonly type: 'bitmap';
  readonly length: LengthSpec;
}

/** A list: of plain integers, or of structures. `count` is a number, a field's name, or all that remains. */
export interface ListSpec {
  readonly name: string;
  readonly list: ScalarType | readonly FieldSpec[];
  readonly count: CountSpec;
  readonly byteOrder?: ByteOrder | undefined;
}

/** Type-length-value entries; `length` counts the value's octets, which are hex unless `values` says what a type has. */
export interface TlvSpec {
  readonly name: string;
  readonly tlv: {
    readonly type: ScalarType;
    readonly length: ScalarType;
    readonly lengthFirst?: boolean | undefined;
    readonly codes?: Codes | undefined;
    /** By number of the type. */
    readonly values?: { readonly [type: string]: ValueSpec } | undefined;
    readonly otherwise?: ValueSpec | undefined;
  };
  readonly count: CountSpec;
  readonly byteOrder?: ByteOrder | undefined;
}

/** One value: a number, text, a structure, or octets. */
export type ValueSpec = ScalarType | 'bytes' | { readonly text: Encoding } | readonly FieldSpec[];

/**
 * What stands here depends on a field before it. With a name it is one value; without, the fields of a structure, beside
 * the others. Cases are by number. Without `otherwise` a structure breaks off where no case fits.
 */
export interface SwitchSpec {
  readonly name?: string | undefined;
  readonly switch: string;
  readonly cases: { readonly [value: string]: ValueSpec };
  readonly otherwise?: ValueSpec | undefined;
  readonly byteOrder?: ByteOrder | undefined;
}

/** A whole wire structure. `values` exists for the compiler alone: the type of what `decode` finds. */
export interface Layout<V extends FieldValues = FieldValues> {
  readonly fields: readonly FieldSpec[];
  readonly byteOrder: ByteOrder;
  readonly values?: V;
}

export type FieldSpec = ScalarSpec | BitsSpec | BytesSpec | TextSpec | BitmapSpec | ListSpec | TlvSpec | SwitchSpec;

/** A decoded field: octets are lower-case hex, integers above six octets are bigint. */
export type FieldValue = number | bigint | string | readonly FieldValue[] | { readonly [name: string]: FieldValue };

export type FieldValues = { readonly [name: string]: FieldValue };

type NamesIn<S> = S extends { readonly bits: readonly { readonly name: infer N extends string }[] }
  ? N
  : S extends { readonly name: infer N extends string }
    ? N
    : never;

type ValueIn<S> = S extends { readonly type: 'bytes' | 'text' }
  ? string
  : S extends { readonly type: 'uint56' | 'uint64' | 'int64' }
    ? bigint
    : S extends { readonly list: unknown } | { readonly tlv: unknown } | { readonly type: 'bitmap' }
      ? readonly FieldValue[]
      : S extends { readonly switch: unknown }
        ? FieldValue
        : number;

/** The values of a table that is written as a literal: names and kinds as the table has them. */
export type ValuesOf<F extends readonly FieldSpec[]> = { readonly [S in F[number] as NamesIn<S>]: ValueIn<S> };

/** Octets of one type of number. */
export const scalarSize: { readonly [T in ScalarType]: number } = {
  uint8: 1,
  uint16: 2,
  uint24: 3,
  uint32: 4,
  uint40: 5,
  uint48: 6,
  uint56: 7,
  uint64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  float32: 4,
};

/** Whether it is a plain number by its own type: not octets, text or a bitmap. */
export function isScalar(field: FieldSpec): field is ScalarSpec {
  return 'type' in field && Object.hasOwn(scalarSize, field.type);
}

/** Names that a field gives to what it decodes: of an unnamed switch those of every case. */
export function namesOf(field: FieldSpec): readonly string[] {
  if ('bits' in field) return field.bits.map(({ name }) => name);
  if (!('switch' in field) || field.name !== undefined) return [String(field.name)];
  return [...new Set([...Object.values(field.cases), field.otherwise].flatMap(namesInCase))];
}

function namesInCase(value: ValueSpec | undefined): readonly string[] {
  return Array.isArray(value) ? (value as readonly FieldSpec[]).flatMap(namesOf) : [];
}
