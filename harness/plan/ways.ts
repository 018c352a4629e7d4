import type { CapabilityLevel } from '../names';
import { capabilityLevels } from '../names';
import type { Capability } from '../profile/capability';
import { describeClaims, evaluateClaims } from '../profile/claim-evaluate';
import { parseClaimExpression } from '../profile/claim-expression';
import { casesBelow, instance, withNames } from '../profile/ways';
import type { PlannedCapability, PlannedWay } from '../record/program';
import type { Claims, CompiledCase, CompiledProfile, CompiledSuite, Library } from '../suite/compiled';

/** Cases that a profile's capabilities add to its suites, and the capabilities with the cases that decide them. */
export interface Ways {
  readonly cases: readonly { readonly case: CompiledCase; readonly serves: readonly string[] }[];
  readonly capabilities: readonly PlannedCapability[];
}

interface Added {
  readonly case: CompiledCase;
  readonly serves: Set<string>;
  readonly levels: CapabilityLevel[];
}

const rankOf = (level: CapabilityLevel): number => capabilityLevels.indexOf(level);

/** `own`: the cases of the profile's suites, which count by themselves. `most`: ways to higher levels are left out. */
export function waysOf(
  profile: CompiledProfile,
  suites: readonly CompiledSuite[],
  own: readonly CompiledCase[],
  claims: Claims,
  catalogue: Library['capabilities'],
  most: CapabilityLevel | undefined,
): Ways {
  const ids = new Set(own.map(({ id }) => id));
  const added = new Map<string, Added>();
  const add = (entry: CompiledCase, capability: Capability): void => {
    const known = added.get(entry.id) ?? { case: entry, serves: new Set<string>(), levels: [] };
    known.serves.add(capability.id);
    known.levels.push(capability.level);
    added.set(entry.id, known);
  };
  const planWay = (capability: Capability, index: number): PlannedWay => {
    const way = capability.any[index] as Capability['any'][number];
    const known = Object.hasOwn(catalogue, capability.id) ? capability.id : undefined;
    const found = way.cases.flatMap((prefix) => casesBelow(prefix, suites));
    const cases = [...new Set(found)].map((entry) => {
      const named = withNames(entry).length > 0;
      if (!named && ids.has(entry.id)) return entry.id;
      const name = `${capability.id}${index === 0 ? '' : `:${index + 1}`}`;
      const own = named ? instance(entry, way.with ?? {}, name, { id: known, title: capability.title }) : entry;
      add(own, capability);
      return own.id;
    });
    return { rank: way.rank, cases, ...(way.note === undefined ? {} : { note: way.note }) };
  };
  const capabilities = (profile.capabilities ?? []).map((capability): PlannedCapability => {
    const { id, title, level, need, untested } = capability;
    const condition = conditionOf(capability, claims);
    return {
      id,
      title,
      level,
      need,
      ...(condition === undefined ? {} : { condition }),
      ways: capability.any.map((_, index) => planWay(capability, index)),
      ...(untested === undefined ? {} : { untested }),
      differs: Object.hasOwn(catalogue, id) ? (catalogue[id]?.differs ?? []) : [],
    };
  });
  const within = ({ levels }: Added): boolean =>
    most === undefined || levels.some((level) => rankOf(level) <= rankOf(most));
  return {
    cases: [...added.values()].filter(within).map((entry) => ({ case: entry.case, serves: [...entry.serves] })),
    capabilities,
  };
}

function conditionOf({ when }: Capability, claims: Claims): PlannedCapability['condition'] {
  if (when === undefined) return undefined;
  const parsed = parseClaimExpression(when);
  if (!parsed.ok) return { text: when, holds: true };
  const text = `holds when ${when}; ${describeClaims(parsed.expression, claims)}`;
  return { text, holds: evaluateClaims(parsed.expression, claims) !== false };
}
