import type { CommandSets } from '../codec/command';
import type { JudgeContext } from '../judge/judge';
import type { Effect, HookName } from '../names';
import { lastingEffects, volatileEffects } from '../names';
import type { RecordSink, Scope } from '../record/lines';
import type { Arrival } from '../requester/gather';
import type { Claims, Parameters, Requirements } from '../suite/compiled';
import type { Hooks, Transport } from '../transport/transport';
import { Run } from './runner';
import type { WalkMemory } from './walk-memory';

/** What a scope is read from: a transport, or what one of its kind would be. */
export type Reach = Pick<
  Transport,
  'binding' | 'plane' | 'acknowledges' | 'disposable' | 'unit' | 'refuse' | 'hooks' | 'ncsiInterfaces' | 'mux'
>;

/** What the user allows; an emulated device allows everything. */
export interface Permissions {
  readonly exclusive: boolean;
  readonly allow: readonly Effect[];
  /** The profile moves nothing: not even of an emulated device. */
  readonly readOnly?: boolean;
  /** The user's own commands, by name; else what the way to the device can do. */
  readonly hooks?: readonly HookName[];
}

export function scopeOf(transport: Reach, parameters: Parameters, permissions: Permissions): Scope {
  const free = transport.disposable && permissions.readOnly !== true;
  const exclusive = permissions.exclusive || free;
  const hooks = permissions.readOnly === true ? [] : (permissions.hooks ?? transport.hooks?.names ?? []);
  // What is sent below the messages plane keeps no mux on its channel: only who uses all of it alone hears every answer.
  const messagesOnly = permissions.readOnly === true || (transport.mux !== undefined && !exclusive);
  const lasting = free ? lastingEffects : lastingEffects.filter((effect) => permissions.allow.includes(effect));
  // Where our own way may lead over the card, its user has to say that it does not.
  const cutsOff = (transport.ncsiInterfaces ?? []).length > 0 && !permissions.allow.includes('nc-si-initial-state');
  const volatile = exclusive ? volatileEffects.filter((name) => name !== 'nc-si-initial-state' || !cutsOff) : [];
  return {
    binding: transport.binding,
    plane: messagesOnly ? 'messages' : transport.plane,
    acknowledge: transport.acknowledges,
    ...(transport.refuse === undefined ? {} : { refusal: true }),
    ...(transport.unit === undefined || transport.plane !== 'packets' ? {} : { packetUnit: transport.unit }),
    exclusive,
    effects: [...volatile, ...lasting],
    ...(hooks.length === 0 ? {} : { hooks }),
    hops: number(parameters, 'hops'),
    owner: parameters.owner === 'other' ? 'other' : 'self',
  };
}

function number(parameters: Parameters, name: string): number {
  const value = parameters[name];
  return typeof value === 'number' ? value : 0;
}

export interface SessionInput {
  readonly transport: Transport;
  readonly sink: RecordSink;
  readonly commands: CommandSets;
  readonly requirements: Requirements;
  readonly parameters: Parameters;
  readonly claims: Claims;
  readonly scope: Scope;
  readonly strict: boolean;
  readonly thorough: boolean;
  /** From which generated stimuli are made; the same seed makes the same. */
  readonly seed?: number;
  /** The user's own commands; else what the way to the device can do. */
  readonly hooks?: Hooks | undefined;
  /** Instead of the usual patience with a stuck case. */
  readonly watchdogMs?: number;
  /** Stands between what arrives and all that looks at it. */
  readonly watch?: ((arrival: Arrival) => Arrival) | undefined;
  /** Walks that were made before this run; none: it begins with none. */
  readonly walks?: WalkMemory | undefined;
}

/** Wall-clock bound for one case: virtual time needs none of it, a slow bus with many loops a good deal. */
const WATCHDOG_MS = { disposable: 30_000, real: 300_000 } as const;

export function openRun(input: SessionInput): Run {
  const { transport, sink, commands, requirements, parameters, claims, scope, strict, thorough } = input;
  const { binding } = scope;
  const queued = scope.plane !== 'frames';
  const judge: JudgeContext = { requirements, commands, parameters, claims, binding, strict, queued };
  const value = (name: string): number => number(parameters, name);
  return new Run({
    transport,
    sink,
    judge,
    requester: {
      ownEid: value('ownEid'),
      unit: value('transmissionUnit'),
      responseTimeout: value('responseTimeout'),
      silenceWindow: value('silenceWindow'),
      instanceIdExpiry: value('instanceIdExpiry'),
      requestRetries: value('requestRetries'),
      answersAsOwner: scope.owner === 'self',
      thorough,
    },
    device: {
      assignedEid: value('assignedEid'),
      mayMoveEid: scope.effects.includes('eid') && scope.owner === 'self',
      physicalAddress: value('address'),
    },
    seed: input.seed ?? 1,
    watch: input.watch,
    walks: input.walks,
    hooks: input.hooks ?? transport.hooks,
    readyTime: value('readyTime'),
    mayInitialise: scope.effects.includes('nc-si-initial-state'),
    addresses: {
      address: value('address'),
      ownAddress: value('ownAddress'),
      freeAddress: parameters.freeAddress === undefined ? undefined : value('freeAddress'),
    },
    watchdogMs: input.watchdogMs ?? (transport.disposable ? WATCHDOG_MS.disposable : WATCHDOG_MS.real),
  });
}
