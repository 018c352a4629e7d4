import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertifyError } from '../errors';
import type { Tier } from '../names';
import type { LocalRedis } from './local-redis';
import { startLocalRedis } from './local-redis';
import type { StationDevice } from './model';
import type { OpenOffice } from './office';
import { openOffice } from './office';
import { loadCampaign } from './plan';
import { ownProgram } from './station/child';
import { submit } from './submit';

export interface LabShape {
  readonly devices: number;
  readonly stations: number;
  /** Runs at once on each station. */
  readonly parallel: number;
}

export interface LabCampaign {
  readonly id: string;
  readonly profile: string;
  readonly tier?: Tier;
  /** Names of cards. */
  readonly only?: readonly string[];
}

/** Every so many cards one deviates, each in its way. */
const DEVIANT = 10;
/** Each is found by the tier smoke, and so by all of them. */
const deviations = [
  'type-count-too-small',
  'uuid-cut-short',
  'eid-type-changes',
  'answers-whoever-owns-the-tag',
  'unknown-commands-succeed',
] as const;

/** What is wrong with the card of a number, from 0; undefined: nothing. */
export function deviationOf(index: number): string | undefined {
  if (index % DEVIANT !== DEVIANT - 1) return undefined;
  return deviations[Math.floor(index / DEVIANT) % deviations.length];
}

export function cardUri(index: number): string {
  const deviation = deviationOf(index);
  return deviation === undefined ? 'sim:nic' : `sim:nic?deviation=${deviation}`;
}

export function cardName(index: number): string {
  return `card-${String(index + 1).padStart(3, '0')}`;
}

/** A redis-server of its own and stations as processes, with emulated cards: all of it goes when it is closed. */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), 'mctp-certify-lab-'));
  readonly office: OpenOffice;
  private readonly redis: LocalRedis;
  private readonly children: ChildProcess[] = [];

  private constructor(redis: LocalRedis, office: OpenOffice) {
    this.redis = redis;
    this.office = office;
  }

  static async open(): Promise<Lab> {
    const redis = await startLocalRedis();
    return new Lab(redis, await openOffice(redis.url));
  }

  /** Processes of the fleet itself: stations and Redis. */
  pids(): readonly number[] {
    return [this.redis.pid(), ...this.children.map(({ pid }) => pid)].filter((pid) => pid !== undefined);
  }

  /** Stops its processes as they are, or lets them go on. */
  pause(isPaused: boolean): void {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, isPaused ? 'SIGSTOP' : 'SIGCONT');
      } catch {
        // It has ended, which the stations' own words tell.
      }
    }
  }

  /** Starts this program with other arguments. */
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

  /** Starts stations and waits until they offer their cards. */
  async stations(
    { devices, stations, parallel }: LabShape,
    say: (line: string) => void,
  ): Promise<readonly StationDevice[]> {
    const indices = Array.from({ length: devices }, (_, index) => index);
    for (let station = 0; station < stations; station += 1) {
      const name = `station-${station + 1}`;
      const cards = indices
        .filter((index) => index % stations === station)
        .map((index) => ({
          name: cardName(index),
          labels: ['card'],
          uri: cardUri(index),
        }));
      const bench = join(this.folder, `${name}.yaml`);
      writeFileSync(bench, JSON.stringify({ bench: name, devices: cards }));
      const state = join(this.folder, name);
      let last = '';
      const child = this.start(
        ['station', '--bench', bench, '--state', state, '--parallel', String(parallel)],
        (line) => {
          last = line;
        },
      );
      child.once('exit', (code) => {
        if (code !== 0 && code !== null) say(`${name} ended with exit code ${code}: ${last}`);
      });
    }
    const { store } = this.office;
    return until('the stations', async () => {
      const found = (await store.stations()).flatMap((station) => station.devices);
      return found.length === devices && found;
    });
  }

  /** One run of each card, or of those that are named. */
  async submit({ id, profile, tier, only }: LabCampaign, offered: readonly StationDevice[]): Promise<void> {
    const file = join(this.folder, `${id}.yaml`);
    const which = only === undefined ? { all: ['card'] } : { devices: only };
    const run = { ...which, profiles: [profile], ...(tier === undefined ? {} : { tier }) };
    const title = `${only?.length ?? offered.length} emulated cards`;
    writeFileSync(
      file,
      JSON.stringify({ campaign: id, title, runs: [run], exclusive: true, store: `./evidence-${id}` }),
    );
    await submit(this.office, loadCampaign(file), offered);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.children.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined;
        const gone = new Promise((resolve) => child.once('exit', resolve));
        // Twice: what runs is interrupted.
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGTERM'), 100);
        return gone;
      }),
    );
    await this.office.store.close();
    await this.redis.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function until<T>(what: string, ask: () => Promise<T | false>): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const answer = await ask();
    if (answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new CertifyError('INTERNAL', `waited a minute for ${what}`);
}
