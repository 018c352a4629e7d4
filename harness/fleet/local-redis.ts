import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertifyError } from '../errors';
import { redisClient } from './redis/connect';

/** A redis-server of our own, in a folder of its own, reached by a socket in it: for the demonstration and for tests. */
export interface LocalRedis {
  readonly url: string;
  readonly folder: string;
  /** The server's process, undefined while it is down. */
  pid(): number | undefined;
  /** Ends it at once, as a power cut would end the process. */
  kill(): Promise<void>;
  /** Starts it again on the same files. */
  start(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export interface LocalRedisOptions {
  /** Settings over those that are right, by name. */
  readonly settings?: { readonly [name: string]: string };
  /** Instead of a socket: an address to listen on. */
  readonly listen?: { readonly host: string; readonly port: number };
}

const ATTEMPTS = 200;

export async function startLocalRedis(options: LocalRedisOptions = {}): Promise<LocalRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-redis-'));
  mkdirSync(join(folder, 'data'), { mode: 0o700 });
  const { listen } = options;
  const url = listen === undefined ? `unix:${join(folder, 'socket')}` : `redis://${listen.host}:${listen.port}`;
  const settings: { readonly [name: string]: string } = {
    ...(listen === undefined
      ? { port: '0', unixsocket: join(folder, 'socket'), unixsocketperm: '600' }
      : { bind: listen.host, port: String(listen.port), 'protected-mode': 'no' }),
    dir: join(folder, 'data'),
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
    save: '',
    ...options.settings,
  };
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    // Of a group of its own: Ctrl-C is for who started it, and who still needs it to end in order.
    const started = spawn('redis-server', words, { stdio: 'ignore', detached: true });
    child = started;
    let failure: string | undefined;
    started.once('error', () => {
      failure = 'there is no redis-server on this machine: npm run fleet:setup, as root, installs it';
    });
    started.once('exit', (code) => {
      failure ??= `redis-server ended at once (${code})`;
      if (child === started) child = undefined;
    });
    for (let attempt = 0; attempt < ATTEMPTS && failure === undefined; attempt += 1) {
      if (await answers(url)) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new CertifyError('OUT_OF_REACH', failure ?? 'redis-server does not answer');
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const running = child;
    if (running === undefined) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await gone;
  };
  try {
    await start();
  } catch (thrown) {
    rmSync(folder, { recursive: true, force: true });
    throw thrown;
  }
  return {
    url,
    folder,
    pid: () => child?.pid,
    kill: () => kill(),
    start,
    close: async () => {
      await kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = redisClient(url, 'hasty');
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
