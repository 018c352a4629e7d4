import { decode, type Span } from './decode';
import { encode } from './encode';
import type { ByteOrder, FieldSpec, FieldValues, Layout, ValuesOf } from './field-spec';
import { uintSize } from './field-spec';

export { decode, encode, type Layout, type Span };

/** Throws RangeError for a table that cannot work: it is a defect of whoever wrote the table, not of any octets. */
export function layout<const F extends readonly FieldSpec[]>(
  fields: F,
  byteOrder: ByteOrder = 'big',
): Layout<ValuesOf<F>> {
  const [problem] = layoutProblems(fields);
  if (problem !== undefined) throw new RangeError(problem);
  return { fields, byteOrder };
}

/** What is wrong with a field table, as sentences. */
export function layoutProblems(fields: readonly FieldSpec[]): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const later = new Set(fields.flatMap(namesOf));
  const need = (owner: string, name: string, known: ReadonlySet<string>): void => {
    if (!known.has(name))
      problems.push(`${owner} refers to ${name}, which is no field ${known === seen ? 'before' : 'beside'} it`);
  };
  for (const field of fields) {
    if ('bits' in field) problems.push(...bitProblems(field.bits));
    else if ('list' in field || 'tlv' in field) {
      if (typeof field.count === 'object') need(field.name, field.count.field, seen);
      if ('list' in field && typeof field.list !== 'string') {
        problems.push(...layoutProblems(field.list).map((problem) => `${field.name}: ${problem}`));
      }
    } else if (field.type === 'bytes') {
      if (typeof field.length === 'object') need(field.name, lengthSource(field.length), seen);
    } else {
      if (uintSize[field.type] === undefined) problems.push(`${field.name} has the unknown type ${field.type}`);
      if (field.compute !== undefined) need(field.name, computeSource(field.compute), later);
    }
    for (const name of namesOf(field)) {
      if (seen.has(name)) problems.push(`${name} is there twice`);
      seen.add(name);
    }
  }
  return problems;
}

function bitProblems(bits: readonly { readonly name: string; readonly width: number }[]): readonly string[] {
  const width = bits.reduce((sum, bit) => sum + bit.width, 0);
  const names = bits.map((bit) => bit.name).join(', ');
  if (bits.some((bit) => !Number.isInteger(bit.width) || bit.width < 1)) return [`${names}: widths are whole bits`];
  return width % 8 === 0 && width <= 64 && width > 0
    ? []
    : [`${names}: ${width} bits are not one to eight whole octets`];
}

function namesOf(field: FieldSpec): readonly string[] {
  return 'bits' in field ? field.bits.map((bit) => bit.name) : [field.name];
}

function lengthSource(length: { readonly field: string } | { readonly by: string }): string {
  return 'field' in length ? length.field : length.by;
}

function computeSource(
  compute: { readonly count: string } | { readonly length: string } | { readonly of: string },
): string {
  if ('count' in compute) return compute.count;
  return 'length' in compute ? compute.length : compute.of;
}

/** The value that the table computes for `name` from fields already decoded; undefined where it computes none. */
export function computedValue(table: Layout, values: FieldValues, name: string): number | bigint | undefined {
  const field = table.fields.find((candidate) => 'name' in candidate && candidate.name === name);
  if (field === undefined || !('type' in field) || field.type === 'bytes' || field.compute === undefined)
    return undefined;
  const { [name]: _own, ...others } = values;
  const value = decode(table, encode(table, others)).value[name];
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}
