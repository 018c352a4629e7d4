import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CertifyError, messageOf } from '../errors';

/** Writes a new Ed25519 key to FILE, for its owner alone, and its public half to FILE.pub. */
export function runKeygen(file: string): void {
  const { newKeyPair, readKey, keyId } =
    require('../../reports/statement/envelope') as typeof import('../../reports/statement/envelope');
  const { privateKey, publicKey } = newKeyPair();
  for (const [path, text, mode] of [
    [file, privateKey, 0o600],
    [`${file}.pub`, publicKey, 0o644],
  ] as const) {
    try {
      // A key that exists has signed something: it is never overwritten.
      writeFileSync(path, text, { mode, flag: 'wx' });
    } catch (thrown) {
      const exists = (thrown as NodeJS.ErrnoException).code === 'EEXIST';
      const why = exists ? 'it exists, and keys are not overwritten: name another file' : messageOf(thrown);
      throw new CertifyError(exists ? 'USAGE' : 'OUTPUT', `cannot write ${path}: ${why}`, { path }, thrown);
    }
  }
  const id = keyId(readKey(publicKey, 'public', file));
  process.stdout.write(`${file}      signs statements: keep it secret (run … --sign ${file})\n`);
  process.stdout.write(`${file}.pub  verifies them: give it away (verify … --key ${file}.pub)\n`);
  process.stdout.write(`key id ${id}\n`);
}

export function register(program: Command): void {
  program
    .command('keygen')
    .description('makes a key for signing statements of conformance')
    .requiredOption('--out <file>', 'the private key; the public one goes to FILE.pub')
    .action((flags: { readonly out: string }) => runKeygen(flags.out));
}
