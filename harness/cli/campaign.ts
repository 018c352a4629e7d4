import type { Command } from 'commander';
import { CertifyError } from '../errors';
import type { CampaignState } from '../fleet/model';
import { toolVersion } from '../version';
import type { CampaignReportFlags } from './campaign-report';
import type { ServeFlags } from './campaign-serve';
import { plain } from './fleet-words';

interface FleetFlags {
  readonly redis?: string;
  readonly json: boolean;
}

type FleetModule = typeof import('../fleet/office');
type Opened = Awaited<ReturnType<FleetModule['openOffice']>>;

/** Loaded when a fleet is asked for: Redis is not everybody's. */
function fleet(): FleetModule {
  return require('../fleet/office') as FleetModule;
}

async function withOffice<T>({ redis }: { readonly redis?: string }, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await fleet().openOffice(redis);
  try {
    return await work(opened);
  } finally {
    await opened.store.close();
  }
}

async function stateOf({ store }: Opened, id: string): Promise<CampaignState> {
  const state = await store.campaign(id);
  if (state !== undefined) return state;
  const known = (await store.campaigns()).map(({ campaign }) => campaign.id);
  const there = known.length === 0 ? 'there is none' : `there is ${known.slice(0, 12).join(', ')}`;
  throw new CertifyError('UNKNOWN_NAME', `no campaign "${plain(id)}": ${there}`, { campaign: id });
}

/** 0 accepted, 1 not accepted, 3 where not every device can be judged. */
async function verdictOf(
  opened: Opened,
  state: CampaignState,
): Promise<{ readonly code: 0 | 1 | 3; readonly lines: readonly string[] }> {
  const { openJobs } = require('../fleet/redis/read-store') as typeof import('../fleet/redis/read-store');
  const open = openJobs(state.counts);
  if (open > 0) return { code: 3, lines: [`NOT FINISHED  ${open} of ${state.jobs} jobs wait or run`] };
  const { campaignResult } = require('../fleet/acceptance') as typeof import('../fleet/acceptance');
  const tool = { name: 'mctp-certify', version: toolVersion() };
  const result = await campaignResult(state, opened.store.jobs(state.campaign.id), tool);
  const { renderCampaignText } = require('../../reports/campaign/text') as typeof import('../../reports/campaign/text');
  const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  const code = result.verdict === 'accepted' ? 0 : result.verdict === 'not-accepted' ? 1 : 3;
  return { code, lines: [renderCampaignText(result, { colour }).trimEnd()] };
}

async function runCampaign(file: string, flags: FleetFlags & { readonly detach: boolean }): Promise<number> {
  const { loadCampaign } = require('../fleet/plan') as typeof import('../fleet/plan');
  const { submit } = require('../fleet/submit') as typeof import('../fleet/submit');
  const loaded = loadCampaign(file);
  return withOffice(flags, async (opened) => {
    const stations = await opened.store.stations();
    const offered = stations.flatMap(({ devices }) => devices.filter(({ state }) => state !== 'lost'));
    const { jobs, entered, missing } = await submit(opened, loaded, offered);
    const { id } = loaded.campaign;
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    say(`campaign ${id}: ${jobs} jobs${entered === jobs ? '' : `, ${entered} of them new`}`);
    if (missing.length > 0)
      say(`no station offers ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? ' …' : ''}: these wait`);
    if (flags.detach) return 0;
    const { follow } = require('../fleet/follow') as typeof import('../fleet/follow');
    const { progressLine } = require('./fleet-words') as typeof import('./fleet-words');
    const interrupted = await follow(opened.store, id, (state) => say(progressLine(state)));
    if (interrupted) {
      say(`the campaign goes on without this command: mctp-certify campaign status ${id}, or campaign cancel ${id}`);
      return 130;
    }
    return tellStatus(opened, id, flags);
  });
}

async function tellStatus(opened: Opened, id: string, { json }: FleetFlags): Promise<number> {
  const state = await stateOf(opened, id);
  const { code, lines } = await verdictOf(opened, state);
  const { writeStatus, writeStatusJson } = require('./fleet-words') as typeof import('./fleet-words');
  const write = (text: string): boolean => process.stdout.write(text);
  if (json) await writeStatusJson(opened.store, state, code, write);
  else await writeStatus(opened.store, state, lines, write);
  return code;
}

async function status(id: string | undefined, flags: FleetFlags): Promise<number> {
  return withOffice(flags, async (opened) => {
    await opened.expire();
    if (id !== undefined) return tellStatus(opened, id, flags);
    const { overview } = require('./fleet-words') as typeof import('./fleet-words');
    const [campaigns, stations] = await Promise.all([opened.store.campaigns(), opened.store.stations()]);
    if (flags.json) process.stdout.write(`${JSON.stringify({ campaigns, stations }, undefined, 2)}\n`);
    else process.stdout.write(overview(campaigns, stations));
    return 0;
  });
}

async function cancelCampaign(
  id: string,
  flags: FleetFlags & { readonly running: boolean; readonly reason?: string },
): Promise<number> {
  const { cancel } = require('../fleet/submit') as typeof import('../fleet/submit');
  return withOffice(flags, async (opened) => {
    const state = await stateOf(opened, id);
    const reason = flags.reason ?? 'cancelled by hand';
    const jobs = opened.store.jobs(state.campaign.id);
    const counts = await cancel(opened, id, jobs, { running: flags.running, reason });
    const rest = (await stateOf(opened, id)).counts.running;
    const running = flags.running
      ? `, ${counts.running} runs are asked to end`
      : rest > 0
        ? `, ${rest} runs go on (--running ends them)`
        : '';
    process.stdout.write(`${counts.waiting} waiting jobs cancelled${running}\n`);
    return 0;
  });
}

async function resumeCampaign(id: string, flags: FleetFlags): Promise<number> {
  const { resume } = require('../fleet/submit') as typeof import('../fleet/submit');
  return withOffice(flags, async (opened) => {
    await stateOf(opened, id);
    const { again, left } = await resume(opened, id, opened.store.jobs(id));
    const why = left === 0 ? '' : `, ${left} left as they are: they were begun and have lasting effects`;
    process.stdout.write(`${again} jobs wait again${why}\n`);
    return 0;
  });
}

function reporting(): typeof import('./campaign-report') {
  return require('./campaign-report') as typeof import('./campaign-report');
}

function serving(): typeof import('./campaign-serve') {
  return require('./campaign-serve') as typeof import('./campaign-serve');
}

function addRedis(command: Command): Command {
  return command
    .option(
      '--redis <url>',
      'redis://, rediss:// or unix:PATH (default: MCTP_CERTIFY_REDIS, the better place for a password)',
    )
    .option('--json', 'prints JSON', false);
}

export function register(program: Command): void {
  const campaign = program
    .command('campaign')
    .description('tests many devices on many hosts, and says which are accepted');
  addRedis(
    campaign
      .command('run')
      .description('submits a campaign and waits for its end')
      .argument('<file>', 'a campaign file'),
  )
    .option('--detach', 'does not wait', false)
    .action(async (file: string, flags: FleetFlags & { readonly detach: boolean }) => {
      process.exitCode = await runCampaign(file, flags);
    });
  addRedis(
    campaign
      .command('status')
      .description('how far a campaign is; without one, all of them')
      .argument('[id]', 'a campaign'),
  ).action(async (id: string | undefined, flags: FleetFlags) => {
    process.exitCode = await status(id, flags);
  });
  addRedis(campaign.command('cancel').description('cancels the jobs that wait').argument('<id>', 'a campaign'))
    .option('--running', 'ends those that run, too: their devices are restored', false)
    .option('--reason <text>', 'why')
    .action(async (id: string, flags: FleetFlags & { readonly running: boolean; readonly reason?: string }) => {
      process.exitCode = await cancelCampaign(id, flags);
    });
  addRedis(
    campaign.command('resume').description('submits again what has no verdict').argument('<id>', 'a campaign'),
  ).action(async (id: string, flags: FleetFlags) => {
    process.exitCode = await resumeCampaign(id, flags);
  });
  const report = addRedis(
    campaign.command('report').description('writes the report of a campaign').argument('<id>', 'a campaign'),
  );
  reporting()
    .addCampaignReportOptions(report)
    .action(async (id: string, flags: FleetFlags & CampaignReportFlags) => {
      process.exitCode = await withOffice(flags, async (opened) => {
        await opened.expire();
        return reporting().reportCampaign(opened.store, await stateOf(opened, id), flags);
      });
    });
  const serve = campaign.command('serve').description('shows the fleet to browsers');
  serving()
    .addServeOptions(serve)
    .option('--redis <url>', 'as the other commands')
    .action(async (flags: ServeFlags & { readonly redis?: string }) => {
      process.exitCode = await withOffice(flags, ({ store }) => serving().serveCampaigns(store, flags));
    });
  for (const command of campaign.commands) command.exitOverride();
}
