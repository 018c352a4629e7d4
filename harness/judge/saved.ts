import type { CommandSets } from '../codec/command';
import type { Binding } from '../names';
import type { Exchange, Observation } from '../record/observation';
import type { CompiledCase, Step, Template } from '../suite/compiled';
import { valueAt, viewOf } from './view';

type Saved = { readonly [name: string]: Template };

/** What a step saves from its answer: the values by name; a value that did not come is not saved. */
export function savedFrom(
  step: Step | undefined,
  exchange: Exchange | undefined,
  commands: CommandSets,
  binding: Binding,
): Saved {
  if (step === undefined || (step.kind !== 'request' && step.kind !== 'send')) return {};
  if (exchange?.response === undefined || Object.keys(step.save).length === 0) return {};
  const view = viewOf(exchange, exchange.response, commands, binding);
  const out: { [name: string]: Template } = {};
  for (const [name, path] of Object.entries(step.save)) {
    const value = valueAt(view.values, path);
    if (value !== undefined) out[name] = (typeof value === 'bigint' ? value.toString() : value) as Template;
  }
  return out;
}

/** The saved values as they stood when an observation was made: those of earlier steps of the same loop iteration. */
export function savedOf(
  kase: CompiledCase,
  observations: readonly Observation[],
  context: { readonly commands: CommandSets; readonly binding: Binding },
): (observation: Observation) => Saved {
  if (!kase.steps.some((step) => 'save' in step && Object.keys(step.save).length > 0)) return () => ({});
  return (observation) => {
    let saved: Saved = {};
    for (const earlier of observations) {
      if (earlier === observation) break;
      if (earlier.loop !== observation.loop && JSON.stringify(earlier.loop) !== JSON.stringify(observation.loop))
        continue;
      const step = kase.steps[earlier.step - 1];
      saved = { ...saved, ...savedFrom(step, earlier.exchanges[0], context.commands, context.binding) };
    }
    return saved;
  };
}
