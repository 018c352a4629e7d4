import { decode, type Span } from './decode';
import { encode } from './encode';
import type { ByteOrder, Compute, FieldSpec, Layout, ValueSpec, ValuesOf } from './field-spec';
import { isScalar, namesOf } from './field-spec';

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

/** What is wrong with a field table, as sentences. `outer`: names of the structures around it. */
export function layoutProblems(
  fields: readonly FieldSpec[],
  outer: ReadonlySet<string> = new Set(),
): readonly string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  const later = new Set(fields.flatMap(namesOf));
  const need = (owner: string, name: string, known: ReadonlySet<string>): void => {
    if (known.has(name) || outer.has(name) || name.startsWith('request.')) return;
    problems.push(`${owner} refers to ${name}, which is no field ${known === seen ? 'before' : 'beside'} it`);
  };
  const inside = (name: string, value: ValueSpec | undefined): void => {
    if (!Array.isArray(value)) return;
    const found = layoutProblems(value as readonly FieldSpec[], new Set([...outer, ...later]));
    problems.push(...found.map((problem) => `${name}: ${problem}`));
  };
  for (const field of fields) {
    const owner = 'bits' in field ? '' : (field.name ?? 'a switch');
    for (const name of earlierNames(field)) need(owner, name, seen);
    if ('bits' in field) problems.push(...bitProblems(field.bits));
    else if ('switch' in field)
      for (const value of [...Object.values(field.cases), field.otherwise]) inside(owner, value);
    else if ('tlv' in field) for (const value of Object.values(field.tlv.values ?? {})) inside(owner, value);
    else if ('list' in field) inside(owner, typeof field.list === 'string' ? undefined : field.list);
    else if (isScalar(field)) {
      if (field.compute !== undefined) need(field.name, computeSource(field.compute), later);
    } else if (!['bytes', 'text', 'bitmap'].includes(field.type)) {
      problems.push(`${owner} has the unknown type ${String((field as { type: unknown }).type)}`);
    }
    for (const name of new Set(namesOf(field))) {
      if (seen.has(name)) problems.push(`${name} is there twice`);
      seen.add(name);
    }
  }
  return problems;
}

/** Names of fields that must stand before this one: what its count, length, encoding or case follows from. */
export function earlierNames(field: FieldSpec): readonly string[] {
  if ('bits' in field) return [];
  if ('switch' in field) return [field.switch];
  if ('count' in field) return typeof field.count === 'object' && 'field' in field.count ? [field.count.field] : [];
  if (isScalar(field)) return [];
  const { length } = field;
  const names: string[] = [];
  if (typeof length === 'object' && 'field' in length) names.push(length.field);
  if (typeof length === 'object' && 'by' in length) names.push(length.by);
  if ('encoding' in field && typeof field.encoding === 'object') names.push(field.encoding.by);
  return names;
}

function bitProblems(bits: readonly { readonly name: string; readonly width: number }[]): readonly string[] {
  const width = bits.reduce((sum, bit) => sum + bit.width, 0);
  const names = bits.map((bit) => bit.name).join(', ');
  if (bits.some((bit) => !Number.isInteger(bit.width) || bit.width < 1)) return [`${names}: widths are whole bits`];
  return width % 8 === 0 && width <= 64 && width > 0
    ? []
    : [`${names}: ${width} bits are not one to eight whole octets`];
}

/** The field that a computed one is about, or from which on it is. */
export function computeSource(compute: Compute): string {
  if ('count' in compute) return compute.count;
  if ('length' in compute) return compute.length;
  return 'of' in compute ? compute.of : compute.from;
}
