import type { Observation } from '../../harness/record/observation';
import type { Parameters, Step, Template, TemplateMap } from '../../harness/suite/compiled';
import type { Override } from './data';

const layers = ['message', 'packet', 'frame'] as const;

/** The value of a reference; undefined for one that this does not know, as `$saved.x`. */
type Lookup = (reference: string) => Template | undefined;

/** What a step changes in an otherwise well-formed stimulus, with loop values and parameters put in. */
export function overridesOf(
  step: Step | undefined,
  { loop, eid }: Pick<Observation, 'loop' | 'eid'>,
  parameters: Parameters,
  name: string | undefined,
): Override[] {
  const own = (values: TemplateMap, key: string): Template | undefined =>
    Object.hasOwn(values, key) ? values[key] : undefined;
  return overridesIn(
    step,
    (reference) => {
      if (reference === '$parameters.eid') return eid;
      return reference.startsWith('$parameters.')
        ? own(parameters, reference.slice('$parameters.'.length))
        : own(loop, reference.slice(1));
    },
    name,
  );
}

function overridesIn(step: Step | undefined, lookup: Lookup, name: string | undefined): Override[] {
  if (step === undefined) return [];
  if (step.kind === 'request' || step.kind === 'send') return changes(step, lookup);
  if (step.kind !== 'packets') return [];
  const message = step.messages.find((candidate) => candidate.name === name);
  const own = step.packets.filter((packet) => packet.message === name);
  return [
    ...(message === undefined ? [] : changes(message, lookup)),
    ...own.flatMap((entry, place) => changes(entry, lookup).map((change) => ({ ...change, packet: place }))),
  ];
}

function changes(maps: { readonly [L in Override['layer']]?: unknown }, lookup: Lookup): Override[] {
  return layers.flatMap((layer) =>
    Object.entries(mapOf(maps[layer])).map(([field, value]) => ({ layer, field, change: say(filled(value, lookup)) })),
  );
}

/** Of a packet sent one by one, `message` is a name. */
function mapOf(value: unknown): TemplateMap {
  return typeof value === 'object' && value !== null ? (value as TemplateMap) : {};
}

function filled(value: Template, lookup: Lookup): Template {
  return typeof value === 'string' && value.startsWith('$') ? (lookup(value) ?? value) : value;
}

function say(value: Template): string {
  if (value === 'absent') return 'left out';
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const { xor, add } = value as { readonly xor?: Template; readonly add?: Template };
    if (xor !== undefined) return `xor ${number(xor)}`;
    if (add !== undefined) return `plus ${number(add)}`;
  }
  return number(value);
}

function number(value: Template): string {
  if (typeof value === 'number') return value > 9 ? `0x${value.toString(16).padStart(2, '0')}` : String(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
