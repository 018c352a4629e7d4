import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../errors';
import { openEvidenceStore } from './evidence/open';
import { follow } from './follow';
import { cardUri, Lab } from './lab';
import { startLocalRedis } from './local-redis';
import { openOffice } from './office';
import { loadCampaign } from './plan';
import { openRedis } from './redis/connect';
import { QUEUE_PREFIX } from './redis/keys';
import { ownProgram } from './station/child';
import { openBench } from './station/devices';
import { Station } from './station/station';
import { submit } from './submit';

/** `npm run bench:fleet`: what the fleet adds to the runs' own time, what a second station brings, what ten thousand runs leave. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const secondsSince = (began: bigint): number => Number(process.hrtime.bigint() - began) / 1e9;

const PROFILE = 'nic';
const TIER = 'smoke';

/** What some runs took. Seconds. */
interface Measured {
  readonly wall: number;
  /** Sum of the runs' own times, from the start of each process to its end. */
  readonly runs: number;
  /** Processor time of the runs. */
  readonly processor: number;
}

/** The same runs without a fleet, `parallel` at once. */
async function plainRuns(devices: number, parallel: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-plain-'));
  const [command = process.execPath, ...before] = ownProgram();
  const waiting = Array.from({ length: devices }, (_, index) => index);
  const started = processorTime([process.pid]);
  const began = process.hrtime.bigint();
  let runs = 0;
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const own = process.hrtime.bigint();
      const words = ['run', PROFILE, '--device', cardUri(index), '--out', join(folder, String(index)), '--quiet'];
      const child = spawn(command, [...before, ...words, '--tier', TIER, '--exclusive'], { stdio: 'ignore' });
      await new Promise((resolve) => child.once('exit', resolve));
      runs += secondsSince(own);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const wall = secondsSince(began);
  const processor = (processorTime([process.pid]).runs - started.runs) / TICKS;
  rmSync(folder, { recursive: true, force: true });
  say(`${devices} runs (${PROFILE}, tier ${TIER}) without a fleet, ${parallel} at once: ${wall.toFixed(1)} s`);
  tellRuns(devices, { wall, runs, processor });
  return { wall, runs, processor };
}

function tellRuns(devices: number, { runs, processor }: Measured): void {
  say(
    `  own time of the runs ${runs.toFixed(1)} s, ${((1000 * runs) / devices).toFixed(0)} ms each; processor time ${processor.toFixed(1)} s`,
  );
}

/** Clock ticks of /proc in a second. */
const TICKS = 100;

/** Processor time in clock ticks: of the processes themselves, and of their children that have ended. */
function processorTime(pids: readonly number[]): { readonly own: number; readonly runs: number } {
  const sum = { own: 0, runs: 0 };
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): utime, stime, cutime and cstime are the fields 14 to 17; the name before the third may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    sum.own += user + system;
    sum.runs += childUser + childSystem;
  }
  return sum;
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** The campaign over these cards, from its submission to its last verdict, one run at a time at each station. */
async function fleetRuns(devices: number, stations: number): Promise<Measured> {
  const lab = await Lab.open();
  try {
    const { store } = lab.office;
    const offered = await lab.stations({ devices, stations, parallel: 1 }, say);
    const before = processorTime(lab.pids());
    const began = process.hrtime.bigint();
    await lab.submit({ id: 'bench', profile: PROFILE, tier: TIER }, offered);
    await follow(store, 'bench', () => undefined);
    const wall = secondsSince(began);
    const after = processorTime(lab.pids());
    const processor = (after.runs - before.runs) / TICKS;
    let runs = 0;
    for await (const { status, outcome } of store.jobs('bench')) {
      if (outcome === undefined || !['passed', 'failed'].includes(status))
        throw new Error(`not every run came to its verdict: one is ${status}`);
      runs += outcome.durationMs / 1000;
    }
    say(`${devices} runs as a campaign, ${stations} stations with one run at a time: ${wall.toFixed(1)} s`);
    tellRuns(devices, { wall, runs, processor });
    say(`  the stations' places were without a run for ${percent((wall * stations - runs) / runs)} of that`);
    say(`  processor time of stations and Redis ${percent((after.own - before.own) / TICKS / processor)} of the runs'`);
    return { wall, runs, processor };
  } finally {
    await lab.close();
  }
}

async function scale(devices: number): Promise<void> {
  const plain = await plainRuns(devices, 2);
  const fleet = await fleetRuns(devices, 2);
  say(`the fleet adds ${percent(fleet.wall / plain.wall - 1)} to the wall time of the same runs without it`);
}

async function double(devices: number): Promise<void> {
  const one = await fleetRuns(devices, 1);
  const two = await fleetRuns(devices, 2);
  say(
    `${devices} runs, 1 station ${one.wall.toFixed(1)} s, 2 stations ${two.wall.toFixed(1)} s: ${(one.wall / two.wall).toFixed(2)} times as fast`,
  );
}

/** A run that only leaves a result: ten thousand of the real ones would take hours. */
function standIn(folder: string): string {
  const ids = Array.from({ length: 260 }, (_, index) => ({ id: `STUB/case/${index + 1}`, verdict: 'pass' }));
  const counts = { pass: 260, warn: 0, fail: 0, 'not-applicable': 0, unreachable: 0, blocked: 0, error: 0, waived: 0 };
  const result = {
    device: { uri: 'sim:nic', binding: 'smbus', eid: 9, types: [0], firmware: '1.0' },
    scope: { binding: 'smbus', planes: ['messages'], exclusive: false },
    ended: '2027-01-01T00:00:00Z',
    attested: false,
    interrupted: false,
    verdict: 'conformant',
    level: 'L0',
    executed: 260,
    counts,
    cases: ids,
    waivers: [],
    expectedFailures: [],
    timing: {
      commands: Array.from({ length: 40 }, (_, index) => ({ command: `c${index}`, count: 9, p50Ms: 1, p99Ms: 2 })),
    },
  };
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  const script = join(folder, 'stand-in.sh');
  const lines = [
    '#!/bin/sh',
    'while [ "$1" != --out ]; do shift; done',
    `mkdir "$2" && cp ${join(folder, 'result.json')} "$2/"`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  return script;
}

const CARDS = 20;
const megabytes = (octets: number): string => `${(octets / 1e6).toFixed(1)} MB`;

async function memory(runs: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-memory-'));
  const redis = await startLocalRedis();
  const office = await openOffice(redis.url);
  const bench = join(folder, 'bench.yaml');
  const devices = Array.from({ length: CARDS }, (_, index) => ({
    name: `card-${index + 1}`,
    labels: ['card'],
    uri: 'sim:nic',
  }));
  writeFileSync(bench, JSON.stringify({ bench: 'memory', devices }));
  mkdirSync(join(folder, 'state'));
  const station = new Station({
    name: 'memory',
    slots: (await openBench(bench)).slots,
    client: await openRedis(redis.url, 'patient'),
    redis: redis.url,
    state: join(folder, 'state'),
    parallel: 4,
    limit: 60_000,
    openStore: openEvidenceStore,
    log: () => undefined,
    program: ['/bin/sh', standIn(folder)],
  });
  const running = station.run();
  const file = join(folder, 'campaign.yaml');
  const run = { devices: devices.map(({ name }) => name), profiles: [PROFILE], repeats: Math.ceil(runs / CARDS / 10) };
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await office.client.info('memory'))?.[1]);
  const queued = async (): Promise<number> => {
    let octets = 0;
    for await (const found of office.client.scanStream({ match: `${QUEUE_PREFIX}:*`, count: 1000 }))
      for (const key of found as readonly string[]) octets += Number(await office.client.memory('USAGE', key));
    return octets;
  };
  say('finished runs | heap of the station | resident | Redis | of it the queues');
  for (let part = 1; part <= 10; part += 1) {
    writeFileSync(file, JSON.stringify({ campaign: `memory-${part}`, runs: [run], store: './evidence' }));
    await submit(office, loadCampaign(file), devices);
    await follow(office.store, `memory-${part}`, () => undefined);
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const redisUsed = [await used(), await queued()].map(megabytes).join(' | ');
    say(`${part * run.repeats * CARDS} | ${megabytes(heapUsed)} | ${megabytes(rss)} | ${redisUsed}`);
  }
  station.drain();
  await running;
  await office.store.close();
  await redis.close();
  rmSync(folder, { recursive: true, force: true });
}

function parseCount(text: string): number {
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a number from 1 on.');
  return count;
}

async function main(): Promise<void> {
  const program = new Command('bench:fleet').description('measures the fleet on this machine; let it do nothing else');
  const load = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
  const add = (name: string, usual: number, measure: (count: number) => Promise<unknown>, what: string): void => {
    program
      .command(name)
      .description(what)
      .argument('[count]', '', parseCount, usual)
      .action(async (count: number) => {
        say(`load ${load} at the beginning`);
        await measure(count);
      });
  };
  add('scale', 300, scale, 'the same runs without and with a fleet, two at once');
  add('plain', 300, (count) => plainRuns(count, 2), 'the first half of it');
  add('campaign', 300, (count) => fleetRuns(count, 2), 'the second half of it');
  add('double', 60, double, 'one station, then two');
  add('memory', 10_000, memory, 'what finished runs leave in a station and in Redis');
  await program.parseAsync();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`bench:fleet: ${messageOf(thrown)}\n`);
  process.exitCode = 3;
});
