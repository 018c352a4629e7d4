import { Command, InvalidArgumentError, Option } from 'commander';
import { CertifyError, messageOf } from '../errors';
import type { Tier } from '../names';
import { tiers } from '../names';
import { follow } from './follow';
import type { LabShape } from './lab';
import { cardName, deviationOf, Lab } from './lab';
import type { JobState } from './model';

/**
 * A lab on one machine: a redis-server of its own, stations, emulated cards of which some deviate, and one campaign over
 * them. Prints where the page is and the acceptance verdict; everything goes when it ends.
 */
interface Flags extends LabShape {
  readonly profile: string;
  readonly tier: Tier;
  readonly once: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Whether every deviant card was caught and no other accused; undefined where Ctrl-C came first. */
async function demonstrate(lab: Lab, flags: Flags): Promise<boolean | undefined> {
  const { store } = lab.office;
  const { stations, devices, profile, tier } = flags;
  const offered = await lab.stations(flags, say);
  say(`${stations} stations offer ${devices} emulated cards, ${deviants(devices).size} of them deviant`);
  if (!flags.once) await showPage(lab);
  const began = process.hrtime.bigint();
  await lab.submit({ id: 'demo', profile, tier }, offered);
  if (await follow(store, 'demo', ({ counts }) => say(progress(counts)))) return undefined;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  say('');
  await new Promise((resolve) => lab.start(['campaign', 'status', 'demo'], say).once('close', resolve));
  say(`  time      ${seconds.toFixed(1)} s, ${stations * flags.parallel} runs at once`);
  say('');
  const jobs: JobState[] = [];
  for await (const job of store.jobs('demo')) jobs.push(job);
  return tellCaught(jobs, deviants(devices));
}

function deviants(devices: number): ReadonlyMap<string, string> {
  return new Map(
    Array.from({ length: devices }, (_, index) => [cardName(index), deviationOf(index)] as const).flatMap(
      ([name, deviation]) => (deviation === undefined ? [] : [[name, deviation]]),
    ),
  );
}

/** What was put into which card, and what was found in it. */
function tellCaught(jobs: readonly JobState[], deviant: ReadonlyMap<string, string>): boolean {
  const failed = jobs.filter(({ status }) => status === 'failed');
  const caught = failed.filter(({ key }) => deviant.has(key.device));
  const accused = failed.filter(({ key }) => !deviant.has(key.device));
  say(`${caught.length} of ${deviant.size} deviant cards are caught, ${accused.length} others accused`);
  for (const { key, outcome } of failed) {
    const { ids, verdicts } = outcome?.cases ?? { ids: [], verdicts: [] };
    const red = ids.filter((_, index) => verdicts[index] === 'fail');
    const more = red.length > 1 ? ` and ${red.length - 1} more` : '';
    say(`  ${key.device}  ${deviant.get(key.device) ?? 'nothing'}: ${red[0] ?? 'no case'}${more}`);
  }
  return caught.length === deviant.size && accused.length === 0;
}

function progress(counts: { readonly [status: string]: number }): string {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  return said.map(([status, count]) => `${count} ${status}`).join(', ');
}

/** Says the page's address as soon as the page does. */
async function showPage(lab: Lab): Promise<void> {
  await new Promise<void>((resolve) => {
    const page = lab.start(['campaign', 'serve', '--listen', '127.0.0.1:0'], (line) => {
      say(line);
      if (/https?:\/\//.test(line)) resolve();
    });
    page.once('exit', () => resolve());
  });
}

function parseCount(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a number from 1 on.');
  return count;
}

async function main(): Promise<void> {
  const program = new Command('fleet:demo')
    .description('a lab on this machine: redis-server, stations, emulated cards, one campaign')
    .option('--devices <count>', 'emulated cards, every tenth deviant', parseCount, 50)
    .option('--stations <count>', 'stations', parseCount, 3)
    .option('--parallel <count>', 'runs at once on each station', parseCount, 1)
    .option('--profile <id>', 'what the cards are tested by', 'nic')
    .addOption(new Option('--tier <tier>', 'how much of it').choices(tiers).default('smoke'))
    .option('--once', 'ends with the verdict; without it the page stays until Ctrl-C', false)
    .parse();
  const flags = program.opts<Flags>();
  const lab = await Lab.open();
  const ended = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
  });
  try {
    const done = await Promise.race([demonstrate(lab, flags).then((good) => good ?? 'interrupted'), ended]);
    if (done !== 'interrupted' && !flags.once) {
      say('Ctrl-C ends it');
      await ended;
    }
    process.exitCode = done === 'interrupted' ? 130 : done ? 0 : 1;
  } finally {
    await lab.close();
  }
}

main().catch((thrown: unknown) => {
  process.stderr.write(`fleet:demo: ${messageOf(thrown)}\n`);
  process.exitCode = thrown instanceof CertifyError ? thrown.exit : 3;
});
