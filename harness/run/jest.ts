import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Config } from '@jest/types';
import { CertifyError, messageOf } from '../errors';
import type { SuiteController } from './suite-runner';
import { handover } from './suite-runner';

/**
 * Runs suite files, in this order, under jest in this process. Jest reads no configuration but this one: neither the
 * user's package.json nor a jest.config of the working directory. It prints nothing; verdicts are the record's.
 */
export async function runUnderJest(files: readonly string[], controller: SuiteController): Promise<void> {
  const scratch = makeScratch();
  const suites = join(scratch, 'suites');
  const standIns = new Map(files.map((file, index) => [standIn(suites, file, index), file]));
  mkdirSync(suites);
  for (const [path, file] of standIns) writeFileSync(path, `# ${file}\n`);
  const config: Config.InitialOptions = {
    rootDir: scratch,
    roots: [suites],
    cacheDirectory: join(scratch, 'cache'),
    runner: join(__dirname, 'jest-runner.js'),
    testMatch: ['**/*.{yaml,yml}'],
    testPathIgnorePatterns: [],
    modulePathIgnorePatterns: [],
    watchPathIgnorePatterns: [],
    moduleFileExtensions: ['yaml', 'yml', 'js', 'json'],
    haste: { retainAllFiles: true, enableSymlinks: false, forceNodeFilesystemAPI: true },
    transform: {},
    verbose: false,
  };
  const argv: Config.Argv = {
    $0: 'mctp-certify',
    _: [...standIns.keys()],
    config: JSON.stringify(config),
    runInBand: true,
    runTestsByPath: true,
    testSequencer: join(__dirname, 'jest-sequencer.js'),
    reporters: [join(__dirname, 'jest-reporter.js')],
    watchman: false,
    passWithNoTests: false,
    ci: true,
    silent: true,
  };
  handover.controller = { run: (path) => controller.run(standIns.get(path) ?? path) };
  try {
    await onDumbTerminal(() => {
      const { runCLI } = require('jest') as typeof import('jest');
      return runCLI(argv, [scratch]);
    });
  } finally {
    handover.controller = undefined;
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The file that jest gets for a suite: it looks through the whole folder of each, and a user's suite may lie in a home
 * full of other things.
 */
function standIn(folder: string, file: string, index: number): string {
  return join(folder, `${String(index).padStart(4, '0')}-${basename(file)}`);
}

/** On a terminal jest speaks before its reporters do, but not on a dumb one. */
async function onDumbTerminal<T>(work: () => Promise<T>): Promise<T> {
  const { TERM } = process.env;
  process.env.TERM = 'dumb';
  try {
    return await work();
  } finally {
    if (TERM === undefined) delete process.env.TERM;
    else process.env.TERM = TERM;
  }
}

function makeScratch(): string {
  try {
    return realpathSync(mkdtempSync(join(tmpdir(), 'mctp-certify-jest-')));
  } catch (thrown) {
    const message = `cannot keep temporary files in ${tmpdir()}: ${messageOf(thrown)}; set TMPDIR to a folder that you may write to`;
    throw new CertifyError('OUTPUT', message, { folder: tmpdir() }, thrown);
  }
}
