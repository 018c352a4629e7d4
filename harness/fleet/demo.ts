import { Command, InvalidArgumentError, Option } from 'commander';
import { CertifyError, messageOf } from '../errors';
import type { Tier } from '../names';
import { tiers } from '../names';
import { follow } from './follow';
import type { LabShape } from './lab';
import { DEVIANT, Lab } from './lab';

/**
 * A lab on one machine: a redis-server of its own, stations, emulated cards of which some deviate, and one campaign over
 * them. Prints where the page is and the acceptance verdict; everything goes when it ends.
 */
interface Flags extends LabShape {
  readonly profile: string;
  readonly tier?: Tier;
  readonly once: boolean;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function demonstrate(lab: Lab, flags: Flags): Promise<void> {
  const { store } = lab.office;
  const offered = await lab.stations(flags, say);
  const deviant = Math.floor(flags.devices / DEVIANT);
  say(`${flags.stations} stations offer ${flags.devices} emulated cards, ${deviant} of them deviant`);
  if (!flags.once) await showPage(lab);
  const { profile, tier } = flags;
  const began = process.hrtime.bigint();
  await lab.submit({ id: 'demo', profile, ...(tier === undefined ? {} : { tier }) }, offered);
  if (await follow(store, 'demo', ({ counts }) => say(progress(counts)))) return;
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  say('');
  await new Promise((resolve) => lab.start(['campaign', 'status', 'demo'], say).once('close', resolve));
  say(`  time      ${seconds.toFixed(1)} s, ${flags.stations * flags.parallel} runs at once`);
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
    .option('--devices <count>', 'emulated cards', parseCount, 50)
    .option('--stations <count>', 'stations', parseCount, 3)
    .option('--parallel <count>', 'runs at once on each station', parseCount, 1)
    .option('--profile <id>', 'what the cards are tested by', 'nic')
    .addOption(new Option('--tier <tier>', 'how much of it').choices(tiers))
    .option('--once', 'ends with the verdict; without it the page stays until Ctrl-C', false)
    .parse();
  const flags = program.opts<Flags>();
  const lab = await Lab.open();
  const ended = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
  });
  try {
    const done = await Promise.race([demonstrate(lab, flags).then(() => 'done' as const), ended]);
    if (done === 'done' && !flags.once) {
      say('Ctrl-C ends it');
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
