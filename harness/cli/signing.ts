import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Signing } from '../../reports/statement/given';
import { assessorKinds, omittable } from '../../reports/statement/terms';
import { CertifyError, messageOf } from '../errors';

/** What `run` knows of the statement that is wanted. */
export interface SigningFlags {
  readonly sign?: string;
  readonly assessor?: string;
  readonly assessorKind?: (typeof assessorKinds)[number];
  readonly nonce?: string;
  readonly expires?: string;
  readonly powerState?: string;
  readonly omit?: readonly (typeof omittable)[number][];
}

export function addSigningOptions(command: Command): Command {
  return command
    .option('--sign <key>', 'signs a statement of conformance with this key (mctp-certify keygen)')
    .option('--assessor <name>', 'who tests, for the statement')
    .addOption(new Option('--assessor-kind <kind>', 'what the assessor is to the device').choices(assessorKinds))
    .option('--nonce <text>', 'given by who asked for the test, for the statement')
    .option('--expires <day>', 'the last day on which the statement holds, as 2028-03-01')
    .option('--power-state <text>', 'the power state of the device during the test, for the statement')
    .addOption(
      new Option('--omit <fact...>', 'what the statement leaves out of the unit, to be masked by redact').choices(
        omittable,
      ),
    );
}

/** The user's wishes, checked before the run that they are about. Throws USAGE. */
export function readSigning(flags: SigningFlags, uri: string, now: Date): Signing | undefined {
  const { sign, assessor, assessorKind: kind, nonce, expires, powerState, omit } = flags;
  if (sign === undefined) {
    const [name] = Object.entries({
      assessor,
      'assessor-kind': kind,
      nonce,
      expires,
      'power-state': powerState,
      omit,
    }).find(([, value]) => value !== undefined) ?? [undefined];
    if (name !== undefined) throw new CertifyError('USAGE', `--${name} is for a statement: name a key with --sign`);
    return undefined;
  }
  if (/^(?:sim|replay):/.test(uri))
    throw new CertifyError('USAGE', `no statement about ${uri}: an emulated or recorded device is a demonstration`);
  if (assessor === undefined || kind === undefined)
    throw new CertifyError(
      'USAGE',
      `a statement says who tested: --assessor NAME --assessor-kind ${assessorKinds.join('|')}`,
    );
  if (expires !== undefined && !isDay(expires))
    throw new CertifyError('USAGE', `--expires takes a day to come, as 2028-03-01, not ${JSON.stringify(expires)}`);
  const { readKey } = require('../../reports/statement/envelope') as typeof import('../../reports/statement/envelope');
  return {
    key: readKey(readText(sign), 'private', sign),
    assessor: { name: assessor, kind },
    ...(nonce === undefined ? {} : { nonce }),
    ...(expires === undefined ? {} : { expires }),
    ...(powerState === undefined ? {} : { powerState }),
    ...(omit === undefined ? {} : { omits: [...omit] }),
    signed: now,
  };
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new CertifyError('USAGE', `cannot read the key ${path}: ${messageOf(thrown)}`, { path }, thrown);
  }
}
