import { agrees, answersTo, describeArrival, readings, standard } from '../explore/receive-model';
import type { CheckVerdict } from '../names';
import type { Trial } from '../record/observation';

/** What the trials of an `explore` step come to, before the requirement's level is looked at. */
export interface ExplorationFinding {
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  readonly requirement?: string;
  readonly verdict?: CheckVerdict;
  readonly note?: string;
  readonly octets?: string;
}

/** Pure: the shortest sequence that the standard's receiver would have answered otherwise, and whose clause that is. */
export function judgeTrials(trials: readonly Trial[], seed: number | undefined): ExplorationFinding {
  const origin = `${trials.length} sequences, seed ${seed ?? 'unknown'}`;
  const expected = `the answers of ${standard.name}`;
  const dead = trials.find((trial) => !trial.alive);
  const wrong = dead ?? shortest(trials.filter((trial) => !agrees(answersTo(trial.arrivals), trial.came)));
  if (wrong === undefined) return { ok: trials.length > 0, expected, actual: `those, in ${origin}` };
  const words = wrong.arrivals.map(describeArrival).join('; ');
  const octets = wrong.packets.join('');
  if (!wrong.alive) return { ok: false, expected, actual: `no answer any more after: ${words}`, octets, note: origin };
  const due = answersTo(wrong.arrivals).length;
  const actual = `${wrong.came.length} answers where ${due} ${due === 1 ? 'is' : 'are'} due, to: ${words}`;
  const reading = readings.find((other) =>
    trials.every((trial) => agrees(answersTo(trial.arrivals, other), trial.came)),
  );
  const cause = reading ?? readings.find((other) => agrees(answersTo(wrong.arrivals, other), wrong.came));
  const note = `${origin}${cause === undefined ? '' : `; it ${cause.name}`}`;
  return {
    ok: reading?.tolerated === true,
    expected,
    actual,
    octets,
    note,
    ...(reading?.tolerated === true ? { verdict: 'warn' as const } : {}),
    ...(cause?.requirement === undefined ? {} : { requirement: cause.requirement }),
  };
}

function shortest(trials: readonly Trial[]): Trial | undefined {
  return trials.reduce<Trial | undefined>(
    (best, trial) => (best === undefined || trial.arrivals.length < best.arrivals.length ? trial : best),
    undefined,
  );
}
