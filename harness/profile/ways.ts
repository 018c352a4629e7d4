import type { CompiledCase, CompiledSuite, TemplateMap } from '../suite/compiled';

/** Whether `id` is `prefix`, one of its instances, or one of its segments follows. */
export function isBelow(id: string, prefix: string): boolean {
  return id === prefix || id.startsWith(`${prefix}/`) || id.startsWith(`${prefix}@`);
}

/** Cases that a prefix means. */
export function casesBelow(prefix: string, suites: readonly CompiledSuite[]): readonly CompiledCase[] {
  return suites.flatMap(({ cases }) => cases.filter(({ id }) => isBelow(id, prefix)));
}

/** The names after `$with.` that a capability may give other values. */
export function withNames(entry: CompiledCase): readonly string[] {
  return Object.keys(entry.with ?? {});
}

/** Code names of the fields in which `$with.NAME` is used. */
export function withCodes(entry: CompiledCase, name: string): { readonly [code: string]: number } | undefined {
  return entry.withCodes?.[name];
}

/** A case with values of its own, under a name of its own: `pldm/numeric-sensor/1@NIC.TEMP.ASIC`. */
export function instance(
  entry: CompiledCase,
  values: TemplateMap,
  name: string,
  { id, title }: { readonly id: string | undefined; readonly title: string },
): CompiledCase {
  const own = withNames(entry).flatMap((key) => (Object.hasOwn(values, key) ? [[key, values[key]] as const] : []));
  const filled = own.length === 0 ? {} : { with: { ...entry.with, ...Object.fromEntries(own) } as TemplateMap };
  // What it checks is the capability: a clause that is not confirmed would only warn.
  const requirements = id === undefined ? entry.requirements : [id, ...entry.requirements];
  return { ...entry, ...filled, requirements, id: `${entry.id}@${name}`, title: `${entry.title} (${title})` };
}

/** The id of the case in its suite, where `id` may be an instance's. */
export function baseId(id: string): string {
  return id.split('@')[0] ?? id;
}
