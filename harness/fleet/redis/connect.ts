import { Redis, type RedisOptions } from 'ioredis';
import { CertifyError, messageOf } from '../../errors';

/** The variable that names the Redis server where no `--redis` does; a password is better there than on a command line. */
export const REDIS_VARIABLE = 'MCTP_CERTIFY_REDIS';

/** Names a file with the authority that has signed the server's certificate. */
const CA_VARIABLE = 'MCTP_CERTIFY_REDIS_CA';

/** `patient`: commands wait until the server is back, as a station's do. `hasty`: they fail, as a person's do. */
export type Patience = 'patient' | 'hasty';

/** What is asked of a server before anything is entrusted to it. */
export const MINIMUM_VERSION = [6, 2] as const;

/** A socket that says nothing for so long, while an answer is due, is given up. Milliseconds. */
const SOCKET_TIMEOUT = 5_000;
const CONNECT_TIMEOUT = 5_000;
const DISCONNECT_TIMEOUT = 100;

/**
 * The server as it was named: `redis://`, `rediss://` (TLS), `unix:PATH`. Throws USAGE without repeating a password; one that
 * stands on the command line, where everybody on the host reads it, is written over.
 */
export function redisUrl(named: string | undefined, environment: NodeJS.ProcessEnv): string {
  const text = named ?? environment[REDIS_VARIABLE];
  if (text === undefined || text === '') {
    const message = `which Redis server? --redis redis://HOST:6379, or ${REDIS_VARIABLE} in the environment`;
    throw new CertifyError('USAGE', message);
  }
  if (/^unix:\/.+/.test(text)) return text;
  if (named !== undefined && hasSecret(named)) process.title = 'mctp-certify';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new CertifyError('USAGE', notUrl);
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') throw new CertifyError('USAGE', notUrl);
  if (!/^(\/\d*)?$/.test(url.pathname))
    throw new CertifyError('USAGE', `the path of a Redis URL is the number of its database: ${withoutSecret(text)}`);
  return text;
}

const notUrl =
  'a Redis server is named redis://[USER:PASSWORD@]HOST:PORT[/DATABASE], rediss://… with TLS, or unix:/PATH';

/** The server without user and password, for messages. */
export function withoutSecret(text: string): string {
  if (text.startsWith('unix:')) return text;
  try {
    const url = new URL(text);
    return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  } catch {
    return 'the Redis server';
  }
}

function hasSecret(text: string): boolean {
  return /^rediss?:\/\/[^/]*@/.test(text);
}

/** A client that is not connected yet. It never throws into nowhere: what goes wrong is told by the commands. */
export function redisClient(text: string, patience: Patience, environment: NodeJS.ProcessEnv = process.env): Redis {
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: SOCKET_TIMEOUT,
    keepAlive: SOCKET_TIMEOUT,
    disconnectTimeout: DISCONNECT_TIMEOUT,
    // Commands that a cut-off station has sent may have been done: each of ours may be done twice.
    maxRetriesPerRequest: patience === 'patient' ? null : 1,
    retryStrategy: (times) => {
      if (patience === 'hasty' && times > 2) return null;
      return Math.min(50 * 2 ** Math.min(times, 6), 1_000);
    },
  };
  const ca = environment[CA_VARIABLE];
  if (text.startsWith('rediss:') && ca !== undefined) {
    options.tls = { ca: readAuthority(ca) };
  }
  const client = text.startsWith('unix:')
    ? new Redis({ ...options, path: text.slice('unix:'.length) })
    : new Redis(text, options);
  client.on('error', () => undefined);
  return client;
}

function readAuthority(file: string): Buffer {
  const { readFileSync } = require('node:fs') as typeof import('node:fs');
  try {
    return readFileSync(file);
  } catch (thrown) {
    throw new CertifyError('USAGE', `${CA_VARIABLE}: cannot read ${file} (${messageOf(thrown)})`, { file }, thrown);
  }
}

/** Connects, and refuses a server that would lose jobs: one line says what to set. */
export async function openRedis(
  text: string,
  patience: Patience,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Redis> {
  const client = redisClient(text, patience, environment);
  const where = withoutSecret(text);
  try {
    await connected(client);
    const findings = serverFindings(await facts(client));
    if (findings.length > 0) throw new CertifyError('USAGE', `${where}: ${findings.join('; ')}`, { server: where });
    return client;
  } catch (thrown) {
    client.disconnect();
    if (thrown instanceof CertifyError) throw thrown;
    const secret = new URL(text.startsWith('unix:') ? 'unix:' : text);
    const said = [secret.password, decodeURIComponent(secret.password), secret.username]
      .filter((word) => word !== '')
      .reduce((line, word) => line.replaceAll(word, '…'), messageOf(thrown));
    const isUntrusted = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(String((thrown as { code?: unknown }).code));
    const advice = isUntrusted ? `: name a file with its authority in ${CA_VARIABLE}` : '';
    throw new CertifyError('OUT_OF_REACH', `${where} does not answer: ${said}${advice}`, { server: where });
  }
}

/** The first attempt decides: whoever starts something wants to know at once. */
async function connected(client: Redis): Promise<void> {
  let last: Error | undefined;
  const note = (error: Error): void => {
    last = error;
  };
  client.on('error', note);
  try {
    await client.connect();
  } catch (thrown) {
    throw last ?? thrown;
  } finally {
    client.off('error', note);
  }
}

/** What a server says of itself; undefined where it does not tell. */
export interface ServerFacts {
  readonly version: string;
  readonly evictionPolicy?: string;
  readonly appendOnly?: string;
  readonly appendFsync?: string;
}

async function facts(client: Redis): Promise<ServerFacts> {
  const info = await client.info();
  const told = (name: string): string | undefined => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]?.trim();
  const setting = async (name: string): Promise<string | undefined> => {
    try {
      const [, value] = (await client.config('GET', name)) as string[];
      return value;
    } catch {
      // CONFIG may be forbidden; what INFO tells has to do.
      return undefined;
    }
  };
  const [evictionPolicy, appendOnly, appendFsync] = [
    (await setting('maxmemory-policy')) ?? told('maxmemory_policy'),
    (await setting('appendonly')) ??
      (told('aof_enabled') === '1' ? 'yes' : told('aof_enabled') === '0' ? 'no' : undefined),
    await setting('appendfsync'),
  ];
  return {
    version: told('redis_version') ?? '0',
    ...(evictionPolicy === undefined ? {} : { evictionPolicy }),
    ...(appendOnly === undefined ? {} : { appendOnly }),
    ...(appendFsync === undefined ? {} : { appendFsync }),
  };
}

/** What has to be set before a server is trusted with jobs. */
export function serverFindings({ version, evictionPolicy, appendOnly, appendFsync }: ServerFacts): readonly string[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_VERSION;
  const old = major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
  return [
    ...(old ? [`Redis ${version} is too old: ${wantedMajor}.${wantedMinor} or newer`] : []),
    ...(evictionPolicy === undefined || evictionPolicy === 'noeviction'
      ? []
      : [`would drop jobs when its memory is full: CONFIG SET maxmemory-policy noeviction (it is ${evictionPolicy})`]),
    ...(appendOnly === undefined || appendOnly === 'yes'
      ? []
      : ['would lose jobs when it stops: CONFIG SET appendonly yes, and in its redis.conf too']),
    ...(appendFsync === 'no'
      ? ['may lose jobs when its machine stops: CONFIG SET appendfsync everysec, or always']
      : []),
  ];
}
