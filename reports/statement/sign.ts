import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertifyError } from '../../harness/errors';
import { packageRoot } from '../../harness/package-root';
import { readRecord } from '../../harness/record/reader';
import { buildResult } from '../../harness/record/result';
import { RECORD_FILE } from '../../harness/record/writer';
import { reportFiles, writeAtomically } from '../render';
import { canonical, sha256 } from './canonical';
import { envelopeText, seal } from './envelope';
import type { Given, Signing } from './given';
import { LEAVES_FILE, leavesOf, leavesText, recordTexts, rootOf } from './leaves';
import { buildStatement } from './statement';

export const STATEMENT_FILE = 'statement.json';

/** Verdicts that a statement may be about; anything else was no whole test. */
const stateable = ['conformant', 'not-conformant'];

/** Writes `statement.json` and the hashes of the record's lines into the folder of a run. Throws USAGE where none is due. */
export function signRun(directory: string, signing: Signing): string {
  const { lines } = readRecord(directory);
  const result = buildResult(lines);
  const start = lines.find((line) => line.type === 'run.start');
  const plan = lines.findLast((line) => line.type === 'plan');
  const why = whyNot(result);
  if (why !== undefined || start === undefined || plan === undefined)
    throw new CertifyError('USAGE', `no statement: ${why ?? 'the record has no plan'}`, { directory });
  const octets = readFileSync(join(directory, RECORD_FILE));
  const leaves = leavesOf(recordTexts(octets.toString('utf8')));
  const { key, signed, ...said } = signing;
  const given: Given = {
    ...said,
    signed: signed.toISOString(),
    toolHash: toolHash(),
    evidence: {
      record: { sha256: sha256(octets), lines: leaves.length, leaves: rootOf(leaves) },
      files: hashesOf(directory),
    },
  };
  writeAtomically(join(directory, LEAVES_FILE), leavesText(leaves));
  const file = join(directory, STATEMENT_FILE);
  writeAtomically(file, envelopeText(seal(canonical(buildStatement(result, start, plan, given)), key)));
  return file;
}

function whyNot(result: ReturnType<typeof buildResult>): string | undefined {
  if (!result.attested) return `${result.device.uri} is an emulated or recorded device: its run is a demonstration`;
  return stateable.includes(result.verdict) ? undefined : `the run is ${result.verdict}, and proves neither`;
}

/** Reports beside the record, by name. */
function hashesOf(directory: string): { readonly [name: string]: string } {
  const names = new Set(readdirSync(directory));
  const files = Object.values(reportFiles).filter((name) => names.has(name));
  return Object.fromEntries(files.map((name) => [name, sha256(readFileSync(join(directory, name)))]));
}

/** One hash over the program's own files, by name: which tool said it. */
export function toolHash(): string {
  const root = join(packageRoot(), 'dist');
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|json)$/.test(entry.name) && !/\.test\.js$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/]testing[\\/]/.test(file))
    .sort();
  return sha256(files.map((file) => `${sha256(readFileSync(file))} ${file.slice(root.length)}\n`).join(''));
}
