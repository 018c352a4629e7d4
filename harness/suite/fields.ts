import type { Codes, Encoding, FieldSpec, ScalarType, ValueSpec } from '../codec/field-spec';
import { isScalar, namesOf, scalarSize } from '../codec/field-spec';
import { computeSource, earlierNames } from '../codec/layout';
import { isSigned } from '../codec/scalar';
import type { EncodingName } from '../codec/text';
import { encodingNames } from '../codec/text';
import type { FieldSource, ValueSource } from './commands-schema';
import { quote, suggestion } from './problem';
import type { Path } from './source';

export type Report = (path: Path, message: string) => void;
type Structures = { readonly [name: string]: readonly FieldSource[] };

/** Fields that can be referred to, with the names of their values. */
export type Visible = ReadonlyMap<string, Codes | undefined>;

const NOTHING: Visible = new Map();

/** Field lists of a command file as the codec takes them: structures stand where they are named, cases are numbers. */
export class FieldCompiler {
  private readonly structures: Structures;
  private readonly report: Report;
  private readonly open: string[] = [];

  constructor(structures: Structures, report: Report) {
    this.structures = structures;
    this.report = report;
  }

  /** `taken`: names beside these fields; `outer`: those around them. */
  compile(source: readonly FieldSource[], base: Path, outer: Visible = NOTHING, taken: Visible = NOTHING): FieldSpec[] {
    const out: FieldSpec[] = [];
    const seen = new Map(taken);
    const all = new Set(source.flatMap((field) => ('name' in field ? [String(field.name)] : [])));
    source.forEach((field, index) => {
      const path = [...base, index];
      const visible = new Map([...outer, ...seen]);
      const specs = this.field(field, path, visible, seen);
      for (const spec of specs) {
        if (!('include' in field)) this.checkReferences(spec, path, visible, new Set([...all, ...visible.keys()]));
        for (const name of new Set(namesOf(spec))) {
          if (seen.has(name) || twice(spec, name))
            this.report(placeOfName(field, name, path), `the field ${quote(name)} is here twice`);
        }
        for (const [name, codes] of codesOf(spec)) seen.set(name, codes);
      }
      out.push(...specs);
    });
    return out;
  }

  private field(field: FieldSource, path: Path, visible: Visible, taken: Visible): readonly FieldSpec[] {
    if ('include' in field) return this.structure(field.include, [...path, 'include'], visible, new Map()) ?? [];
    if ('bits' in field) {
      checkBits(field.bits, path, this.report);
      return [field];
    }
    if ('switch' in field) return [this.choice(field, path, visible, taken)];
    if ('list' in field) {
      const { list } = field;
      const at = [...path, 'list'];
      if (typeof list !== 'string') return [{ ...field, list: this.compile(list, at, visible) }];
      if (Object.hasOwn(scalarSize, list)) return [{ ...field, list: list as ScalarType }];
      return [{ ...field, list: this.structure(list, at, visible, NOTHING, Object.keys(scalarSize)) ?? [] }];
    }
    if ('tlv' in field) {
      const { values, otherwise, ...tlv } = field.tlv;
      const at = [...path, 'tlv'];
      const cases = values && this.cases(values, tlv.codes, [...at, 'values'], visible);
      const rest = otherwise === undefined ? undefined : this.value(otherwise, [...at, 'otherwise'], visible);
      return [{ ...field, tlv: { ...tlv, ...(cases && { values: cases }), ...(rest && { otherwise: rest }) } }];
    }
    return [field as FieldSpec];
  }

  private choice(
    field: Extract<FieldSource, { readonly switch: string }>,
    path: Path,
    visible: Visible,
    taken: Visible,
  ): FieldSpec {
    const { cases, otherwise, ...rest } = field;
    const beside = field.name === undefined ? taken : undefined;
    const known = this.cases(cases, visible.get(field.switch), [...path, 'cases'], visible, beside);
    const last = otherwise === undefined ? undefined : this.value(otherwise, [...path, 'otherwise'], visible, beside);
    if (field.name === undefined && [...Object.values(known), last].some((spec) => spec && !Array.isArray(spec))) {
      this.report(path, 'the cases of a switch without a name are lists of fields');
    }
    return { ...rest, cases: known, ...(last && { otherwise: last }) };
  }

  private cases(
    source: { readonly [key: string]: ValueSource },
    codes: Codes | undefined,
    path: Path,
    visible: Visible,
    beside?: Visible,
  ): { readonly [value: string]: ValueSpec } {
    const out: { [value: string]: ValueSpec } = {};
    for (const [key, value] of Object.entries(source)) {
      const number = codes !== undefined && Object.hasOwn(codes, key) ? codes[key] : Number(key);
      if (number === undefined || !Number.isInteger(number)) {
        this.report([...path, key], `unknown code ${quote(key)}${suggestion(key, Object.keys(codes ?? {}))}`);
      } else out[String(number)] = this.value(value, [...path, key], visible, beside);
    }
    return out;
  }

  private value(source: ValueSource, path: Path, visible: Visible, beside: Visible = NOTHING): ValueSpec {
    if (typeof source === 'string') {
      if (source === 'bytes' || Object.hasOwn(scalarSize, source)) return source as ScalarType | 'bytes';
      return this.structure(source, path, visible, beside, [...Object.keys(scalarSize), 'bytes']) ?? [];
    }
    if ('text' in source) return { text: this.encoding(source, path, visible) };
    return this.compile(source as readonly FieldSource[], path, visible, beside);
  }

  private encoding(source: Extract<ValueSource, { text: string }>, path: Path, visible: Visible): Encoding {
    const { text, of } = source;
    if (of === undefined) {
      if (!(encodingNames as readonly string[]).includes(text)) {
        this.report([...path, 'text'], `unknown encoding ${quote(text)}${suggestion(text, encodingNames)}`);
      }
      return text as EncodingName;
    }
    if (!visible.has(text)) this.report([...path, 'text'], noField(text, visible.keys()));
    return { by: text, of };
  }

  private structure(
    name: string,
    path: Path,
    visible: Visible,
    beside: Visible,
    others: readonly string[] = [],
  ): readonly FieldSpec[] | undefined {
    const source = Object.hasOwn(this.structures, name) ? this.structures[name] : undefined;
    if (source === undefined) {
      const known = [...Object.keys(this.structures), ...others];
      this.report(path, `unknown structure ${quote(name)}${suggestion(name, known)}`);
      return undefined;
    }
    if (this.open.includes(name)) {
      this.report(path, `${quote(name)} is part of itself`);
      return undefined;
    }
    this.open.push(name);
    const fields = this.compile(source, ['structures', name], visible, beside);
    this.open.pop();
    return fields;
  }

  private checkReferences(spec: FieldSpec, path: Path, earlier: Visible, all: ReadonlySet<string>): void {
    for (const name of earlierNames(spec)) {
      if (!earlier.has(name)) this.report(placeOfReference(spec, name, path), noField(name, earlier.keys()));
    }
    if (!isScalar(spec)) return;
    checkNumber(spec, path, this.report);
    const target = spec.compute === undefined ? undefined : computeSource(spec.compute);
    if (target !== undefined && !all.has(target)) {
      const kind = Object.keys(spec.compute ?? {}).find((key) => key !== 'checksum') ?? 'of';
      this.report([...path, 'compute', kind], `no field is called ${quote(target)}${suggestion(target, all)}`);
    }
  }
}

function twice(spec: FieldSpec, name: string): boolean {
  return 'bits' in spec && spec.bits.filter((bit) => bit.name === name).length > 1;
}

function placeOfName(field: FieldSource, name: string, path: Path): Path {
  if (!('bits' in field)) return 'name' in field ? [...path, 'name'] : path;
  const bits = field.bits.map((bit) => bit.name);
  // Where the list itself has a name twice, the second is meant.
  return [...path, 'bits', Math.max(0, bits.lastIndexOf(name)), 'name'];
}

function placeOfReference(spec: FieldSpec, name: string, path: Path): Path {
  if ('switch' in spec) return [...path, 'switch'];
  if ('count' in spec) return [...path, 'count', 'field'];
  if ('encoding' in spec && typeof spec.encoding === 'object' && spec.encoding.by === name) {
    return [...path, 'encoding', 'by'];
  }
  const { length } = spec as { readonly length?: object };
  return [...path, 'length', length !== undefined && 'by' in length ? 'by' : 'field'];
}

function noField(name: string, known: Iterable<string>): string {
  return `no earlier field is called ${quote(name)}${suggestion(name, known)}`;
}

/** What the values of a field's names are called. */
export function codesOf(spec: FieldSpec): readonly (readonly [string, Codes | undefined])[] {
  if ('bits' in spec) return spec.bits.map(({ name, codes }) => [name, codes] as const);
  if (isScalar(spec)) return [[spec.name, spec.codes]];
  if (!('switch' in spec) || spec.name !== undefined) return namesOf(spec).map((name) => [name, undefined] as const);
  return [...Object.values(spec.cases), spec.otherwise].flatMap((value) =>
    Array.isArray(value) ? (value as readonly FieldSpec[]).flatMap(codesOf) : [],
  );
}

type Bits = Extract<FieldSource, { readonly bits: unknown }>['bits'];

function checkBits(bits: Bits, path: Path, report: Report): void {
  bits.forEach((bit, at) => {
    checkRange(bit, [0, 2 ** bit.width - 1], [...path, 'bits', at], report);
  });
  const width = bits.reduce((sum, bit) => sum + bit.width, 0);
  if (width % 8 !== 0) report([...path, 'bits'], `the bits make ${width}, which is no whole number of octets`);
  if (width > 64) report([...path, 'bits'], `the bits make ${width}, more than 64`);
}

function checkNumber(spec: Extract<FieldSpec, { readonly type: ScalarType }>, path: Path, report: Report): void {
  if (spec.type === 'float32') return;
  const size = 2 ** (8 * scalarSize[spec.type]);
  checkRange(spec, isSigned(spec.type) ? [-size / 2, size / 2 - 1] : [0, size - 1], path, report);
}

function checkRange(
  field: { readonly codes?: Codes | undefined; readonly default?: number | undefined },
  [least, most]: readonly [number, number],
  path: Path,
  report: Report,
): void {
  for (const [name, value] of Object.entries(field.codes ?? {})) {
    const limit = value > most ? `at most ${most}` : value < least ? `at least ${least}` : undefined;
    if (limit !== undefined) report([...path, 'codes', name], `${value} does not fit the field: ${limit}`);
  }
  const initial = field.default ?? 0;
  if (initial > most || initial < least || !Number.isInteger(initial)) {
    report([...path, 'default'], `${initial} does not fit the field: at most ${most}`);
  }
}
