import { CertifyError } from './errors';
import type { Effect } from './names';
import { reaches, volatileEffects } from './names';
import { describeClaims, evaluateClaims } from './profile/claim-evaluate';
import { parseClaimExpression } from './profile/claim-expression';
import { claimValue } from './profile/claims';
import type { PlannedCase, Scope } from './record/lines';
import type { Claims, CompiledCase, CompiledProfile, CompiledSuite, Library, Parameters } from './suite/compiled';
import { nearest } from './suite/problem';

export interface PlanInput {
  readonly profile: CompiledProfile;
  readonly library: Pick<Library, 'suites'>;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly scope: Scope;
  /** Ids of suites or cases, or their first segments; empty: everything. */
  readonly select?: readonly string[];
}

/**
 * Every case of the profile in the order in which it will run, each with what is decided about it: cases that may hang
 * or reset the device come last. Throws EMPTY_SELECTION where a selection matches nothing.
 */
export function planRun(input: PlanInput): readonly PlannedCase[] {
  const cases = suitesOf(input.profile, input.library.suites).flatMap((suite) => suite.cases);
  const selected = select(cases, input.select ?? [], input.profile.id);
  const planned = selected.map((entry) => decide(entry, input));
  const hazardous = (entry: PlannedCase): boolean => entry.case.hazard !== undefined;
  return [...planned.filter((entry) => !hazardous(entry)), ...planned.filter(hazardous)];
}

/** The suites of a profile, in its order, each once. */
export function suitesOf(profile: CompiledProfile, suites: readonly CompiledSuite[]): readonly CompiledSuite[] {
  return [...new Set(profile.suites.flatMap((id) => suites.filter((suite) => isBelow(suite.id, id))))];
}

/** Whether `id` is `prefix` or one of its segments follows. */
function isBelow(id: string, prefix: string): boolean {
  return id === prefix || id.startsWith(`${prefix}/`);
}

function select(
  cases: readonly CompiledCase[],
  selections: readonly string[],
  profile: string,
): readonly CompiledCase[] {
  const wanted = selections.map((text) => text.replace(/\/+$/, ''));
  for (const selection of wanted) {
    if (selection !== '' && cases.some(({ id }) => isBelow(id, selection))) continue;
    const ids = new Set(cases.flatMap(({ id }) => prefixesOf(id)));
    const near = nearest(selection, ids);
    const hint = near.length === 0 ? '' : `; near: ${near.join(', ')}`;
    const message = `no case of the profile ${profile} is selected by ${JSON.stringify(selection)}${hint}`;
    throw new CertifyError('EMPTY_SELECTION', message, { selection, near });
  }
  return wanted.length === 0 ? cases : cases.filter(({ id }) => wanted.some((selection) => isBelow(id, selection)));
}

function prefixesOf(id: string): readonly string[] {
  const segments = id.split('/');
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

function decide(entry: CompiledCase, input: PlanInput): PlannedCase {
  const { scope, claims } = input;
  if (!entry.bindings.includes(scope.binding)) {
    const reason = `holds for ${entry.bindings.join(' and ')}, and this is ${scope.binding}`;
    return { decision: 'unreachable', case: entry, reason };
  }
  const inapplicable = notApplicable(entry, claims);
  if (inapplicable !== undefined) return { decision: 'not-applicable', case: entry, reason: inapplicable };
  const needs = missing(entry, input);
  if (needs.length > 0) return { decision: 'unreachable', case: entry, reason: needs.join('; ') };
  return { decision: 'run', case: entry };
}

/** Why the device does not have to satisfy the case; an open claim is no reason. */
function notApplicable(entry: CompiledCase, claims: Claims): string | undefined {
  if (entry.when !== undefined) {
    const parsed = parseClaimExpression(entry.when);
    if (!parsed.ok) throw new CertifyError('INTERNAL', `${entry.id}: ${parsed.message}`, { when: entry.when });
    if (evaluateClaims(parsed.expression, claims) === false) {
      return `holds when ${entry.when}; ${describeClaims(parsed.expression, claims)}`;
    }
  }
  for (const { name, values } of entry.loops) {
    if (typeof values !== 'string' || !values.startsWith('$claims.')) continue;
    const claim = values.slice('$claims.'.length);
    const list = claimValue(claims, claim);
    if (Array.isArray(list) && list.length === 0) return `goes through ${claim} with $${name}; ${claim} is empty`;
  }
  return undefined;
}

/** All that stands between this run and the case. */
function missing(entry: CompiledCase, { scope, claims, parameters }: PlanInput): readonly string[] {
  const needs: string[] = [];
  const { plane, acknowledge, refusal } = entry.needs;
  if (!reaches(scope.plane, plane)) needs.push(`needs ${plane}, and this transport reaches ${scope.plane}`);
  if (acknowledge && !scope.acknowledge) needs.push('needs a transport that tells an acknowledge from none');
  if (refusal === true && scope.refusal !== true) needs.push('needs a transport that can refuse a frame of the device');
  if (plane !== 'messages' && scope.hops > 0) {
    const bridges = scope.hops === 1 ? 'an MCTP bridge stands' : `${scope.hops} MCTP bridges stand`;
    needs.push(`needs the device's own packets, and ${bridges} before it (parameters.hops)`);
  }
  for (const effect of entry.effects) {
    if (!scope.effects.includes(effect)) needs.push(permissionFor(effect));
    else if (effect === 'eid' && scope.owner === 'other') {
      needs.push('moves the EID, and another bus owner gives it (parameters.owner)');
    }
  }
  for (const reference of referencesOf(entry)) {
    const [head = '', ...path] = reference.slice(1).split('.');
    const name = path[0] ?? '';
    if (head === 'parameters' && name !== 'eid' && !isGiven(parameters, name)) needs.push(`needs parameters.${name}`);
    if (head === 'claims' && claimValue(claims, path.slice(0, 2).join('.')) === undefined) {
      needs.push(`needs the claim ${path.join('.')}, which is open`);
    }
  }
  return needs;
}

function isGiven(parameters: Parameters, name: string): boolean {
  return Object.hasOwn(parameters, name) && parameters[name] !== null;
}

function permissionFor(effect: Effect): string {
  const volatile = (volatileEffects as readonly string[]).includes(effect);
  return volatile ? `needs --exclusive, for it moves: ${effect}` : `needs --allow ${effect}`;
}

const REFERENCE = /"(\$(?:parameters|claims)\.[^"]+)"/g;

/** Parameters and claims without which the case cannot be formed, each once. */
function referencesOf(entry: CompiledCase): readonly string[] {
  const text = JSON.stringify([entry.loops, entry.steps]);
  return [...new Set([...text.matchAll(REFERENCE)].map((match) => match[1] ?? ''))];
}
