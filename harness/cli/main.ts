#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { CertifyError, messageOf } from '../errors';
import { toolVersion } from '../version';

/** A command's file: it adds itself to the program. */
interface CommandFile {
  readonly register: (program: Command) => void;
}

/** Loaded when they are named, so that a run does not wait for what it does not need. */
const commandFiles: { readonly [name: string]: () => CommandFile } = {
  run: () => require('./run') as CommandFile,
  plan: () => require('./plan') as CommandFile,
  lint: () => require('./lint') as CommandFile,
  list: () => require('./list') as CommandFile,
  explain: () => require('./explain') as CommandFile,
  coverage: () => require('./coverage') as CommandFile,
  selftest: () => require('./selftest') as CommandFile,
  emulate: () => require('./emulate') as CommandFile,
  report: () => require('./report') as CommandFile,
  restore: () => require('./restore') as CommandFile,
  probe: () => require('./probe') as CommandFile,
  doctor: () => require('./doctor') as CommandFile,
  rejudge: () => require('./rejudge') as CommandFile,
  keygen: () => require('./keygen') as CommandFile,
  verify: () => require('./verify') as CommandFile,
  redact: () => require('./redact') as CommandFile,
  compare: () => require('./compare') as CommandFile,
  campaign: () => require('./campaign') as CommandFile,
  station: () => require('./station') as CommandFile,
};

/**
 * A command lives for seconds: of what is optimised sooner most is thrown away before it has paid, and what is young is too
 * little to be shared out. Both would take the core that another run could use.
 */
const ENGINE = ['--interrupt-budget=400000', '--no-parallel-scavenge'];

async function main(argv: readonly string[]): Promise<void> {
  for (const flag of ENGINE) setFlagsFromString(flag);
  const program = new Command('mctp-certify')
    .description('Conformance tests for MCTP components: YAML suites against real or emulated devices')
    .version(toolVersion(), '-V, --version', 'prints the version')
    .helpOption('-h, --help', 'prints help')
    .showSuggestionAfterError(true)
    .exitOverride();
  const named = argv[2] ?? '';
  const wanted = Object.hasOwn(commandFiles, named) ? [named] : Object.keys(commandFiles);
  for (const name of wanted) commandFiles[name]?.().register(program);
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(argv);
}

/** One clear line on standard error; the code says whose fault it is. */
function fail(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  const line = thrown instanceof CertifyError ? thrown.message : `internal error: ${messageOf(thrown)}`;
  process.stderr.write(`mctp-certify: ${line}\n`);
  if (!(thrown instanceof CertifyError) && thrown instanceof Error && process.env.MCTP_CERTIFY_DEBUG !== undefined) {
    process.stderr.write(`${thrown.stack}\n`);
  }
  return thrown instanceof CertifyError ? thrown.exit : 3;
}

// A reader that closes the pipe early (`| head`) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
// Nobody is left to be told; a run goes on, for its record and the device count.
process.stderr.on('error', () => undefined);

main(process.argv).catch((thrown: unknown) => {
  process.exitCode = fail(thrown);
});
