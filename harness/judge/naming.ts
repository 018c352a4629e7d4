import type { Codes, FieldSpec, ValueSpec } from '../codec/field-spec';

/** The names of the values at a dotted path of a structure; positions in lists may stand in it or not. */
export function codesIn(specs: readonly FieldSpec[], path: readonly string[]): Codes | undefined {
  const [name, ...rest] = path;
  const below = rest.filter((segment) => !/^\d+$/.test(segment));
  for (const spec of specs) {
    if ('bits' in spec) {
      const bit = spec.bits.find((candidate) => candidate.name === name);
      if (bit !== undefined) return bit.codes;
    } else if ('switch' in spec && spec.name === undefined) {
      const found = [...Object.values(spec.cases), spec.otherwise].map((value) => codesOfCase(value, path));
      const codes = found.find((candidate) => candidate !== undefined);
      if (codes !== undefined) return codes;
    } else if (spec.name === name) {
      if ('list' in spec) return typeof spec.list === 'string' ? undefined : codesIn(spec.list, below);
      if ('tlv' in spec) return below[0] === 'type' ? spec.tlv.codes : undefined;
      return 'codes' in spec ? spec.codes : undefined;
    }
  }
  return undefined;
}

function codesOfCase(value: ValueSpec | undefined, path: readonly string[]): Codes | undefined {
  return Array.isArray(value) ? codesIn(value as readonly FieldSpec[], path) : undefined;
}
