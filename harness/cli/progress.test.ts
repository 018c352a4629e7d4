import { golden } from '../../reports/testing/golden';
import { MILLISECOND, SECOND } from '../clock';
import type { CaseVerdict } from '../names';
import type { Check, Scope } from '../record/lines';
import { check, compiledCase, hostile, requirement } from '../record/testing/record-fixture';
import type { CaseOutcome } from '../run/runner';
import type { Screen } from './progress';
import { showProgress } from './progress';

const scope: Scope = {
  binding: 'smbus',
  plane: 'frames',
  acknowledge: true,
  exclusive: true,
  effects: [],
  hops: 0,
  owner: 'self',
};

const requirements = {
  'DSP0236-CTRL-GEID-01': requirement('DSP0236-CTRL-GEID-01'),
  'DSP0237-FRM-PEC-03': requirement('DSP0237-FRM-PEC-03'),
};

/** A screen that keeps what was written, and a clock that the test moves. */
function screenOf(kind: Partial<Screen>): { readonly screen: Screen; text(): string; wait(ns: number): void } {
  let text = '';
  let now = 0;
  const write = (piece: string): void => {
    text += piece;
  };
  const screen = { write, live: false, colour: false, columns: 100, now: () => now, ...kind };
  return { screen, text: () => text, wait: (ns) => (now += ns) };
}

const verdicts: readonly (readonly [CaseVerdict, readonly Check[]])[] = [
  ['pass', [check('#1.eid', 'pass')]],
  ['pass', [check('#1.eid', 'pass')]],
  [
    'fail',
    [1, 2, 3].map((value) =>
      check(`DSP0236/packet-header/3#1.eid[instanceId=${value}]`, 'fail', { highlight: { offset: 3, length: 2 } }),
    ),
  ],
  ['pass', [check('#1.eid', 'pass')]],
  ['warn', [check('DSP0236/packet-header/5#1.silence', 'warn', { octets: '', note: 'recommended' })]],
  ['pass', [check('#1.eid', 'pass')]],
  ['blocked', []],
];

/** A run of some seconds: seven cases that run and one that does not. */
function run(kind: Partial<Screen>): string {
  const { screen, text, wait } = screenOf(kind);
  const progress = showProgress(screen, requirements);
  const cases = verdicts.map((_, index) =>
    compiledCase(`DSP0236/packet-header/${index + 1}`, ['DSP0236-CTRL-GEID-01'], 'answers Get Endpoint ID'),
  );
  const idle = compiledCase('pldm/get-tid/1', ['PLDM-TID-01']);
  const reason = 'claim mctp.messageTypes has no pldm';
  const planned = cases.map((kase) => ({ decision: 'run' as const, case: kase }));
  progress.planned([...planned, { decision: 'not-applicable', case: idle, reason }], scope);
  for (const [index, [verdict, checks]] of verdicts.entries()) {
    const kase = cases[index];
    if (kase === undefined) continue;
    progress.began({ decision: 'run', case: kase });
    wait(3 * SECOND);
    const blocked = verdict === 'blocked' ? { reason: 'by DSP0236/packet-header/3: the device died' } : {};
    const outcome: CaseOutcome = { case: kase, verdict, judgement: { checks, verdict }, durationNs: 3e9, ...blocked };
    progress.ended(outcome);
  }
  progress.ended({ case: idle, verdict: 'not-applicable', reason, durationNs: 0 });
  return text();
}

/** Control characters spelled out, each redrawing on a line of its own. */
const spelled = (text: string): string => text.replaceAll('\r', '\n\\r').replaceAll('\u001b', '\\e');

test('on a terminal a bar tells counts, case and time left; failures stand above it', () => {
  const text = spelled(run({ live: true, colour: true }));
  expect(text).toBe(golden('terminal-live.txt', text));
});

test('elsewhere plain lines tell the same, one now and then that it goes on', () => {
  const text = run({});
  expect(text).toBe(golden('terminal-plain.txt', text));
  expect(text.replace(/\n/g, '')).not.toMatch(/\p{Cc}/u);
});

test('without colours there are none, though the bar moves', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the sequences that colour.
  expect(run({ live: true, colour: false })).not.toMatch(/\u001b\[[0-9;]*m/);
});

test('no line of the bar is longer than the terminal, nor drawn more often than can be seen', () => {
  const lines = (columns: number): readonly string[] =>
    run({ live: true, columns })
      .split('\r\u001b[K')
      .slice(1)
      .map((piece) => piece.split('\n')[0] ?? '')
      .filter((line) => line.includes('/7'));
  for (const columns of [60, 80, 200]) {
    for (const line of lines(columns)) expect(line.length).toBeLessThan(columns);
  }
  const { screen, text } = screenOf({ live: true });
  const progress = showProgress(screen, requirements);
  const kase = compiledCase('DSP0236/packet-header/1', ['DSP0236-CTRL-GEID-01']);
  progress.planned([{ decision: 'run', case: kase }], scope);
  for (let index = 0; index < 100; index += 1) progress.began({ decision: 'run', case: kase });
  expect(text().match(/\r/g)).toHaveLength(1);
});

test('no string of a device reaches the terminal as a command', () => {
  const { screen, text, wait } = screenOf({ live: false });
  const progress = showProgress(screen, requirements);
  const kase = compiledCase('DSP0236/packet-header/1', ['DSP0236-CTRL-GEID-01']);
  progress.planned([{ decision: 'run', case: kase }], scope);
  wait(MILLISECOND);
  const checks = [check('x#1.name', 'fail', { actual: hostile, note: hostile })];
  progress.ended({
    case: kase,
    verdict: 'fail',
    reason: hostile,
    judgement: { checks, verdict: 'fail' },
    durationNs: 1,
  });
  expect(text().replace(/\n/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
});
