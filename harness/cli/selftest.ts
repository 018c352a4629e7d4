import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Command } from 'commander';
import { deviations } from '../emulator/deviations';
import { personalities } from '../emulator/personalities';
import { CertifyError } from '../errors';
import type { Binding } from '../names';
import { bindings } from '../names';
import { baseId } from '../profile/ways';
import type { Finding, Row } from '../run/selftest';
import { byCase, CLEAN, judgeMatrix, PARROT, SILENT, unreddened } from '../run/selftest';
import type { Job } from '../run/selftest-jobs';
import { jobsOf, nothingElsewhere, plannedOn, provenBelow } from '../run/selftest-jobs';
import type { WorkerInput } from '../run/selftest-worker';
import type { CompiledProfile, Library } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { selectTarget } from './select-profile';
import { matrixHtml } from './selftest-html';

interface SelftestFlags {
  readonly every: boolean;
  readonly checks: boolean;
  readonly everyBinding: boolean;
  readonly json: boolean;
  readonly html?: string;
  readonly select: readonly string[];
  readonly only: readonly string[];
}

function wantedJobs(profile: CompiledProfile, library: Library, flags: SelftestFlags): readonly Job[] {
  const { only, everyBinding } = flags;
  return jobsOf(profile, library, everyBinding).filter(({ device }) => only.length === 0 || only.includes(device));
}

/** A worker that has learnt what the clean device does on a binding goes on with that binding. */
function nextOf(jobs: Job[], binding: Binding): Job | undefined {
  const at = jobs.findIndex((job) => job.binding === binding);
  return at < 0 ? jobs.shift() : jobs.splice(at, 1)[0];
}

/** Octets live for a step: with more room for what is young less of it is looked at twice. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 };

/** Rows by worker threads: each takes the next job when it has done one. */
async function work(jobs: readonly Job[], input: WorkerInput): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const left = [...jobs];
  const file = join(__dirname, '..', 'run', 'selftest-worker.js');
  const one = (_: unknown, index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(file, { workerData: input, resourceLimits });
      const binding = bindings[index % bindings.length] ?? 'smbus';
      const hand = (): void => {
        const job = nextOf(left, binding);
        if (job === undefined) void worker.terminate().then(() => resolve());
        else worker.postMessage(job);
      };
      worker.on('error', reject);
      worker.on('message', (message: Row | 'ready') => {
        if (message !== 'ready') rows.push(message);
        hand();
      });
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, one));
  return rows;
}

interface Proof {
  readonly profile: string;
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
  /** Cases that the clean device ran, without the bindings of capabilities. */
  readonly ran: ReadonlySet<string>;
}

async function prove(name: string, flags: SelftestFlags): Promise<Proof> {
  const start = performance.now();
  const { library, profile } = await selectTarget({ profile: name });
  if (profile.id !== name) throw new CertifyError('USAGE', `selftest is about profiles built in, not ${name}`);
  const knownDevices = [CLEAN, SILENT, PARROT, ...[...deviations, ...personalities].map((each) => each.name)];
  const unknown = flags.only.find((device) => !knownDevices.includes(device));
  if (unknown !== undefined) throw new CertifyError('UNKNOWN_NAME', `no deviation "${unknown}"`, { name: unknown });
  const { select, only, every, checks, everyBinding } = flags;
  // What is thrown in a worker loses its code on the way here.
  const chosen = new Set(plannedOn(profile, library, 'smbus', select).map((each) => baseId(each.case.id)));
  const ownOnly = !every && !checks && !everyBinding && select.length + only.length === 0;
  const elsewhere = ownOnly ? provenBelow(profile, library) : nothingElsewhere;
  const jobs = wantedJobs(profile, library, flags);
  const rows = await work(jobs, { profile: name, select, every, ownOnly, checks });
  const planned = new Set(
    rows.flatMap((row) =>
      Object.entries(row.verdicts).flatMap(([id, verdict]) =>
        row.device === CLEAN && verdict !== 'not-applicable' && verdict !== 'unreachable' ? [id] : [],
      ),
    ),
  );
  const findings = judgeMatrix({
    rows,
    library,
    planned: only.length > 0 ? [] : [...planned].filter((id) => !elsewhere.has(id)),
    deviations,
    personalities: personalities.map(({ name }) => name),
    isWhole: ({ cases }) => cases.every(({ id }) => chosen.has(id)),
  });
  if (!flags.json) {
    const others = jobs.reduce((sum, job) => sum + [...elsewhere.of(job)].filter((id) => planned.has(id)).length, 0);
    const left = others === 0 ? '' : `, ${others} cells left to the selftest of ${profile.includes?.join(', ')}`;
    print(name, rows, findings, planned.size, left, (performance.now() - start) / 1000);
  }
  return { profile: name, rows, findings, ran: new Set([...planned].map(baseId)) };
}

const COMMON = ['endpoint', 'complete', 'bridge', 'nic', 'hba', 'ssd'];

/** What only the full set of the storage controller asks is proven there, and only that. */
const REMAINDER = 'hba-target';

export async function runSelftest(names: readonly string[], flags: SelftestFlags): Promise<number> {
  const all: Proof[] = [];
  for (const name of names.length > 0 ? names : COMMON) all.push(await prove(name, flags));
  const whole = names.length === 0 && flags.select.length === 0 && flags.only.length === 0;
  const open = whole ? await neverRun(all) : [];
  if (open.length > 0) all.push(await prove(REMAINDER, { ...flags, select: open }));
  const idle = whole ? await neverRun(all) : [];
  const unproven = flags.checks ? unreddened(all.flatMap(({ rows }) => rows)) : [];
  if (flags.checks) process.stderr.write(`${unproven.length} checks that no device reddens\n`);
  for (const id of unproven) process.stderr.write(`  ${id}\n`);
  for (const id of idle) process.stderr.write(`FINDING ${id} runs in no profile\n`);
  const shown = all.map(({ ran: _, ...proof }) => proof);
  if (flags.json) process.stdout.write(`${JSON.stringify(shown, undefined, 2)}\n`);
  if (flags.html !== undefined) {
    const { suites } = await openLibrary();
    const cases = suites.flatMap((suite) => suite.cases);
    mkdirSync(dirname(flags.html), { recursive: true });
    writeFileSync(
      flags.html,
      matrixHtml(
        shown.map(({ rows, ...about }) => ({ ...about, rows: rows.map(byCase) })),
        cases,
        [...deviations, ...personalities],
      ),
    );
  }
  return idle.length === 0 && all.every(({ findings }) => findings.length === 0) ? 0 : 1;
}

/** Built-in cases that no profile could prove. */
async function neverRun(proofs: readonly Proof[]): Promise<readonly string[]> {
  const { suites } = await openLibrary();
  const ran = (id: string): boolean => proofs.some((proof) => proof.ran.has(id));
  return suites.flatMap(({ cases }) => cases.flatMap(({ id }) => (ran(id) ? [] : [id])));
}

function print(
  profile: string,
  rows: readonly Row[],
  findings: readonly Finding[],
  cases: number,
  left: string,
  seconds: number,
): void {
  const devices = new Set(rows.map((row) => row.device)).size;
  process.stdout.write(
    `${profile}: ${cases} cases × ${devices} devices, ${rows.length} rows in ${seconds.toFixed(1)} s${left}\n`,
  );
  for (const row of [...rows].sort((left, right) => (left.device < right.device ? -1 : 1))) {
    const counts = new Map<string, number>();
    for (const verdict of Object.values(row.verdicts)) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
    const words = [...counts].sort().map(([verdict, count]) => `${count} ${verdict}`);
    process.stdout.write(
      `  ${row.device.padEnd(44)} ${row.binding.padEnd(6)} ${words.join(', ')}${row.failure === undefined ? '' : ` (${row.failure})`}\n`,
    );
  }
  for (const finding of findings) {
    process.stdout.write(`FINDING ${finding.device} on ${finding.binding}: ${finding.problem}\n`);
    for (const id of finding.cases) process.stdout.write(`        ${id}\n`);
  }
  process.stdout.write(
    findings.length === 0 ? `${profile}: every case is proven\n` : `${profile}: ${findings.length} findings\n`,
  );
}

export function register(program: Command): void {
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  program
    .command('selftest')
    .description('proves every case by a deviant device: cases × deviations')
    .argument(
      '[profile...]',
      'profiles (default: endpoint, complete, bridge, nic, hba and ssd, then what only hba-target asks)',
    )
    .option('--select <id>', 'only these suites or cases (may be repeated)', collect, [])
    .option('--only <device>', 'only this deviation, or clean, silent, parrot (may be repeated)', collect, [])
    .option('--every', 'runs what cannot differ from the clean device too, case after case on the same device', false)
    .option('--every-binding', 'every deviation on SMBus and on serial', false)
    .option('--checks', 'names the single checks that no device reddens', false)
    .option('--json', 'prints the matrix as JSON', false)
    .option('--html <file>', 'writes the matrix as one HTML file')
    .action(async (profiles: readonly string[], flags: SelftestFlags) => {
      process.exitCode = await runSelftest(profiles, flags);
    });
}
