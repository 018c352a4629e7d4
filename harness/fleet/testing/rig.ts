import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../package-root';
import type { LocalRedis, LocalRedisOptions } from '../local-redis';
import { startLocalRedis } from '../local-redis';
import type { CampaignState, JobState } from '../model';
import type { OpenOffice } from '../office';
import { openOffice } from '../office';
import { loadCampaign } from '../plan';
import { openJobs } from '../redis/read-store';
import { submit } from '../submit';

export interface RigDevice {
  readonly name: string;
  readonly labels?: readonly string[];
  /** Left out: emulated, and told apart in the log by its name. */
  readonly uri?: string;
}

/** A station in a process of its own. */
export interface RigStation {
  readonly pid: number;
  /** SIGKILL, and to what it has started too where `whole`: as the end of its host would. */
  kill(whole?: boolean): Promise<void>;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  said(): string;
}

export interface StationSetting {
  readonly devices: readonly RigDevice[];
  /** How long a run takes, in milliseconds. */
  readonly takes: number;
  readonly redis?: string;
  readonly full?: string;
  readonly parallel?: number;
  /** Words before the command, as `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

/** A redis-server, stations as processes, and a log of what was begun: torn down as a whole. */
export class Rig {
  readonly folder = mkdtempSync(join(tmpdir(), 'mctp-certify-fleet-'));
  readonly log = join(this.folder, 'log');
  readonly redis: LocalRedis;
  private readonly stations = new Set<ChildProcess>();
  private readonly isOwn: boolean;
  private readonly env: NodeJS.ProcessEnv;
  private office: OpenOffice;

  private constructor(redis: LocalRedis, office: OpenOffice, isOwn: boolean, env: NodeJS.ProcessEnv) {
    this.redis = redis;
    this.office = office;
    this.isOwn = isOwn;
    this.env = env;
    writeFileSync(this.log, '');
  }

  /** `given`: a server that is there, and stays; variables for the stations. */
  static async open(
    options: LocalRedisOptions = {},
    { redis, env = {} }: { readonly redis?: LocalRedis; readonly env?: NodeJS.ProcessEnv } = {},
  ): Promise<Rig> {
    const own = redis ?? (await startLocalRedis(options));
    return new Rig(own, await openOffice(own.url), redis === undefined, env);
  }

  async close(): Promise<void> {
    for (const child of this.stations) child.kill('SIGKILL');
    for (const pid of this.begun().map(({ pid: each }) => each)) end(pid);
    await this.office.store.close();
    if (this.isOwn) await this.redis.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A new connection, after the server was away. */
  async reopen(): Promise<void> {
    await this.office.store.close();
    this.office = await openOffice(this.redis.url);
  }

  station(name: string, { devices, takes, redis, full, parallel = 4, within = [] }: StationSetting): RigStation {
    const bench = join(this.folder, `${name}.yaml`);
    const lines = devices.map(({ name: device, labels = [], uri = `sim:nic?deviation=${device}` }) =>
      JSON.stringify({ name: device, labels, uri }),
    );
    writeFileSync(bench, `bench: ${name}\ndevices: [${lines.join(', ')}]\n`);
    const state = join(this.folder, `state-${name}`);
    mkdirSync(state, { recursive: true });
    const given = {
      name,
      redis: redis ?? this.redis.url,
      bench,
      state,
      parallel,
      ...(full === undefined ? {} : { full }),
    };
    const program = join(packageRoot(), 'dist/harness/fleet/testing/station-process.js');
    const [command = process.execPath, ...words] = [...within, process.execPath, program, JSON.stringify(given)];
    const child = spawn(command, words, {
      env: { ...process.env, ...this.env, STUB_LOG: this.log, STUB_MS: String(takes) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.stations.add(child);
    let said = '';
    child.stderr?.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    return {
      pid: child.pid ?? 0,
      said: () => said,
      kill: async (whole = false) => {
        child.kill('SIGKILL');
        await gone;
        if (whole) for (const { pid } of this.begun()) end(pid);
      },
      stop: async () => {
        child.kill('SIGTERM');
        await gone;
      },
    };
  }

  /** Submits a campaign; devices by name, or `any` of a label. */
  async submit(id: string, text: string): Promise<void> {
    const file = join(this.folder, `${id}.yaml`);
    writeFileSync(file, `campaign: ${id}\nstore: ./evidence\n${text}\n`);
    await submit(this.office, loadCampaign(file), []);
  }

  async jobs(id: string): Promise<readonly JobState[]> {
    const jobs: JobState[] = [];
    for await (const job of this.office.store.jobs(id)) jobs.push(job);
    return jobs;
  }

  get fleet(): OpenOffice {
    return this.office;
  }

  /** Until what is asked for holds; throws with `what` after `limit` milliseconds. */
  async until<T>(
    what: string,
    ask: () => Promise<T | undefined | false> | T | undefined | false,
    limit = 60_000,
  ): Promise<T> {
    const end = Date.now() + limit;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  finished(id: string, limit?: number): Promise<CampaignState> {
    return this.until(
      `the end of ${id}`,
      async () => {
        const state = await this.office.store.campaign(id);
        return state !== undefined && state.jobs > 0 && openJobs(state.counts) === 0 && state;
      },
      limit,
    );
  }

  /** What was begun, and by which process. */
  begun(): readonly { readonly device: string; readonly pid: number }[] {
    return readFileSync(this.log, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('begin '))
      .map((line) => {
        const [, uri = '', pid = '0'] = /^begin (.*) (\d+)$/.exec(line) ?? [];
        return { device: uri.slice(uri.indexOf('=') + 1), pid: Number(pid) };
      });
  }

  beginning(count: number): Promise<number> {
    return this.until(`${count} runs begun`, () => (this.begun().length >= count ? this.begun().length : undefined));
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
