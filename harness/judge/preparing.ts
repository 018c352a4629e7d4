import type { CompiledCase, Step } from '../suite/compiled';

interface Placed {
  /** As in the ids of its checks: `2`, or `2.1` within a walk. */
  readonly place: string;
  readonly saves: readonly string[];
  readonly uses: ReadonlySet<string>;
}

/** Places of the steps that only prepare a case: what they save is what a later step of it works with. */
export function preparingPlaces({ steps }: CompiledCase): ReadonlySet<string> {
  const all = placed(steps, '');
  const later = (index: number, name: string): boolean => all.slice(index + 1).some(({ uses }) => uses.has(name));
  return new Set(all.filter(({ saves }, index) => saves.some((name) => later(index, name))).map(({ place }) => place));
}

function placed(steps: readonly Step[], around: string): readonly Placed[] {
  return steps.flatMap((step, index): readonly Placed[] => {
    const place = `${around}${index + 1}`;
    const saves = 'save' in step ? Object.keys(step.save) : [];
    const { steps: inner, ...own } = step.kind === 'walk' ? step : { ...step, steps: [] };
    return [{ place, saves, uses: savedNamesIn(own) }, ...placed(inner, `${place}.`)];
  });
}

/** References stand in a step as text: `$saved.name`, perhaps with a path behind it. */
function savedNamesIn(value: unknown): ReadonlySet<string> {
  const references = JSON.stringify(value).matchAll(/"\$saved\.([^".]+)/g);
  return new Set([...references].map(([, name]) => name ?? ''));
}
