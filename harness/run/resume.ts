import { CertifyError } from '../errors';
import type { Restoration } from '../record/journal';
import { pendingRestorations } from '../record/journal';
import type { Identity, RecordEntry, RecordLine } from '../record/lines';
import { readRecord } from '../record/reader';

type RunStart = Extract<RecordLine, { type: 'run.start' }>;

/** Where a run that was cut off stands. */
export interface Resumption {
  /** Number of the segment to come. */
  readonly segment: number;
  readonly start: RunStart;
  readonly planned: readonly string[];
  /** Attempts that have ended, by case. */
  readonly ended: ReadonlyMap<string, number>;
  readonly pending: readonly Restoration[];
  readonly identity: Identity | undefined;
}

/** Reads the record of an output folder. Throws USAGE where there is nothing left to run. */
export function readResumption(directory: string): Resumption {
  const { lines, path } = readRecord(directory);
  const starts = lines.filter((line) => line.type === 'run.start');
  const plan = lines.findLast((line) => line.type === 'plan');
  const [start] = starts;
  if (start === undefined || plan === undefined)
    throw new CertifyError('USAGE', `${path} was cut off before its plan: start a new run`, { path });
  const end = lines.findLast((line) => line.type === 'run.end' || line.type === 'run.start');
  const ended = endedIn(lines);
  const times = start.options.repeat ?? 1;
  const isDone = plan.cases.every((entry) => (ended.get(entry.case.id) ?? 0) >= (entry.decision === 'run' ? times : 1));
  if (isDone && end?.type === 'run.end')
    throw new CertifyError('USAGE', `${path} is whole: nothing is left to run`, { path });
  return {
    segment: starts.length + 1,
    start,
    planned: plan.cases.map((entry) => entry.case.id),
    ended,
    pending: pendingRestorations(lines),
    identity: lines.find((line) => line.type === 'device')?.identity,
  };
}

/** An attempt that was cut off is made again. */
function endedIn(lines: readonly RecordLine[]): ReadonlyMap<string, number> {
  const ended = new Map<string, number>();
  const open = new Set<string>();
  for (const line of lines) {
    if (line.type === 'run.start') open.clear();
    else if (line.type === 'case.start') open.add(line.case);
    else if (line.type === 'case.end') {
      // A case that is judged again later has ended before.
      if (open.delete(line.case) || !ended.has(line.case)) ended.set(line.case, (ended.get(line.case) ?? 0) + 1);
    }
  }
  return ended;
}

/** The joined record is about one thing: throws USAGE where the new segment would be about another. */
export function checkSame(
  resumption: Resumption,
  entry: Extract<RecordEntry, { type: 'run.start' }>,
  planned: readonly string[],
): void {
  const { start } = resumption;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['the profile', start.profile, entry.profile],
    ['the device', start.uri, entry.uri],
    ['the device file', start.device, entry.device],
    ...Object.keys(entry.hashes).map((name) => [`the ${name}`, start.hashes[name], entry.hashes[name]] as const),
    ['the scope', start.scope, entry.scope],
    ['the options', start.options, entry.options],
    ['the plan', resumption.planned, planned],
    ['the version of the tool', start.tool.version, entry.tool.version],
  ];
  const other = pairs.find(([, before, now]) => JSON.stringify(before) !== JSON.stringify(now));
  if (other === undefined) return;
  const message = `cannot resume: ${other[0]} differs from the run's first segment; give the same arguments, or start a new run`;
  throw new CertifyError('USAGE', message, { what: other[0] });
}
