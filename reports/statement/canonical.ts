import { createHash } from 'node:crypto';

/** A value as JSON knows it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The one way to write a value (RFC 8785): keys in order, no spaces. What is undefined is left out. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => canonical(entry ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as { readonly [name: string]: unknown })
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry)}`).join(',')}}`;
}

/** SHA-256 as lower-case hex. */
export function sha256(octets: string | Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** Places at which two values differ, as `conformance.unit.uuid`, at most `limit`. */
export function differences(left: unknown, right: unknown, path = '', limit = 20): readonly string[] {
  const isMap = (value: unknown): value is { readonly [name: string]: unknown } =>
    typeof value === 'object' && value !== null;
  if (!isMap(left) || !isMap(right) || Array.isArray(left) !== Array.isArray(right))
    return canonical(left ?? null) === canonical(right ?? null) ? [] : [path === '' ? 'all of it' : path];
  const found: string[] = [];
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (found.length >= limit) break;
    found.push(...differences(left[name], right[name], path === '' ? name : `${path}.${name}`, limit - found.length));
  }
  return found;
}
