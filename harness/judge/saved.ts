import type { CommandSets } from '../codec/command';
import type { Binding } from '../names';
import type { UnitFacts } from '../record/lines';
import type { Observation } from '../record/observation';
import { stepOf } from '../record/observation';
import type { Environment } from '../resolve';
import { resolve } from '../resolve';
import type { CompiledCase, SaveRule, Step, Template } from '../suite/compiled';
import { scaledValue } from './match';
import type { ViewMap, ViewValue } from './view';
import { valueAt, viewOf } from './view';
import { fits, selectedOf, walkOf, walkValues } from './walk';
import { plainEntry } from './walk-labels';

type Saved = { readonly [name: string]: Template };

/** What a step saves from what came: the values by name; a value that did not come is not saved. */
export function savedFrom(
  step: Step | undefined,
  observation: Pick<Observation, 'exchanges'>,
  env: Environment,
  commands: CommandSets,
  binding: Binding,
): Saved {
  if (step === undefined || !('save' in step) || Object.keys(step.save).length === 0) return {};
  const values = valuesOf(step, observation, env, commands, binding);
  if (values === undefined) return {};
  const out: { [name: string]: Template } = {};
  for (const [name, rule] of Object.entries(step.save)) {
    const value = typeof rule === 'string' ? valueAt(values, rule) : ruled(rule, values, { ...env, answer: values });
    if (value !== undefined) out[name] = plainEntry(value);
  }
  return out;
}

function valuesOf(
  step: Extract<Step, { readonly save: unknown }>,
  { exchanges }: Pick<Observation, 'exchanges'>,
  env: Environment,
  commands: CommandSets,
  binding: Binding,
): ViewMap | undefined {
  if (step.kind === 'walk') {
    const walk = walkOf(step, exchanges, env, commands, binding);
    return walkValues(walk, selectedOf(walk, step, env));
  }
  const exchange = exchanges[0];
  return exchange?.response === undefined ? undefined : viewOf(exchange, exchange.response, commands, binding).values;
}

function ruled({ from, where, take, scaled }: SaveRule, values: ViewMap, env: Environment): ViewValue {
  const found = valueAt(values, from);
  const list: readonly ViewValue[] = Array.isArray(found) ? found : [];
  const chosen = where === undefined ? found : list.find((entry) => fits(entry, where, env));
  const value = chosen === undefined ? undefined : valueAt(chosen, take ?? '');
  return scaled === undefined ? value : scaledValue(value, resolve(scaled, env));
}

/** Saved values of these names say who the unit is: printable text, else they say nothing. */
const unitNames = {
  unitManufacturer: 'manufacturer',
  unitModel: 'model',
  unitPartNumber: 'partNumber',
  unitSerialNumber: 'serialNumber',
  unitFirmware: 'firmware',
} as const;

export function unitFactsIn(saved: Saved): UnitFacts {
  const facts: { [name: string]: string } = {};
  for (const [name, fact] of Object.entries(unitNames)) {
    const value = saved[name];
    const text = typeof value === 'string' ? value.replaceAll('\0', ' ').trim() : '';
    if (/^[\x20-\x7e]{1,255}$/.test(text)) facts[fact] = text;
  }
  return facts;
}

/** What references stand for at an observation, but for what was saved before it. */
export type EnvironmentOf = (observation: Observation, saved: Saved) => Environment;

/** The saved values as they stood when an observation was made: those of earlier steps of the same iterations. */
export function savedOf(
  kase: CompiledCase,
  observations: readonly Observation[],
  context: { readonly commands: CommandSets; readonly binding: Binding },
  environmentOf: EnvironmentOf,
): (observation: Observation) => Saved {
  if (!kase.steps.some(saves)) return () => ({});
  const own = new Map<Observation, Saved>();
  const before = (observation: Observation): Saved => {
    let saved: Saved = {};
    for (const earlier of observations) {
      if (earlier === observation) break;
      if (sameLoop(earlier.loop, observation.loop) && surrounds(earlier, observation)) {
        saved = { ...saved, ...fromOne(earlier) };
      }
    }
    return saved;
  };
  const fromOne = (observation: Observation): Saved => {
    const known = own.get(observation);
    if (known !== undefined) return known;
    const step = stepOf(kase, observation);
    const made =
      step === undefined || !('save' in step) || Object.keys(step.save).length === 0
        ? {}
        : savedFrom(
            step,
            observation,
            environmentOf(observation, before(observation)),
            context.commands,
            context.binding,
          );
    own.set(observation, made);
    return made;
  };
  return before;
}

function saves(step: Step): boolean {
  if (step.kind === 'walk' && step.steps.some(saves)) return true;
  return 'save' in step && Object.keys(step.save).length > 0;
}

/** Whether what the first one saved is known to the second: it was made around it, or in the same iteration. */
function surrounds(outer: Observation, inner: Observation): boolean {
  const { within } = outer;
  if (within === undefined) return true;
  const depth = within.indexes.length;
  if (outer.step !== inner.step || inner.within === undefined || inner.within.indexes.length < depth) return false;
  const { indexes, steps } = inner.within;
  const sameWalks = within.steps.slice(0, depth - 1).every((step, at) => step === steps[at]);
  return sameWalks && within.indexes.every((index, at) => index === indexes[at]);
}

export function sameLoop(left: Observation['loop'], right: Observation['loop']): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
