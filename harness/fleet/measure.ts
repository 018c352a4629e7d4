import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { messageOf } from '../errors';
import { openEvidenceStore } from './evidence/open';
import { follow } from './follow';
import { cardName, cardUri, Lab } from './lab';
import { startLocalRedis } from './local-redis';
import { measurePage } from './measure-page';
import type { StationDevice } from './model';
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
  /** Processor time of the runs, and of what runs them. */
  readonly processor: number;
  readonly own: number;
}

const nothing: Measured = { wall: 0, runs: 0, processor: 0, own: 0 };

function sum(one: Measured, other: Measured): Measured {
  return {
    wall: one.wall + other.wall,
    runs: one.runs + other.runs,
    processor: one.processor + other.processor,
    own: one.own + other.own,
  };
}

/** Runs without a fleet, `parallel` at once. */
async function plainRuns(cards: readonly number[], parallel: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-plain-'));
  const [command = process.execPath, ...before] = ownProgram();
  const waiting = [...cards];
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
  const spent = processorTime([process.pid]);
  rmSync(folder, { recursive: true, force: true });
  const [own, processor] = [spent.own - started.own, spent.runs - started.runs];
  return { wall, runs, processor: processor / TICKS, own: own / TICKS };
}

/** Stations with one run at a time each, and a campaign over some of their cards: from its submission to its last verdict. */
async function fleetRuns(lab: Lab, offered: readonly StationDevice[], cards: readonly number[]): Promise<Measured> {
  const { store } = lab.office;
  campaigns += 1;
  const id = `bench-${campaigns}`;
  const before = processorTime(lab.pids());
  const began = process.hrtime.bigint();
  await lab.submit({ id, profile: PROFILE, tier: TIER, only: cards.map(cardName) }, offered);
  await follow(store, id, () => undefined);
  const wall = secondsSince(began);
  const after = processorTime(lab.pids());
  let runs = 0;
  for await (const { status, outcome } of store.jobs(id)) {
    if (outcome === undefined || !['passed', 'failed'].includes(status))
      throw new Error(`not every run came to its verdict: one is ${status}`);
    runs += outcome.durationMs / 1000;
  }
  return { wall, runs, processor: (after.runs - before.runs) / TICKS, own: (after.own - before.own) / TICKS };
}

let campaigns = 0;

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

function tell(what: string, runs: number, places: number, measured: Measured): void {
  const { wall, runs: own, processor } = measured;
  const each = (seconds: number): string => `${((1000 * seconds) / runs).toFixed(0)} ms`;
  say(
    `${what}: ${runs} runs in ${wall.toFixed(1)} s, each ${each(own)} by the clock and ${each(processor)} of a processor`,
  );
  say(
    `  places without a run ${percent((wall * places - own) / own)}, processor time beside the runs ${percent(measured.own / processor)}`,
  );
}

/** So many cards at a time, without and with the fleet by turns: whatever else the machine does hits both alike. */
const ROUND = 100;

async function scale(devices: number): Promise<void> {
  const lab = await Lab.open();
  try {
    const stations = 2;
    const offered = await lab.stations({ devices, stations, parallel: 1 }, say);
    say(
      `${devices} cards (${PROFILE}, tier ${TIER}), ${stations} stations with one run at a time, or ${stations} runs at once without them`,
    );
    let [plain, fleet] = [nothing, nothing];
    for (let from = 0; from < devices; from += ROUND) {
      const cards = Array.from({ length: Math.min(ROUND, devices - from) }, (_, index) => from + index);
      lab.pause(true);
      plain = sum(plain, await plainRuns(cards, stations));
      lab.pause(false);
      fleet = sum(fleet, await fleetRuns(lab, offered, cards));
      const runs = from + cards.length;
      tell('without a fleet', runs, stations, plain);
      tell('as campaigns', runs, stations, fleet);
      say(`  the fleet adds ${percent(fleet.wall / plain.wall - 1)} of wall time`);
    }
  } finally {
    lab.pause(false);
    await lab.close();
  }
}

async function double(devices: number): Promise<void> {
  const cards = Array.from({ length: devices }, (_, index) => index);
  const took: number[] = [];
  for (const stations of [1, 2]) {
    const lab = await Lab.open();
    try {
      const offered = await lab.stations({ devices, stations, parallel: 1 }, say);
      const measured = await fleetRuns(lab, offered, cards);
      tell(`${stations} station${stations === 1 ? '' : 's'}`, devices, stations, measured);
      took.push(measured.wall);
    } finally {
      await lab.close();
    }
  }
  const [one = 0, two = 0] = took;
  const [alone, beside] = [await plainRuns(cards, 1), await plainRuns(cards, 2)];
  tell('without a fleet, one at a time', devices, 1, alone);
  tell('without a fleet, two at a time', devices, 2, beside);
  const cores = alone.wall / beside.wall;
  say(
    `two stations are ${(one / two).toFixed(2)} times as fast as one; two runs at once without them ${cores.toFixed(2)} times`,
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
  add('double', 60, double, 'one station, then two');
  const spent = (pid: number): number => (1000 * processorTime([pid]).own) / TICKS;
  add('page', 10_000, (count) => measurePage(count, { say, spent }), 'the page over one large campaign');
  add('memory', 10_000, memory, 'what finished runs leave in a station and in Redis');
  await program.parseAsync();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`bench:fleet: ${messageOf(thrown)}\n`);
  process.exitCode = 3;
});
