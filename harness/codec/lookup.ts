import type { FieldValue, FieldValues } from './field-spec';

/** Values that a field can look at: those of its own structure, then of the structures around it. */
export interface Scope {
  readonly values: FieldValues;
  readonly outer?: Scope | undefined;
}

/** `request.x` is the field of the request that a response answers: it stands under that whole name. */
export function lookUp(scope: Scope | undefined, name: string): FieldValue | undefined {
  for (let here = scope; here !== undefined; here = here.outer) {
    if (Object.hasOwn(here.values, name)) return here.values[name];
  }
  return undefined;
}

/** Absurd values of 64 bits become large numbers, for which the octets are missing in any case. */
export function numberIn(scope: Scope, name: string): number {
  const value = lookUp(scope, name);
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : 0;
}
