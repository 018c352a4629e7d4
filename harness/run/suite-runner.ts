import type { AssertionResult, SerializableError, Test, TestResult } from '@jest/test-result';
import type { CaseOutcome } from './runner';

/** What jest's engine drives: one call per suite file, in plan order. */
export interface SuiteController {
  /** Runs the planned cases of a suite file; the last file of the plan also runs what is kept for the end. */
  run(file: string): Promise<readonly CaseOutcome[]>;
}

/** Jest makes the runner itself and hands it nothing but its own configuration; the controller waits here. */
export const handover: { controller: SuiteController | undefined } = { controller: undefined };

const statuses = {
  pass: 'passed',
  warn: 'passed',
  waived: 'passed',
  fail: 'failed',
  error: 'failed',
  blocked: 'failed',
  'not-applicable': 'pending',
  unreachable: 'pending',
} as const;

/** A jest runner whose test files are suites in YAML: no module registry, no sandbox, no transform. */
export class SuiteRunner {
  readonly isSerial = true;

  async runTests(
    tests: readonly Test[],
    _watcher: unknown,
    onStart: (test: Test) => Promise<void>,
    onResult: (test: Test, result: TestResult) => Promise<void>,
    onFailure: (test: Test, error: SerializableError) => Promise<void>,
  ): Promise<void> {
    const { controller } = handover;
    if (controller === undefined) throw new Error('the suite runner works only inside `mctp-certify run`');
    for (const test of tests) {
      await onStart(test);
      const start = Date.now();
      try {
        await onResult(test, testResult(test.path, start, await controller.run(test.path)));
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        await onFailure(test, { code: undefined, message: error.message, stack: error.stack, type: error.name });
        throw error;
      }
    }
  }
}

function testResult(path: string, start: number, outcomes: readonly CaseOutcome[]): TestResult {
  const end = Date.now();
  const assertions = outcomes.map(assertion);
  const count = (status: AssertionResult['status']): number =>
    assertions.filter((entry) => entry.status === status).length;
  return {
    leaks: false,
    numFailingTests: count('failed'),
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    openHandles: [],
    perfStats: {
      start,
      end,
      runtime: end - start,
      slow: false,
      loadTestEnvironmentStart: start,
      loadTestEnvironmentEnd: start,
      setupAfterEnvStart: start,
      setupAfterEnvEnd: start,
      setupFilesStart: start,
      setupFilesEnd: start,
    },
    skipped: false,
    snapshot: { added: 0, fileDeleted: false, matched: 0, unchecked: 0, uncheckedKeys: [], unmatched: 0, updated: 0 },
    testFilePath: path,
    testResults: assertions,
  };
}

function assertion({ case: kase, verdict, reason, judgement, durationNs }: CaseOutcome): AssertionResult {
  const red = (judgement?.checks ?? []).filter((check) => check.verdict === 'fail');
  const failures = red.map((check) => `${check.id}: expected ${check.expected}, actual ${check.actual}`);
  const status = statuses[verdict];
  return {
    ancestorTitles: [kase.suite],
    duration: durationNs / 1e6,
    failureDetails: [],
    failureMessages: status === 'failed' ? [...failures, ...(reason === undefined ? [] : [reason])] : [],
    fullName: `${kase.id} ${kase.title}`,
    invocations: 1,
    location: null,
    numPassingAsserts: (judgement?.checks.length ?? 0) - red.length,
    retryReasons: [],
    status,
    title: `${kase.id} ${kase.title}`,
  };
}
