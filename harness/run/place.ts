import type { ViewValue } from '../judge/view';
import { labelOf, plainEntry } from '../judge/walk-labels';
import type { Observation, Within } from '../record/observation';
import type { WalkStep } from '../suite/compiled';

/** Where a step stands: its number, the loop, and the walks around it with the entries at hand. */
export interface Place {
  readonly step: number;
  readonly loop: Observation['loop'];
  readonly within?: Within;
}

/** The step of this number in the same list. */
export function placeOf({ step, loop, within }: Place, number: number): Place {
  if (within === undefined) return { step: number, loop };
  return { step, loop, within: { ...within, steps: [...within.steps, number] } };
}

/** Inside a walk, at one of its entries. */
export function entered(
  { step, loop, within }: Place,
  walk: WalkStep,
  selected: readonly ViewValue[],
  at: number,
): Place {
  const label = labelOf(walk, selected, at);
  return {
    step,
    loop,
    within: {
      steps: within?.steps ?? [],
      indexes: [...(within?.indexes ?? []), at],
      entries: { ...within?.entries, [walk.as]: plainEntry(selected[at]) },
      label: within === undefined ? label : `${within.label},${label}`,
    },
  };
}
