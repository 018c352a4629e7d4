/** What a test does to one field of an otherwise correct structure: set it, change what would have been sent, or leave it out. */
export type Override = number | { readonly xor: number } | { readonly add: number } | 'absent';

/** The overridden value; undefined where the field is left out. Callers cut it to the width of the field. */
export function applyOverride(value: number, override: Override | undefined): number | undefined {
  if (override === undefined) return value;
  if (override === 'absent') return undefined;
  if (typeof override === 'number') return override;
  return 'xor' in override ? value ^ override.xor : value + override.add;
}
