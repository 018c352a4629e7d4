/** One thing against another: `ratio` is baseline time over subject time, so that more is better. */
export interface Measurement {
  readonly name: string;
  readonly unit: string;
  /** Units per second of the subject, and of the baseline that `against` names. */
  readonly rate: number;
  readonly against: string;
  readonly baseline: number;
  readonly ratio: number;
}

/** Does `units` units of work; the result is summed so that no optimiser drops it. */
export type Work = () => number;

const ROUNDS = 5;
const ROUND_MS = 120;

/** Units per second, median of five rounds: other processes only ever make a round slower. */
function rate(work: Work, units: number): number {
  let sink = 0;
  const rounds = Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    let done = 0;
    while (performance.now() - started < ROUND_MS) {
      sink += work();
      done += units;
    }
    return (done * 1000) / (performance.now() - started);
  });
  if (Number.isNaN(sink)) throw new RangeError('the work gives no number');
  return rounds.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)] ?? 0;
}

/** Subject and baseline do the same number of units per call. */
export function compare(
  name: string,
  unit: string,
  units: number,
  subject: Work,
  against: string,
  baseline: Work,
): Measurement {
  subject();
  baseline();
  const rates = { rate: rate(subject, units), baseline: rate(baseline, units) };
  return { name, unit, against, ...rates, ratio: rates.rate / rates.baseline };
}
