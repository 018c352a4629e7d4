import type { Observation } from '../../harness/record/observation';
import type { Step, Template, TemplateMap } from '../../harness/suite/compiled';
import type { Override } from './data';

const layers = ['message', 'packet', 'frame'] as const;

/** What a step changes in an otherwise well-formed stimulus, with its loop values put in. */
export function overridesOf(step: Step | undefined, loop: Observation['loop'], name: string | undefined): Override[] {
  if (step === undefined) return [];
  if (step.kind === 'request' || step.kind === 'send') return changes(step, loop);
  if (step.kind !== 'packets') return [];
  const message = step.messages.find((candidate) => candidate.name === name);
  const own = step.packets.filter((packet) => packet.message === name);
  return [
    ...(message === undefined ? [] : changes(message, loop)),
    ...own.flatMap(({ part, packet, frame }) =>
      changes({ packet, frame }, loop).map((entry) => ({ ...entry, change: `${entry.change} in part ${part}` })),
    ),
  ];
}

function changes(maps: { readonly [L in Override['layer']]?: TemplateMap }, loop: Observation['loop']): Override[] {
  return layers.flatMap((layer) =>
    Object.entries(maps[layer] ?? {}).map(([field, value]) => ({ layer, field, change: say(filled(value, loop)) })),
  );
}

function filled(value: Template, loop: Observation['loop']): Template {
  if (typeof value === 'string' && value.startsWith('$')) {
    const name = value.slice(1);
    return Object.hasOwn(loop, name) ? (loop[name] ?? value) : value;
  }
  return value;
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
