import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, CheckResult, Result } from '../harness/record/result-schema';
import { packetRanges, showRanges, spaced, transfers } from './traffic';
import { clip, visible } from './visible';

/**
 * JUnit through jest-junit. Its reporter reads options from the environment, from the user's package.json and from
 * files in the working directory; so only its builder is used, with options that name every source of such input.
 */
type Build = (report: object, directory: string, options: object, rootDir: null) => Tree;
type Node = { [name: string]: unknown };
type Tree = { readonly testsuites: readonly [{ readonly _attr: Node }, ...{ readonly testsuite: Suite }[]] };
type Suite = readonly [{ readonly _attr: Node }, ...Node[]];

interface Tools {
  readonly build: Build;
  readonly xml: (tree: object, options: object) => string;
}

let loaded: Tools | undefined;

function tools(): Tools {
  if (loaded !== undefined) return loaded;
  const path = require.resolve('jest-junit/utils/buildJsonResults');
  loaded = { build: require(path) as Build, xml: createRequire(path)('xml') as Tools['xml'] };
  return loaded;
}

const MAX_TEXT = 8_000;

const propertiesFile = require.resolve('./junit-properties');

/** A template as a function, since a template string is expanded with `String.replace` and its `$&`. */
const options = {
  suiteName: 'mctp-certify',
  classNameTemplate: (names: { readonly classname: string }) => names.classname,
  titleTemplate: (names: { readonly title: string }) => names.title,
  suiteNameTemplate: (names: { readonly title: string }) => names.title,
  ancestorSeparator: ' ',
  usePathForSuiteName: 'false',
  addFileAttribute: 'false',
  filePathPrefix: '',
  includeConsoleOutput: 'false',
  includeShortConsoleOutput: 'false',
  reportTestSuiteErrors: 'false',
  noStackTrace: 'false',
  testCasePropertiesFile: basename(propertiesFile),
  testCasePropertiesDirectory: dirname(propertiesFile),
  testSuitePropertiesFile: basename(propertiesFile),
  testSuitePropertiesDirectory: dirname(propertiesFile),
};

type Status = 'passed' | 'failed' | 'error' | 'pending';

function statusOf(entry: CaseResult): Status {
  switch (entry.verdict) {
    case 'pass':
    case 'warn':
    case 'waived':
      return 'passed';
    case 'fail':
    case 'blocked':
      return 'failed';
    case 'error':
      return 'error';
    case 'not-applicable':
    case 'unreachable':
      return 'pending';
  }
}

const safe = (text: string): string => clip(visible(text), MAX_TEXT);

function checkText(check: CheckResult): string {
  const octets = check.octets === undefined ? [] : [`  octets:   ${spaced(check.octets)}`];
  const note = check.note === undefined ? [] : [`  note:     ${safe(check.note)}`];
  return [
    `${check.verdict.toUpperCase()} ${safe(check.id)} (${safe(check.requirement)}, ${check.level})`,
    `  expected: ${safe(check.expected)}`,
    `  actual:   ${safe(check.actual)}`,
    ...octets,
    ...note,
  ].join('\n');
}

function failureText(entry: CaseResult): string {
  const reason = entry.reason === undefined ? [] : [`${entry.verdict}: ${safe(entry.reason)}`];
  const failed = entry.checks.filter((check) => check.verdict === 'fail').map(checkText);
  return [...reason, ...failed].join('\n') || entry.verdict;
}

/** What stands in the `message` attribute: the first thing that a CI system shows. */
function messageText(entry: CaseResult): string {
  const failed = entry.checks.find((check) => check.verdict === 'fail');
  if (entry.reason !== undefined || failed === undefined) return safe(`${entry.verdict}: ${entry.reason ?? ''}`);
  return safe(`${failed.requirement}: expected ${failed.expected}, actual ${failed.actual}`);
}

function propertiesOf(entry: CaseResult, packets: string | undefined): { readonly [name: string]: string } {
  const deciding = entry.checks.find((check) => check.verdict === 'fail') ?? entry.checks.at(-1);
  const octets = deciding?.octets === undefined ? [] : [`octets ${spaced(deciding.octets)}`];
  const evidence = [...(packets === undefined ? [] : [`traffic.pcapng ${packets}`]), ...octets].join('; ');
  return {
    requirement: safe(entry.requirements.join(' ')),
    level: entry.level,
    verdict: entry.verdict,
    ...(entry.reason === undefined ? {} : { reason: safe(entry.reason) }),
    ...(evidence === '' ? {} : { evidence: safe(evidence) }),
  };
}

function testCase(entry: CaseResult, packets: string | undefined): object {
  const status = statusOf(entry);
  return {
    ancestorTitles: [safe(entry.suite.replace(/\//g, '.'))],
    title: safe(`${entry.id} ${entry.title}`),
    duration: entry.durationMs,
    status,
    failureMessages: status === 'failed' || status === 'error' ? [failureText(entry)] : [],
    properties: propertiesOf(entry, packets),
  };
}

function runProperties(result: Result): { readonly [name: string]: () => string } {
  const { device, scope } = result;
  const facts = {
    verdict: result.verdict,
    reason: result.reason ?? '',
    profile: result.profile.id,
    device: device.uri,
    uuid: device.uuid ?? '',
    scope: [scope.binding, scope.planes.join('+'), ...scope.effects].join(', '),
  };
  const filled = Object.entries(facts).filter(([, value]) => value !== '');
  return Object.fromEntries(filled.map(([name, value]) => [name, () => safe(value)]));
}

/** The structure that jest hands its reporters, of one suite. */
function testSuite(result: Result, suite: string, cases: readonly CaseResult[], evidence: ReadonlyMap<string, string>) {
  const count = (status: Status): number => cases.filter((entry) => statusOf(entry) === status).length;
  const start = Date.parse(result.started);
  return {
    testFilePath: `/${suite}`,
    perfStats: { start, end: start + cases.reduce((sum, entry) => sum + entry.durationMs, 0) },
    numFailingTests: count('failed'),
    numPassingTests: count('passed'),
    numPendingTests: count('pending'),
    testResults: cases.map((entry) => testCase(entry, evidence.get(entry.id))),
    properties: runProperties(result),
  };
}

function bySuite(cases: readonly CaseResult[]): ReadonlyMap<string, readonly CaseResult[]> {
  const suites = new Map<string, CaseResult[]>();
  for (const entry of cases) {
    const own = suites.get(entry.suite);
    if (own === undefined) suites.set(entry.suite, [entry]);
    else own.push(entry);
  }
  return suites;
}

/** jest-junit knows no error beside failures, and no message: both are filled in here. */
function complete(tree: Tree, suites: readonly (readonly CaseResult[])[], seconds: number): void {
  const [{ _attr: totals }, ...rest] = tree.testsuites;
  totals.time = seconds;
  rest.forEach(({ testsuite: [{ _attr: attributes }, ...children] }, index) => {
    const cases = suites[index] ?? [];
    const errors = cases.filter((entry) => statusOf(entry) === 'error').length;
    attributes.errors = errors;
    attributes.tests = cases.length;
    totals.errors = Number(totals.errors) + errors;
    totals.tests = Number(totals.tests) + errors;
    const nodes = children.filter((child) => 'testcase' in child).map((child) => child.testcase as Node[]);
    cases.forEach((entry, position) => {
      for (const node of nodes[position] ?? []) addMessage(node, entry);
    });
  });
}

function addMessage(node: Node, entry: CaseResult): void {
  const _attr = { message: messageText(entry) };
  if ('failure' in node) node.failure = [{ _attr: { ..._attr, type: entry.verdict } }, node.failure];
  else if ('error' in node) node.error = [{ _attr: { ..._attr, type: 'error' } }, node.error];
  else if ('skipped' in node) node.skipped = { _attr };
}

/** What is wrong with the run as a whole is red too: a file of green cases must not hide that others never ran. */
function runCase(result: Result): readonly CaseResult[] {
  if (result.verdict !== 'error' && result.verdict !== 'incomplete') return [];
  return [
    {
      id: 'run',
      title: 'the run came to its end',
      suite: 'run',
      verdict: 'error',
      reason: `${result.verdict}: ${result.reason ?? ''}`,
      requirements: [],
      level: 'mandatory',
      checks: [],
      durationMs: 0,
      attempts: result.segments,
    },
  ];
}

/** `junit.xml`: a suite per suite, a case per planned case; what did not run is skipped, blocked and error are red. */
export function renderJunit(result: Result, lines: readonly RecordLine[]): string {
  const { build, xml } = tools();
  const ranges = packetRanges(transfers(lines));
  const evidence = new Map([...ranges].map(([id, own]) => [id, `packets ${showRanges(own)}`]));
  const suites = bySuite([...result.cases, ...runCase(result)]);
  const testResults = [...suites].map(([suite, cases]) => testSuite(result, suite, cases, evidence));
  const tree = build({ startTime: Date.parse(result.started), testResults }, '/', { ...options }, null);
  complete(tree, [...suites.values()], result.timing.durationMs / 1000);
  return `${xml(tree, { indent: '  ', declaration: true })}\n`;
}
