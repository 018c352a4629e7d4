import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { CertifyError, messageOf } from '../errors';
import { toolVersion } from '../version';
import { campaignResult } from './acceptance';
import { follow } from './follow';
import type { LocalRedis } from './local-redis';
import { startLocalRedis } from './local-redis';
import type { OpenOffice } from './office';
import { openOffice } from './office';
import { loadCampaign } from './plan';
import { ownProgram } from './station/child';
import { submit } from './submit';

/**
 * A lab on one machine: a redis-server of its own, stations, emulated cards of which some deviate, and one campaign over
 * them. Prints the acceptance verdict and where the page is; everything goes when it ends.
 */
interface Flags {
  readonly devices: number;
  readonly stations: number;
  readonly parallel: number;
  readonly profile: string;
  readonly tier?: string;
  readonly once: boolean;
}

/** Every so many cards one deviates, each in its way. */
const DEVIANT = 10;
const deviations = ['smbus-pec-not-checked', 'instance-id-zero', 'accepts-any-header-version'];

class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'mctp-certify-demo-'));
  private readonly children: ChildProcess[] = [];
  private readonly redis: LocalRedis;
  readonly office: OpenOffice;

  private constructor(redis: LocalRedis, office: OpenOffice) {
    this.redis = redis;
    this.office = office;
  }

  static async open(): Promise<Lab> {
    const redis = await startLocalRedis();
    return new Lab(redis, await openOffice(redis.url));
  }

  start(words: readonly string[], onLine: (line: string) => void): ChildProcess {
    const [command = process.execPath, ...before] = ownProgram();
    const child = spawn(command, [...before, ...words], {
      env: { ...process.env, MCTP_CERTIFY_REDIS: this.redis.url },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches this process, which ends its children in order.
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.on('data', (data: Buffer) => {
        const lines = (rest + data.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      });
    }
    this.children.push(child);
    return child;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.children.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        child.kill('SIGTERM');
        return gone;
      }),
    );
    await this.office.store.close();
    await this.redis.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function cards({ devices, stations }: Flags, station: number): readonly object[] {
  return Array.from({ length: devices }, (_, index) => index)
    .filter((index) => index % stations === station)
    .map((index) => {
      const name = `card-${String(index + 1).padStart(3, '0')}`;
      const isDeviant = index % DEVIANT === DEVIANT - 1;
      const deviation = deviations[Math.floor(index / DEVIANT) % deviations.length];
      return { name, labels: ['card'], uri: isDeviant ? `sim:nic?deviation=${deviation}` : 'sim:nic' };
    });
}

async function demonstrate(lab: Lab, flags: Flags): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const { folder, office } = lab;
  for (let index = 0; index < flags.stations; index += 1) {
    const name = `station-${index + 1}`;
    const bench = join(folder, `${name}.yaml`);
    writeFileSync(bench, JSON.stringify({ bench: name, devices: cards(flags, index) }));
    const words = ['station', '--bench', bench, '--state', join(folder, name), '--parallel', String(flags.parallel)];
    lab
      .start(words, () => undefined)
      .once('exit', (code) => {
        if (code !== 0 && code !== null) say(`${name} ended with exit code ${code}`);
      });
  }
  const offered = await until('the stations', async () => {
    const found = (await office.store.stations()).flatMap(({ devices }) => devices);
    return found.length === flags.devices && found;
  });
  say(
    `${flags.stations} stations offer ${flags.devices} emulated cards, ${Math.floor(flags.devices / DEVIANT)} of them deviant`,
  );
  const file = join(folder, 'campaign.yaml');
  const tier = flags.tier === undefined ? {} : { tier: flags.tier };
  writeFileSync(
    file,
    JSON.stringify({
      campaign: 'demo',
      title: `${flags.devices} emulated cards`,
      runs: [{ all: ['card'], profiles: [flags.profile], ...tier }],
      exclusive: true,
      store: './evidence',
    }),
  );
  mkdirSync(join(folder, 'evidence'));
  if (!flags.once) await servePage(lab, say);
  const begin = process.hrtime.bigint();
  await submit(office, loadCampaign(file), offered);
  if (await follow(office.store, 'demo', ({ counts }) => say(progress(counts)))) return;
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  const state = await office.store.campaign('demo');
  if (state === undefined) throw new CertifyError('INTERNAL', 'the campaign is gone');
  const tool = { name: 'mctp-certify', version: toolVersion() };
  const result = await campaignResult(state, office.store.jobs('demo'), tool);
  const own = result.jobs.reduce((sum, { outcome }) => sum + (outcome?.durationMs ?? 0), 0) / 1000;
  const slots = flags.stations * flags.parallel;
  say('');
  say(`${result.verdict.toUpperCase().replace('-', ' ')}  ${result.campaign.title}`);
  for (const reason of result.reasons) say(`  ${reason}`);
  for (const { name, verdict, reasons } of result.devices)
    if (verdict !== 'accepted') say(`  ${name}: ${verdict}: ${reasons[0]?.text ?? ''}`);
  say('  Demonstration: the cards are emulated, no statement rests on this');
  const idle = (100 * (seconds * slots - own)) / own;
  say(
    `  ${result.jobs.length} runs in ${seconds.toFixed(1)} s, ${slots} at once: ${own.toFixed(1)} s of runs' own time, ${idle.toFixed(1)} % more beside it`,
  );
}

function progress(counts: { readonly [status: string]: number }): string {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  return said.map(([status, count]) => `${count} ${status}`).join(', ');
}

/** Says the page's address as soon as the page does. */
async function servePage(lab: Lab, say: (line: string) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const page = lab.start(['campaign', 'serve', '--port', '0'], (line) => {
      say(line);
      if (/https?:\/\//.test(line)) resolve();
    });
    page.once('exit', () => resolve());
  });
}

async function until<T>(what: string, ask: () => Promise<T | false>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = await ask();
    if (answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new CertifyError('INTERNAL', `waited a minute for ${what}`);
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a number from 1 on.');
  return count;
}

async function main(): Promise<void> {
  const program = new Command('fleet:demo')
    .description('a lab on this machine: redis-server, stations, emulated cards, one campaign')
    .option('--devices <count>', 'emulated cards', parseCount, 50)
    .option('--stations <count>', 'stations', parseCount, 3)
    .option('--parallel <count>', 'runs at once on each station', parseCount, 1)
    .option('--profile <id>', 'what the cards are tested by', 'nic')
    .option('--tier <tier>', 'how much of it: smoke, gate, full')
    .option('--once', 'ends with the verdict; without it the page stays until Ctrl-C', false)
    .parse();
  const flags = program.opts<Flags>();
  const lab = await Lab.open();
  let interrupted: () => void = () => undefined;
  const ended = new Promise<'interrupted'>((resolve) => {
    interrupted = () => resolve('interrupted');
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  try {
    const done = await Promise.race([demonstrate(lab, flags).then(() => 'done' as const), ended]);
    if (done === 'done' && !flags.once) {
      process.stdout.write('Ctrl-C ends it\n');
      await ended;
    }
    if (done === 'interrupted') process.exitCode = 130;
  } finally {
    await lab.close();
  }
}

main().catch((thrown: unknown) => {
  process.stderr.write(`fleet:demo: ${messageOf(thrown)}\n`);
  process.exitCode = thrown instanceof CertifyError ? thrown.exit : 3;
});
