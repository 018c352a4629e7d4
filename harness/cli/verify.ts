import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { CertifyError, messageOf } from '../errors';
import { readRecord } from '../record/reader';
import { RECORD_FILE } from '../record/writer';
import type { CampaignBundle } from './verify-campaign';
import type { Bundle, Finding } from './verify-statement';
import { isVerified, verifyStatement } from './verify-statement';

interface VerifyFlags {
  readonly key?: string;
  readonly nonce?: string;
  readonly json: boolean;
}

/** Exit code 0 only where a key that the user named signed it, and everything that lies beside it fits. */
export function runVerify(path: string, flags: VerifyFlags): number {
  const { readKey } = require('../../reports/statement/envelope') as typeof import('../../reports/statement/envelope');
  const file = isFolder(path) ? join(path, 'statement.json') : path;
  const statement = readInput(file).toString('utf8');
  const key = flags.key === undefined ? undefined : readKey(readInput(flags.key).toString('utf8'), 'public', flags.key);
  const folder = dirname(file);
  const trust = { key, nonce: flags.nonce, now: new Date() };
  const campaign = require('./verify-campaign') as typeof import('./verify-campaign');
  const findings = campaign.isCampaignStatement(statement)
    ? campaign.verifyCampaign(campaignIn(folder, statement), trust)
    : verifyStatement(bundleIn(folder, statement), trust, () => readRecord(join(folder, RECORD_FILE)).lines);
  const verified = isVerified(findings);
  if (flags.json) process.stdout.write(`${JSON.stringify({ statement: file, verified, findings }, undefined, 2)}\n`);
  else process.stdout.write(text(findings, verified));
  return verified ? 0 : 1;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readInput(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new CertifyError('USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { path }, thrown);
  }
}

/** What lies beside the statement, by the names that runs use. */
function bundleIn(folder: string, statement: string): Bundle {
  const { reportFiles } = require('../../reports/render') as typeof import('../../reports/render');
  const { LEAVES_FILE } = require('../../reports/statement/leaves') as typeof import('../../reports/statement/leaves');
  const read = (name: string): Buffer | undefined =>
    existsSync(join(folder, name)) ? readInput(join(folder, name)) : undefined;
  const files = new Map<string, Uint8Array>();
  for (const name of Object.values(reportFiles)) {
    const octets = read(name);
    if (octets !== undefined) files.set(name, octets);
  }
  return { statement, record: read(RECORD_FILE), leaves: read(LEAVES_FILE)?.toString('utf8'), files };
}

/** The report of a campaign, and the runs below it. */
function campaignIn(folder: string, statement: string): CampaignBundle {
  const { RUNS_FOLDER } = require('../../reports/campaign/sign') as typeof import('../../reports/campaign/sign');
  // Names come from the files that are being verified: none leads out of the folder.
  const place = (...parts: readonly string[]): string | undefined => {
    const plain = parts.every((part) => part.split('/').every((name) => /^[\w=-][\w.=-]*$/.test(name)));
    const path = join(folder, ...parts);
    return plain && existsSync(path) ? path : undefined;
  };
  return {
    statement,
    file(name) {
      const path = place(name);
      return path === undefined ? undefined : readInput(path);
    },
    record(run) {
      const path = place(RUNS_FOLDER, run, RECORD_FILE);
      return path === undefined ? undefined : { octets: readInput(path), lines: () => readRecord(path).lines };
    },
  };
}

function text(findings: readonly Finding[], verified: boolean): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.map(({ status, what, text: said }) => `${status.padEnd(4)}  ${what.padEnd(width)}  ${said}`);
  return `${[...lines, verified ? 'verified' : 'NOT verified'].join('\n')}\n`;
}

export function register(program: Command): void {
  program
    .command('verify')
    .description('checks a statement: signature, octets, hashes, and the verdicts from the octets')
    .argument('<statement>', 'a statement.json, or the folder of its run')
    .option('--key <file>', 'the public key that you trust')
    .option('--nonce <text>', 'what the statement must carry')
    .option('--json', 'prints the findings as JSON', false)
    .action((path: string, flags: VerifyFlags) => {
      process.exitCode = runVerify(path, flags);
    });
}
