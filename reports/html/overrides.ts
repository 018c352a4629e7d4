import type { Observation } from '../../harness/record/observation';
import type { Parameters, Step, Template, TemplateMap } from '../../harness/suite/compiled';
import type { Override } from './data';

const layers = ['message', 'packet', 'frame'] as const;

type Values = { readonly [reference: string]: Template };

/** What a step changes in an otherwise well-formed stimulus, with loop values and parameters put in. */
export function overridesOf(
  step: Step | undefined,
  { loop, eid }: Pick<Observation, 'loop' | 'eid'>,
  parameters: Parameters,
  name: string | undefined,
): Override[] {
  const named = Object.entries({ ...parameters, eid }).map(([key, value]) => [`$parameters.${key}`, value] as const);
  const looped = Object.entries(loop).map(([key, value]) => [`$${key}`, value] as const);
  return overridesIn(step, Object.fromEntries([...named, ...looped]), name);
}

function overridesIn(step: Step | undefined, values: Values, name: string | undefined): Override[] {
  if (step === undefined) return [];
  if (step.kind === 'request' || step.kind === 'send') return changes(step, values);
  if (step.kind !== 'packets') return [];
  const message = step.messages.find((candidate) => candidate.name === name);
  const own = step.packets.filter((packet) => packet.message === name);
  return [
    ...(message === undefined ? [] : changes(message, values)),
    ...own.flatMap((entry, place) => changes(entry, values).map((change) => ({ ...change, packet: place }))),
  ];
}

function changes(maps: { readonly [L in Override['layer']]?: unknown }, values: Values): Override[] {
  return layers.flatMap((layer) =>
    Object.entries(mapOf(maps[layer])).map(([field, value]) => ({ layer, field, change: say(filled(value, values)) })),
  );
}

/** Of a packet sent one by one, `message` is a name. */
function mapOf(value: unknown): TemplateMap {
  return typeof value === 'object' && value !== null ? (value as TemplateMap) : {};
}

function filled(value: Template, values: Values): Template {
  return typeof value === 'string' && Object.hasOwn(values, value) ? (values[value] ?? value) : value;
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
