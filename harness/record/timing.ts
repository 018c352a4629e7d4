import { MILLISECOND } from '../clock';
import type { Exchange } from './observation';
import type { Result } from './result-schema';

type CommandTiming = Result['timing']['commands'][number];

/** What became of the requests of one command; times in nanoseconds from the end of the request to the start of its answer. */
export interface Answered {
  readonly times: number[];
  retried: number;
  unanswered: number;
}

/** Notes one exchange. What was to stay silent says nothing about time; nor does an answer to a repetition. */
export function note(timing: Map<string, Answered>, exchange: Exchange): void {
  const { sent, attempts, elapsed, silence } = exchange;
  if (sent.command === undefined || silence !== undefined || sent.delivery !== 'sent') return;
  const own = timing.get(sent.command) ?? { times: [], retried: 0, unanswered: 0 };
  timing.set(sent.command, own);
  if (elapsed === undefined) own.unanswered += 1;
  else if (attempts > 1) own.retried += 1;
  else own.times.push(elapsed);
}

/** By command; `limit` is MT1. */
export function timingOf(timing: ReadonlyMap<string, Answered>, limit: number | undefined): readonly CommandTiming[] {
  return [...timing]
    .map(([command, { times, retried, unanswered }]) => {
      const sorted = [...times].sort((a, b) => a - b);
      const rank = (share: number): number => toMs(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
      const late = limit === undefined ? 0 : sorted.filter((time) => time > limit).length;
      const counts = { count: sorted.length, late, retried, unanswered };
      return { command, ...counts, p50Ms: rank(0.5), p99Ms: rank(0.99), maxMs: rank(1) };
    })
    .sort((a, b) => (a.command < b.command ? -1 : 1));
}

/** Milliseconds, to the microsecond. */
export function toMs(ns: number): number {
  return Math.round(ns / 1000) / (MILLISECOND / 1000);
}
