import type { CommandSets } from '../codec/command';
import { findCommand } from '../codec/command';
import type { Walk } from '../judge/walk';
import { refersOutside } from '../judge/walk';
import type { Effect } from '../names';
import { lastingEffects } from '../names';
import type { Exchange, Observation } from '../record/observation';
import type { CompiledCase, WalkStep } from '../suite/compiled';
import type { Place } from './place';

/** What a case once walked over, and where its exchanges stand in the record. */
export interface TakenWalk {
  readonly exchanges: readonly Exchange[];
  readonly from: { readonly case: string; readonly step: number };
}

/**
 * Walks over what only changes with the device itself (`stable` in the command table): the cases that look for something
 * there take the walk that was made before, as long as nothing was done to the device since. A repository of a hundred
 * records takes seconds on a slow bus, and dozens of cases begin with it. Only walks without any fault are kept, and a case
 * that moves something takes none but as its first step.
 */
export class WalkMemory {
  private readonly known = new Map<string, TakenWalk>();
  private readonly sets: CommandSets;
  private readonly apart: boolean;

  /** `apart`: each case has a device of its own, all of them alike; what a case does to its own matters to no other. */
  constructor(sets: CommandSets, apart = false) {
    this.sets = sets;
    this.apart = apart;
  }

  take(kase: CompiledCase, step: WalkStep, place: Place, { request }: Walk): TakenWalk | undefined {
    const key = mayChange(kase) && !isFirst(place) ? undefined : this.keyOf(step, request);
    return key === undefined ? undefined : this.known.get(key);
  }

  /** Notes a walk that has just been made, with the fields of its first request. */
  keep(
    kase: CompiledCase,
    step: WalkStep,
    place: Place,
    first: Walk['request'],
    walk: Walk,
    exchanges: readonly Exchange[],
  ): void {
    const single = mayChange(kase) ? isFirst(place) : isSingle(place);
    const plain = exchanges.every(
      ({ response, attempts, also }) => response !== undefined && attempts + also.length === 1,
    );
    const key = single && plain && walk.fault === undefined ? this.keyOf(step, first) : undefined;
    if (key !== undefined) this.known.set(key, { exchanges, from: { case: kase.id, step: place.step } });
  }

  /** A case has ended: what it did to the device, or the device by itself, makes all walks worthless. */
  endCase(kase: CompiledCase, observations: readonly Observation[]): void {
    const unasked = observations.some(({ unsolicited }) => unsolicited.length > 0);
    if (!this.apart && (mayChange(kase) || unasked)) this.forget();
  }

  forget(): void {
    this.known.clear();
  }

  private keyOf({ command, parts, next }: WalkStep, first: Walk['request']): string | undefined {
    if (command === undefined || findCommand(this.sets, command)?.stable !== true) return undefined;
    const continued = JSON.stringify([parts, next]);
    return refersOutside(continued) ? undefined : JSON.stringify([command, first, continued]);
  }
}

/** What stays moved, and is told: the terminus locator of PLDM has the TID. EIDs are given back; who hears of events is not told. */
const told: readonly Effect[] = [...lastingEffects, 'tid'];

/** Whether the case may change what the device tells of itself. */
function mayChange({ effects, hazard, deviceRequests, steps }: CompiledCase): boolean {
  const hooked = steps.some((step) => (step.kind === 'request' || step.kind === 'send') && step.hook !== undefined);
  const lasting = effects.some((effect) => told.includes(effect));
  return lasting || hazard !== undefined || deviceRequests !== undefined || hooked;
}

/** Whether the place is named by its step alone. */
function isSingle({ within, loop }: Place): boolean {
  return within === undefined && Object.keys(loop).length === 0;
}

function isFirst(place: Place): boolean {
  return place.step === 1 && isSingle(place);
}
