import { CertifyError } from './errors';
import type { CapabilityLevel, Effect, HookName, Tier } from './names';
import { reaches, volatileEffects } from './names';
import { expectedTime } from './plan/bus-time';
import { longestPacket } from './plan/packet-length';
import { waysOf } from './plan/ways';
import type { Overlay, TierLimit } from './profile/capability';
import { describeClaims, evaluateClaims } from './profile/claim-evaluate';
import { parseClaimExpression } from './profile/claim-expression';
import { claimValue } from './profile/claims';
import { isBelow, withNames } from './profile/ways';
import type { PlannedCase, Scope } from './record/lines';
import type { Program } from './record/program';
import type { Claims, CompiledCase, CompiledProfile, CompiledSuite, Library, Parameters, Step } from './suite/compiled';
import { nearest } from './suite/problem';

export interface PlanInput {
  readonly profile: CompiledProfile;
  readonly library: Pick<Library, 'suites'> & Partial<Pick<Library, 'capabilities' | 'commands'>>;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly scope: Scope;
  /** Ids of suites or cases, or their first segments; empty: everything. */
  readonly select?: readonly string[];
  /** The level that the user demands; ways to higher ones are left out. */
  readonly level?: CapabilityLevel | undefined;
  readonly tier?: Tier | undefined;
  readonly overlays?: readonly Overlay[];
}

export interface Plan {
  readonly planned: readonly PlannedCase[];
  readonly program: Program;
}

/** As `planProgram`, the cases alone. */
export function planRun(input: PlanInput): readonly PlannedCase[] {
  return planProgram(input).planned;
}

/**
 * Every case of the profile in the order in which it will run, each with what is decided about it: cases that may hang
 * or reset the device come last. Throws EMPTY_SELECTION where a selection matches nothing.
 */
export function planProgram(input: PlanInput): Plan {
  const { profile, library, claims, level, tier } = input;
  const own = suitesOf(profile, library.suites).flatMap((suite) => suite.cases);
  const ways = waysOf(profile, library.suites, own, claims, library.capabilities ?? {}, level);
  // Where capabilities say which sensors matter, a case with parameters does not judge those of its examples.
  const plain = own.filter((entry) => profile.capabilities === undefined || withNames(entry).length === 0);
  const serves = new Map(ways.cases.map((entry) => [entry.case.id, entry.serves]));
  const all = [...plain, ...ways.cases.map((entry) => entry.case)].filter(
    (entry) => profile.readOnly !== true || isReadOnly(entry),
  );
  const served = (id: string): readonly string[] =>
    ways.capabilities.flatMap((each) => (each.ways.some(({ cases }) => cases.includes(id)) ? [each.id] : []));
  const selected = select(all, input.select ?? [], profile.id, served);
  const limit = limitOf(profile, tier);
  const kept = limit === undefined ? selected : selected.filter((entry) => isWithin(entry, limit, input));
  if (kept.length === 0 && limit !== undefined)
    throw new CertifyError('EMPTY_SELECTION', `the tier ${tier} leaves no case of what is selected`, { tier });
  const planned = kept.map((entry): PlannedCase => {
    const decided = decide(entry, input);
    const capabilities = serves.get(entry.id);
    return capabilities === undefined ? decided : { ...decided, serves: capabilities };
  });
  const demands = level ?? profile.level;
  return {
    planned: [...planned].sort((a, b) => turn(a.case) - turn(b.case)),
    program: {
      capabilities: ways.capabilities,
      ...(demands === undefined ? {} : { demands: { level: demands, by: level === undefined ? 'profile' : 'user' } }),
      ...(tier === undefined ? {} : { tier }),
      overlays: input.overlays ?? [],
      ...(profile.readOnly === true ? { keepsTo: 'messages' } : {}),
    },
  };
}

/** Who may take the device away comes late; who may leave it unable to assemble, after all that needs assembly. */
function turn({ hazard, effects }: CompiledCase): number {
  if (effects.includes('assembly-exhaustion')) return 2;
  return hazard === undefined ? 0 : 1;
}

/** What a tier leaves; undefined: everything. */
function limitOf(profile: CompiledProfile, tier: Tier | undefined): TierLimit | undefined {
  if (tier === undefined || tier === 'full') return undefined;
  const limit = profile.tiers?.[tier];
  if (limit !== undefined) return limit;
  throw new CertifyError('USAGE', `the profile ${profile.id} has no tier ${tier}: it says so under "tiers"`, { tier });
}

function isWithin(entry: CompiledCase, { cases, longest }: TierLimit, input: PlanInput): boolean {
  if (cases !== undefined && !cases.some((prefix) => isBelow(entry.id, prefix))) return false;
  return longest === undefined || expectedTime(entry, input) <= longest;
}

/** Well-formed requests that move nothing, which a BMC stack may see beside its own. */
function isReadOnly(entry: CompiledCase): boolean {
  const { needs, effects, hazard, steps, deviceRequests } = entry;
  if (needs.plane !== 'messages' || needs.refusal === true || effects.length > 0) return false;
  if (hazard !== undefined || deviceRequests !== undefined) return false;
  return steps.every(isReadOnlyStep);
}

/**
 * They leave nothing behind, and whoever uses the device at the same time feels them still: SPDM's GET_VERSION ends what
 * another requester had agreed, a paused or aborted slot of NVMe-MI may be another's.
 */
const isFelt = /^spdm\/|^nvme-mi\/(pause|resume|abort|replay|configurationSet)$/;

function isReadOnlyStep(step: Step): boolean {
  if (step.kind === 'send' || step.kind === 'packets' || step.kind === 'explore') return false;
  if (step.kind === 'walk') return step.steps.every(isReadOnlyStep);
  return step.kind !== 'request' || (step.hook === undefined && !isFelt.test(step.command));
}

/** The suites of a profile, in its order, each once. */
export function suitesOf(profile: CompiledProfile, suites: readonly CompiledSuite[]): readonly CompiledSuite[] {
  return [...new Set(profile.suites.flatMap((id) => suites.filter((suite) => isBelow(suite.id, id))))];
}

function select(
  cases: readonly CompiledCase[],
  selections: readonly string[],
  profile: string,
  served: (id: string) => readonly string[],
): readonly CompiledCase[] {
  const wanted = selections.map((text) => text.replace(/\/+$/, ''));
  const isSelected = (id: string, selection: string): boolean =>
    isBelow(id, selection) || served(id).some((name) => name === selection || name.startsWith(`${selection}.`));
  for (const selection of wanted) {
    if (selection !== '' && cases.some(({ id }) => isSelected(id, selection))) continue;
    const ids = new Set(cases.flatMap(({ id }) => prefixesOf(id)));
    const near = nearest(selection, ids);
    const hint = near.length === 0 ? '' : `; near: ${near.join(', ')}`;
    const message = `no case of the profile ${profile} is selected by ${JSON.stringify(selection)}${hint}`;
    throw new CertifyError('EMPTY_SELECTION', message, { selection, near });
  }
  return wanted.length === 0 ? cases : cases.filter(({ id }) => wanted.some((selection) => isSelected(id, selection)));
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
  for (const hook of hooksOf(entry)) {
    if (scope.hooks?.includes(hook) !== true) needs.push(`needs the hook ${hook} of a device file`);
  }
  for (const effect of entry.effects) {
    if (!scope.effects.includes(effect)) needs.push(permissionFor(effect, scope.exclusive));
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
  // Values that are not given are said above.
  const most = needs.length > 0 ? undefined : scope.packetUnit;
  const longest = most === undefined ? 0 : longestPacket(entry, parameters, claims);
  if (most !== undefined && longest > most)
    needs.push(`needs packets of ${longest} octets, and the interface takes ${most} (its mtu)`);
  return needs;
}

/** What the case has done to the device from outside. */
function hooksOf({ steps }: CompiledCase): readonly HookName[] {
  return steps.flatMap((step) => (step.kind === 'request' && step.hook !== undefined ? [step.hook] : []));
}

function isGiven(parameters: Parameters, name: string): boolean {
  return Object.hasOwn(parameters, name) && parameters[name] !== null;
}

function permissionFor(effect: Effect, exclusive: boolean): string {
  if (effect === 'nc-si-initial-state' && exclusive)
    return 'needs --allow nc-si-initial-state: a network interface beside the device reaches its card by NC-SI, and is cut off if that card is the device';
  const volatile = (volatileEffects as readonly string[]).includes(effect);
  return volatile ? `needs --exclusive, for it moves: ${effect}` : `needs --allow ${effect}`;
}

const REFERENCE = /"(\$(?:parameters|claims)\.[^"]+)"/g;

/** Parameters and claims without which the case cannot be formed, each once. */
function referencesOf(entry: CompiledCase): readonly string[] {
  const text = JSON.stringify([entry.loops, entry.steps, entry.answers]);
  return [...new Set([...text.matchAll(REFERENCE)].map((match) => match[1] ?? ''))];
}
