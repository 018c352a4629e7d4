import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { MILLISECOND, parseDuration } from '../clock';
import { plain } from './fleet-words';

interface StationFlags {
  readonly bench: string;
  readonly redis?: string;
  readonly name?: string;
  readonly state?: string;
  readonly parallel: number;
  readonly limit: number;
}

const DEFAULT_LIMIT = '60m';

async function runStation(flags: StationFlags): Promise<number> {
  const { openRedis, redisUrl } = require('../fleet/redis/connect') as typeof import('../fleet/redis/connect');
  const { openBench } = require('../fleet/station/devices') as typeof import('../fleet/station/devices');
  const { Station } = require('../fleet/station/station') as typeof import('../fleet/station/station');
  const { openEvidenceStore } = require('../fleet/evidence/open') as typeof import('../fleet/evidence/open');
  const url = redisUrl(flags.redis, process.env);
  const { bench, slots } = await openBench(flags.bench);
  const name = flags.name ?? bench.id;
  const log = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${plain(line)}\n`);
  const station = new Station({
    name,
    slots,
    client: await openRedis(url, 'patient'),
    redis: url,
    state: resolve(flags.state ?? stateFolder(name)),
    parallel: flags.parallel,
    limit: flags.limit,
    openStore: openEvidenceStore,
    log,
  });
  let asked = 0;
  const onSignal = (): void => {
    asked += 1;
    log(asked === 1 ? 'takes no more jobs and ends what runs (again to interrupt it)' : 'interrupts what runs');
    if (asked === 1) station.drain();
    else station.interrupt();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  log(`station ${name}: ${slots.length} devices, ${flags.parallel} at once`);
  const left = await station.run();
  if (left > 0)
    log(`${left} runs are not delivered: they stay here, and the next station with this name delivers them`);
  return left > 0 ? 3 : 0;
}

/** Where systemd puts it, or else the user's own place. */
function stateFolder(name: string): string {
  const base = process.env.STATE_DIRECTORY ?? process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state');
  return join(base, 'mctp-certify', `station-${name}`);
}

function parseParallel(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a number from 1 on.');
  return count;
}

function parseLimit(text: string): number {
  const limit = parseDuration(text);
  if (limit === undefined || limit < 1) throw new InvalidArgumentError('it is a duration such as 30m.');
  return limit / MILLISECOND;
}

export function register(program: Command): void {
  program
    .command('station')
    .description('offers the devices of this host to campaigns, until SIGTERM')
    .requiredOption('--bench <file>', 'which devices, and how they are reached')
    .option(
      '--redis <url>',
      'redis://, rediss:// or unix:PATH (default: MCTP_CERTIFY_REDIS, the better place for a password)',
    )
    .option('--name <name>', 'of this station (default: that of the bench)')
    .option('--state <dir>', 'where runs are kept until they are delivered')
    .option('--parallel <count>', 'runs at the same time', parseParallel, availableParallelism())
    .option('--limit <duration>', 'the longest that one run may take', parseLimit, parseLimit(DEFAULT_LIMIT))
    .action(async (flags: StationFlags) => {
      process.exitCode = await runStation(flags);
    });
}
