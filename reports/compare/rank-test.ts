/** Of two samples whether one tends to be larger (Mann-Whitney U, normal approximation, corrected for ties). */
export interface RankTest {
  /** Probability of a difference as large as this one between samples from the same source. */
  readonly p: number;
  /** Share of pairs in which the second is larger, ties counted half: 0.5 is no shift. */
  readonly larger: number;
}

/** Below this many values in a sample the approximation says nothing. */
export const SMALLEST_SAMPLE = 8;

export function rankTest(first: readonly number[], second: readonly number[]): RankTest | undefined {
  const [n, m] = [first.length, second.length];
  if (n < SMALLEST_SAMPLE || m < SMALLEST_SAMPLE) return undefined;
  const all = [...first.map((value) => ({ value, own: 0 })), ...second.map((value) => ({ value, own: 1 }))].sort(
    (a, b) => a.value - b.value,
  );
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + to + 1) / 2;
    const size = to - from;
    ties += size ** 3 - size;
    for (let index = from; index < to; index += 1) if (all[index]?.own === 1) rankSum += rank;
    from = to;
  }
  const u = rankSum - (m * (m + 1)) / 2;
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  const larger = u / (n * m);
  if (variance === 0) return { p: 1, larger };
  // Continuity: half a step towards the mean.
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return { p: complementaryError(z / Math.SQRT2), larger };
}

/** erfc for x >= 0, to 1.2e-7 (Abramowitz and Stegun 7.1.26 in Horner form). */
function complementaryError(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return series * Math.exp(-x * x);
}
