import { join } from 'node:path';
import { packageRoot } from '../../package-root';
import type { CampaignOutcome } from '../../record/campaign-result';
import { exitCodeOf } from '../../record/exit-code';
import type { RecordLine } from '../../record/lines';
import { readRecord } from '../../record/reader';
import { buildResult } from '../../record/result';

/** Runs that can be judged again, out of a recorded one: each with one case that passes, or with one more that fails. */

const ids = { pass: 'DSP0236/set-endpoint-id/1', fail: 'DSP0237/receive/1' };

/** The cases of a run that ends with `verdict`. */
export const recordedCases = { pass: [ids.pass], fail: Object.values(ids) } as const;
export type Recorded = keyof typeof recordedCases;

let recorded: readonly RecordLine[] | undefined;

/** The lines of such a run, as if the device were none of ours. */
export function recordedLines(uri: string, verdict: Recorded, attested: boolean): readonly RecordLine[] {
  recorded ??= readRecord(join(packageRoot(), 'harness/judge/testing/record-0.1.0.ndjson')).lines;
  const wanted: readonly string[] = recordedCases[verdict];
  return recorded
    .filter((line) => !('case' in line) || wanted.includes(line.case))
    .map((line) => {
      if (line.type === 'run.start') return { ...line, uri, attested, options: { ...line.options, select: [] } };
      return line.type === 'plan' ? { ...line, cases: line.cases.filter((own) => wanted.includes(own.case.id)) } : line;
    });
}

export const recordText = (lines: readonly RecordLine[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** What a campaign knows of such a run, but for the plan and where its evidence lies. */
export function recordedOutcome(lines: readonly RecordLine[]): Omit<CampaignOutcome, 'plan' | 'evidence'> {
  const result = buildResult(lines);
  const { counts, level, reason, cases, verdict, attested, device } = result;
  return {
    attempt: 1,
    verdict,
    level,
    exitCode: exitCodeOf(result),
    ...(reason === undefined ? {} : { reason }),
    counts,
    durationMs: 1,
    unit: { uri: device.uri, ...(device.uuid === undefined ? {} : { uuid: device.uuid }) },
    attested,
    scope: 'SMBus',
    verdicts: cases.map((entry) => entry.verdict),
  };
}
