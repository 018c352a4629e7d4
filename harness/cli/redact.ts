import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { CertifyError, messageOf } from '../errors';
import { createOutputDirectory, RECORD_FILE } from '../record/writer';

/** A copy of a signed run or campaign without what the user names; `verify` still holds it against the statement. */
export function runRedact(directory: string, flags: { readonly out: string; readonly hide: readonly string[] }): void {
  const { redact } = require('../../reports/statement/redact') as typeof import('../../reports/statement/redact');
  const { LEAVES_FILE, leavesText, parseLeaves, recordTexts } =
    require('../../reports/statement/leaves') as typeof import('../../reports/statement/leaves');
  const { writeAtomically } = require('../../reports/render') as typeof import('../../reports/render');
  const short = flags.hide.find((text) => text.length < 4);
  if (flags.hide.length === 0)
    throw new CertifyError('USAGE', 'say what to mask: --hide SERIAL --hide 00:11:22:33:44:55');
  if (short !== undefined) throw new CertifyError('USAGE', `--hide ${short}: too short to be told from other octets`);
  const read = (name: string): string => readText(join(directory, name));
  const statement = read('statement.json');
  const payload = Buffer.from((JSON.parse(statement) as { payload: string }).payload, 'base64').toString('utf8');
  const signed = flags.hide.find((text) => payload.toLowerCase().includes(text.toLowerCase()));
  if (signed !== undefined)
    throw new CertifyError('USAGE', `${signed} stands in the signed statement itself, and cannot be taken out of it`);
  const { isCampaignStatement } = require('./verify-campaign') as typeof import('./verify-campaign');
  if (isCampaignStatement(statement)) {
    redactCampaign(directory, flags);
    return;
  }
  const lines = recordTexts(read(RECORD_FILE));
  const leaves = parseLeaves(read(LEAVES_FILE));
  if (leaves === undefined || leaves.length !== lines.length)
    throw new CertifyError('USAGE', `${join(directory, LEAVES_FILE)} does not belong to this record`, { directory });
  const result = redact(lines, leaves, flags.hide);
  const out = createOutputDirectory(flags.out);
  writeAtomically(join(out, RECORD_FILE), result.lines.join(''));
  writeAtomically(join(out, LEAVES_FILE), leavesText(result.leaves));
  writeAtomically(join(out, 'statement.json'), statement);
  process.stdout.write(
    `${basename(out)}: ${result.masked} of ${lines.length} lines are masked; the rest is as signed\n`,
  );
}

/**
 * Of a campaign each file is signed by the hash of the whole, so no line of it can be masked: what holds a secret is left out,
 * of a run all of it. `verify` tells what is not there.
 */
function redactCampaign(directory: string, flags: { readonly out: string; readonly hide: readonly string[] }): void {
  const { redact } = require('../../reports/statement/redact') as typeof import('../../reports/statement/redact');
  const { recordTexts } = require('../../reports/statement/leaves') as typeof import('../../reports/statement/leaves');
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => relative(directory, join(parentPath, name))).sort();
  const holds = (path: string): boolean => {
    const text = readFileSync(join(directory, path), 'latin1').toLowerCase();
    const isNamed = flags.hide.some((own) => text.includes(Buffer.from(own.toLowerCase(), 'utf8').toString('latin1')));
    if (isNamed || basename(path) !== RECORD_FILE) return isNamed;
    // In a record it may stand as octets, in several packets too.
    return redact(recordTexts(readText(join(directory, path))), [], flags.hide).masked > 0;
  };
  const holding = paths.filter(holds);
  const spoiled = new Set(holding.filter((path) => basename(path) === RECORD_FILE).map((path) => dirname(path)));
  const kept = paths.filter((path) => !holding.includes(path) && !spoiled.has(dirname(path)));
  const out = createOutputDirectory(flags.out);
  for (const path of kept) {
    mkdirSync(dirname(join(out, path)), { recursive: true });
    copyFileSync(join(directory, path), join(out, path));
  }
  process.stdout.write(
    `${basename(out)}: ${paths.length - kept.length} of ${paths.length} files are left out; the rest is as signed\n`,
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new CertifyError('USAGE', `cannot read ${path} (${messageOf(thrown)}): only a signed run can be masked`, {
      path,
    });
  }
}

export function register(program: Command): void {
  program
    .command('redact')
    .description('copies a signed run or campaign without serial numbers and the like, so that it still verifies')
    .argument('<dir>', 'the folder of a signed run, or of the signed report of a campaign')
    .requiredOption('--out <dir>', 'where the copy goes')
    .option(
      '--hide <text>',
      'a serial number, a MAC address, … (may be repeated)',
      (value: string, before: readonly string[]) => [...before, value],
      [],
    )
    .action((directory: string, flags: { readonly out: string; readonly hide: readonly string[] }) =>
      runRedact(directory, flags),
    );
}
