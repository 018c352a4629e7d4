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
import { ownProgram } from './station/child';
import { openBench } from './station/devices';
import { Station } from './station/station';
import { submit } from './submit';

/** `npm run bench:fleet`: what the fleet adds to the runs' own time, what a second station brings, what ten thousand runs leave. */
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const secondsSince = (began: bigint): number => Number(process.hrtime.bigint() - began) / 1e9;

const PROFILE = 'nic';
const TIER = 'smoke';

/** The same runs without a fleet, `parallel` at once; seconds. */
async function plainRuns(devices: number, parallel: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-plain-'));
  const [command = process.execPath, ...before] = ownProgram();
  const waiting = Array.from({ length: devices }, (_, index) => index);
  const began = process.hrtime.bigint();
  const work = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const words = ['run', PROFILE, '--device', cardUri(index), '--out', join(folder, String(index)), '--quiet'];
      const child = spawn(command, [...before, ...words, '--tier', TIER, '--exclusive'], { stdio: 'ignore' });
      await new Promise((resolve) => child.once('exit', resolve));
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const seconds = secondsSince(began);
  rmSync(folder, { recursive: true, force: true });
  return seconds;
}

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

/** The campaign over these cards, from its submission to its last verdict; seconds. */
async function fleetRuns(devices: number, stations: number): Promise<number> {
  const lab = await Lab.open();
  try {
    const offered = await lab.stations({ devices, stations, parallel: 1 }, say);
    const before = processorTime(lab.pids());
    const began = process.hrtime.bigint();
    await lab.submit({ id: 'bench', profile: PROFILE, tier: TIER }, offered);
    await follow(lab.office.store, 'bench', () => undefined);
    const seconds = secondsSince(began);
    const after = processorTime(lab.pids());
    const [own, runs] = [after.own - before.own, after.runs - before.runs];
    say(
      `${devices} runs, ${stations} stations: processor time of stations and Redis is ${((100 * own) / runs).toFixed(1)} % of the runs'`,
    );
    const state = await lab.office.store.campaign('bench');
    const { passed = 0, failed = 0 } = state?.counts ?? {};
    if (passed + failed !== devices)
      throw new Error(`not every run came to its verdict: ${JSON.stringify(state?.counts)}`);
    return seconds;
  } finally {
    await lab.close();
  }
}

async function scale(devices: number): Promise<void> {
  const plain = await plainRuns(devices, 2);
  say(`${devices} runs (${PROFILE}, tier ${TIER}) without a fleet, 2 at once: ${plain.toFixed(1)} s`);
  const two = await fleetRuns(devices, 2);
  say(
    `the same as a campaign, 2 stations: ${two.toFixed(1)} s, the fleet adds ${(100 * (two / plain - 1)).toFixed(1)} %`,
  );
}

async function double(devices: number): Promise<void> {
  const one = await fleetRuns(devices, 1);
  const two = await fleetRuns(devices, 2);
  say(
    `${devices} runs, 1 station ${one.toFixed(1)} s, 2 stations ${two.toFixed(1)} s: ${(one / two).toFixed(2)} times as fast`,
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
const megabytes = (octets: number): string => `${(octets / 1e6).toFixed(0)} MB`;

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
  say('finished runs | heap of the station | resident | Redis');
  for (let part = 1; part <= 10; part += 1) {
    writeFileSync(file, JSON.stringify({ campaign: `memory-${part}`, runs: [run], store: './evidence' }));
    await submit(office, loadCampaign(file), devices);
    await follow(office.store, `memory-${part}`, () => undefined);
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    say(`${part * run.repeats * CARDS} | ${megabytes(heapUsed)} | ${megabytes(rss)} | ${megabytes(await used())}`);
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
  const begin = (): void => say(`load ${load} at the beginning`);
  program
    .command('scale')
    .argument('[devices]', '', parseCount, 300)
    .action(async (count: number) => {
      begin();
      await scale(count);
    });
  program
    .command('double')
    .argument('[devices]', '', parseCount, 60)
    .action(async (count: number) => {
      begin();
      await double(count);
    });
  program
    .command('memory')
    .argument('[runs]', '', parseCount, 10_000)
    .action(async (count: number) => {
      begin();
      await memory(count);
    });
  await program.parseAsync();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`bench:fleet: ${messageOf(thrown)}\n`);
  process.exitCode = 3;
});
