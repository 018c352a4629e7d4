import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '@jest/types';
import { runCLI } from 'jest';
import type { SuiteController } from './suite-runner';
import { handover } from './suite-runner';

/**
 * Runs suite files, in this order, under jest in this process. Jest reads no configuration but this one: neither the
 * user's package.json nor a jest.config of the working directory. It prints nothing; verdicts are the record's.
 */
export async function runUnderJest(files: readonly string[], controller: SuiteController): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'mctp-certify-jest-'));
  const roots = [...new Set(files.map((file) => dirname(file)))];
  const config: Config.InitialOptions = {
    rootDir: scratch,
    roots,
    cacheDirectory: join(scratch, 'cache'),
    runner: join(__dirname, 'jest-runner.js'),
    testMatch: ['**/*.{yaml,yml}'],
    testPathIgnorePatterns: [],
    modulePathIgnorePatterns: [],
    watchPathIgnorePatterns: [],
    moduleFileExtensions: ['yaml', 'yml', 'js', 'json'],
    haste: { retainAllFiles: true, enableSymlinks: false },
    transform: {},
    verbose: false,
  };
  const argv: Config.Argv = {
    $0: 'mctp-certify',
    _: [...files],
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
  handover.controller = controller;
  try {
    await runCLI(argv, [scratch]);
  } finally {
    handover.controller = undefined;
    rmSync(scratch, { recursive: true, force: true });
  }
}
