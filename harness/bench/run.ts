import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deviations } from '../emulator/deviations';
import type { Device } from '../emulator/device';
import { planRun } from '../plan';
import type { PlannedCase } from '../record/lines';
import { openRecord } from '../record/writer';
import { openRun, scopeOf } from '../run/session';
import type { OpenedLibrary } from '../suite/library';
import { openLibrary } from '../suite/library';
import { openTransport } from '../transport/open';
import type { Measurement } from './measure';

const MAIN = join(__dirname, '../cli/main.js');
const ROUNDS = 5;

/** What the design allows. */
const LIMITS = {
  firstCaseMs: 500,
  wholeMs: 2000,
  caseMs: 0.3,
  residentMb: 150,
  selftestMs: 20_000,
  /** Time of four times the cases over four times the time: 1 is linear; other processes add to either. */
  linearity: 1.25,
} as const;

/** A figure against its limit: a ratio of 1 and above keeps it. */
function within(name: string, unit: string, figure: number, limit: number): Measurement {
  return { name, unit, rate: figure, against: 'limit', baseline: limit, ratio: limit / figure };
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

interface Watched {
  readonly firstCaseMs: number;
  readonly wholeMs: number;
  readonly residentMb: number;
}

/** One run as a user starts it, watched from outside: by its record and by what the kernel says of its memory. */
async function watchRun(out: string): Promise<Watched> {
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, 'run', 'nic', '--quiet', '--out', out], { stdio: 'ignore' });
  let ended: number | undefined;
  const end = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      ended = performance.now();
      if (code === 0) resolve();
      else reject(new Error(`run nic ended with exit code ${code}`));
    });
  });
  let first: number | undefined;
  let resident = Number.NaN;
  while (ended === undefined) {
    if (first === undefined && textOf(join(out, 'record.ndjson')).includes('{"type":"case.start"'))
      first = performance.now();
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${child.pid}/status`))?.[1];
    if (peak !== undefined) resident = Number(peak) / 1024;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await end;
  return { firstCaseMs: (first ?? ended) - started, wholeMs: ended - started, residentMb: resident };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

/** Wall time of a program that has to succeed. */
async function timeOf(...args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return performance.now() - started;
}

interface Meter {
  readonly watch: (device: Device) => Device;
  /** Milliseconds so far. */
  readonly spent: () => number;
}

/** How long the emulated device itself worked, which a real one would do elsewhere. */
function meter(): Meter {
  let total = 0;
  const timed = <T>(work: () => T): T => {
    const started = performance.now();
    try {
      return work();
    } finally {
      total += performance.now() - started;
    }
  };
  return {
    watch: (device) => ({
      acknowledges: (octets) => timed(() => device.acknowledges(octets)),
      receive: (octets, now) => timed(() => device.receive(octets, now)),
      refused: (octets, now) => timed(() => device.refused(octets, now)),
      hook: (name, now) => timed(() => device.hook(name, now)),
      // Too short to be timed.
      next: () => device.next(),
      advance: (now) => timed(() => device.advance(now)),
    }),
    spent: () => total,
  };
}

interface CaseTimes {
  readonly meanMs: number;
  readonly medianMs: number;
}

/** Milliseconds of the harness for a case, `times` over, from the first to the record's last line; no jest, no reports. */
async function casesMs(library: OpenedLibrary, times: number, folder: string): Promise<CaseTimes> {
  const profile = library.profiles.nic;
  if (profile === undefined) throw new Error('no profile nic');
  const { claims, parameters } = profile;
  const { commands, requirements } = library;
  const { watch, spent } = meter();
  const transport = await openTransport('sim:nic', { emulator: { commands, deviations, watch } });
  const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
  const planned = planRun({ profile, library, claims, parameters, scope, select: [] }).filter(
    ({ decision }) => decision === 'run',
  );
  const copies = Array.from({ length: times }, (_, copy) => planned.map((entry) => renamed(entry, copy))).flat();
  const sink = openRecord(mkdtempSync(join(folder, 'cases-')), transport.clock);
  const run = openRun({
    transport,
    sink,
    commands,
    requirements,
    parameters,
    claims,
    scope,
    strict: false,
    thorough: false,
  });
  await run.discover();
  const each: number[] = [];
  for (const entry of copies) {
    const started = performance.now() - spent();
    await run.settle(entry);
    each.push(performance.now() - spent() - started);
  }
  sink.close();
  await transport.close();
  return { meanMs: each.reduce((sum, ms) => sum + ms, 0) / each.length, medianMs: median(each) };
}

function renamed(entry: PlannedCase, copy: number): PlannedCase {
  return { ...entry, case: { ...entry.case, id: `${entry.case.id}-${copy}` } };
}

/** The figures that the design gives limits for, as a user meets them. */
export async function benchRun(): Promise<readonly Measurement[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-bench-'));
  try {
    const watched: Watched[] = [];
    for (let round = 0; round < ROUNDS; round += 1) watched.push(await watchRun(join(folder, `run-${round}`)));
    const library = await openLibrary();
    await casesMs(library, 1, folder);
    const once: CaseTimes[] = [];
    const fourfold: CaseTimes[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      once.push(await casesMs(library, 1, folder));
      fourfold.push(await casesMs(library, 4, folder));
    }
    const [one, four] = [once, fourfold].map((rounds) => median(rounds.map(({ meanMs }) => meanMs)));
    const measurements = [
      within('start to first case', 'ms', median(watched.map((each) => each.firstCaseMs)), LIMITS.firstCaseMs),
      within('run nic, start to exit', 'ms', median(watched.map((each) => each.wholeMs)), LIMITS.wholeMs),
      within('peak resident memory', 'MB', median(watched.map((each) => each.residentMb)), LIMITS.residentMb),
      within('a case of nic, median', 'ms', median(once.map(({ medianMs }) => medianMs)), LIMITS.caseMs),
      // A case that explores sends hundreds of packets and makes most of this one.
      within('a case of nic, mean', 'ms', one ?? Number.NaN, LIMITS.caseMs),
      within('a case of four times as many', 'of one', (four ?? Number.NaN) / (one ?? Number.NaN), LIMITS.linearity),
    ];
    for (const profile of Object.keys(library.profiles)) {
      measurements.push(within(`selftest ${profile}`, 'ms', await timeOf('selftest', profile), LIMITS.selftestMs));
    }
    return measurements;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
