import { MILLISECOND } from '../harness/clock';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, Result } from '../harness/record/result-schema';
import { visible } from './visible';

/** OCP test and validation output 2.0: one JSON object per line, a step for every case. */

type Artifact = { readonly [name: string]: unknown };

const DUT = 'dut0';
const FIRMWARE = 'firmware0';

/** When cases began and ended, milliseconds of wall time. */
interface Times {
  readonly started: ReadonlyMap<string, number>;
  readonly ended: ReadonlyMap<string, number>;
  readonly last: number;
}

export function renderOcp(result: Result, lines: readonly RecordLine[]): string {
  const times = timesOf(lines, Date.parse(result.started));
  const out: string[] = [];
  // Restarted segments and late judgements must not make the clock run backwards.
  let latest = Date.parse(result.started);
  const write = (at: number, artifact: Artifact): void => {
    latest = Math.max(latest, at);
    out.push(JSON.stringify({ sequenceNumber: out.length, timestamp: new Date(latest).toISOString(), ...artifact }));
  };
  const start = lines.find((line) => line.type === 'run.start');
  write(latest, { schemaVersion: { major: 2, minor: 0 } });
  write(latest, { testRunArtifact: { testRunStart: runStart(result, start?.wall ?? result.started) } });
  for (const entry of byTime(result.cases, times)) {
    const begun = times.started.get(entry.id) ?? latest;
    const step = (at: number, artifact: Artifact): void =>
      write(at, { testStepArtifact: { testStepId: entry.id, ...artifact } });
    step(begun, { testStepStart: { name: visible(entry.title) } });
    for (const artifact of findings(entry)) step(times.ended.get(entry.id) ?? begun, artifact);
    step(times.ended.get(entry.id) ?? begun, { testStepEnd: { status: statusOf(entry) } });
  }
  for (const artifact of measurements(result))
    write(times.last, { testStepArtifact: { testStepId: 'timing', ...artifact } });
  write(times.last, { testRunArtifact: { testRunEnd: runEnd(result) } });
  return `${out.join('\n')}\n`;
}

function timesOf(lines: readonly RecordLine[], origin: number): Times {
  const started = new Map<string, number>();
  const ended = new Map<string, number>();
  let wall = origin;
  let last = origin;
  for (const line of lines) {
    if (line.type === 'run.start') wall = Date.parse(line.wall);
    last = Math.max(last, wall + line.at / MILLISECOND);
    if (line.type === 'case.start' && !started.has(line.case)) started.set(line.case, wall + line.at / MILLISECOND);
    if (line.type === 'case.end') ended.set(line.case, wall + line.at / MILLISECOND);
  }
  return { started, ended, last };
}

/** Cases that ran in the order in which they did; the others first, for they were decided before. */
function byTime(cases: readonly CaseResult[], { started }: Times): readonly CaseResult[] {
  const at = (entry: CaseResult): number => started.get(entry.id) ?? Number.NEGATIVE_INFINITY;
  return [...cases].sort((a, b) => (at(a) === at(b) ? 0 : at(a) - at(b)));
}

function runStart(result: Result, wall: string): Artifact {
  const { device, profile, tool, scope } = result;
  const name = visible(device.uuid ?? device.uri);
  const hardware = {
    hardwareInfoId: 'device0',
    name,
    ...(device.id === undefined ? {} : { location: visible(device.id) }),
  };
  const firmware = device.firmware === undefined ? {} : { version: visible(device.firmware) };
  return {
    name: profile.id,
    version: tool.version,
    commandLine: `${tool.name} run ${profile.id} --device ${visible(device.uri)}`,
    parameters: { scope, started: wall },
    dutInfo: {
      dutInfoId: DUT,
      name,
      hardwareInfos: [hardware],
      softwareInfos: [{ softwareInfoId: FIRMWARE, name: 'firmware', softwareType: 'FIRMWARE', ...firmware }],
    },
    metadata: { profile: profile.title, eid: device.eid, messageTypes: device.types },
  };
}

/** What is told of a case between its start and its end. */
function findings(entry: CaseResult): readonly Artifact[] {
  const { verdict } = entry;
  const reason = visible(entry.reason ?? verdict);
  switch (verdict) {
    case 'pass':
      return [diagnosis('conforms', 'PASS', `${entry.checks.length} checks`)];
    case 'not-applicable':
    case 'unreachable':
      return [{ log: { severity: 'INFO', message: `${verdict}: ${reason}` } }];
    case 'error':
      return [{ error: { symptom: 'harness-error', message: reason } }];
    case 'blocked':
      return [{ error: { symptom: 'blocked', message: reason, softwareInfoIds: [FIRMWARE] } }];
    case 'waived':
      return [diagnosis('waived', 'UNKNOWN', reason)];
    case 'warn':
    case 'fail': {
      const found = entry.checks.filter((check) => check.verdict === verdict);
      const type = verdict === 'fail' ? 'FAIL' : 'PASS';
      const words = found.map(({ id, requirement, expected, actual }) =>
        diagnosis(requirement, type, visible(`${id}: expected ${expected}, actual ${actual}`)),
      );
      return words.length > 0 ? words : [diagnosis(verdict, type, reason)];
    }
  }
}

function diagnosis(verdict: string, type: 'PASS' | 'FAIL' | 'UNKNOWN', message: string): Artifact {
  return { diagnosis: { verdict, type, message, hardwareInfoId: 'device0' } };
}

function statusOf({ verdict }: CaseResult): 'COMPLETE' | 'ERROR' | 'SKIP' {
  if (verdict === 'error' || verdict === 'blocked') return 'ERROR';
  return verdict === 'not-applicable' || verdict === 'unreachable' ? 'SKIP' : 'COMPLETE';
}

/** Response times by command, in a step of their own. */
function measurements({ timing }: Result): readonly Artifact[] {
  if (timing.commands.length === 0) return [];
  const limit =
    timing.limitMs === undefined ? [] : [{ type: 'LESS_THAN_OR_EQUAL', name: 'MT1', value: timing.limitMs }];
  const own = timing.commands.flatMap(({ command, p50Ms, p99Ms, maxMs }) =>
    (
      [
        ['p50', p50Ms],
        ['p99', p99Ms],
        ['max', maxMs],
      ] as const
    ).map(([name, value]) => ({
      measurement: {
        name: `${command} ${name}`,
        value,
        unit: 'ms',
        ...(limit.length === 0 ? {} : { validators: limit }),
      },
    })),
  );
  return [{ testStepStart: { name: 'response times' } }, ...own, { testStepEnd: { status: 'COMPLETE' } }];
}

function runEnd({ verdict, executed }: Result): Artifact {
  if (verdict === 'error' || verdict === 'incomplete') return { status: 'ERROR', result: 'NOT_APPLICABLE' };
  if (executed === 0) return { status: 'SKIP', result: 'NOT_APPLICABLE' };
  return { status: 'COMPLETE', result: verdict === 'not-conformant' ? 'FAIL' : 'PASS' };
}
