import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { buildResult } from '../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../harness/record/testing/record-fixture';
import { renderJunit } from './junit';
import { golden } from './testing/golden';
import type { Element } from './testing/xml';
import { junitProblems, parseXml } from './testing/xml';

function render(builder: RecordBuilder): { readonly xml: string; readonly root: Element } {
  const xml = renderJunit(buildResult(builder.lines), builder.lines);
  const root = parseXml(xml);
  expect(junitProblems(root)).toEqual([]);
  return { xml, root };
}

const suitesOf = (root: Element): readonly Element[] => root.children;
const casesOf = (root: Element): readonly Element[] =>
  suitesOf(root).flatMap((suite) => suite.children.filter((child) => child.name === 'testcase'));
const kinds = (root: Element): readonly string[] =>
  casesOf(root).map((entry) => entry.children.find((child) => child.name !== 'properties')?.name ?? 'passed');

function propertyOf(entry: Element | undefined, name: string): string | undefined {
  const list = entry?.children.find((child) => child.name === 'properties')?.children ?? [];
  return list.find((child) => child.attributes.name === name)?.attributes.value;
}

test('a sample is as it was agreed', () => {
  const { xml } = render(sampleRecord());
  expect(xml).toBe(golden('junit.xml', xml));
});

test('each verdict has its element, its message and its properties', () => {
  const { root } = render(sampleRecord());
  expect(kinds(root)).toEqual([
    'passed',
    'passed',
    'failure',
    'passed',
    'failure',
    'passed',
    'error',
    'skipped',
    'skipped',
  ]);
  expect(root.attributes).toMatchObject({ tests: '9', failures: '2', errors: '1' });
  const failed = casesOf(root)[2];
  expect(propertyOf(failed, 'requirement')).toBe('DSP0236-CTRL-GEID-01');
  expect(propertyOf(failed, 'verdict')).toBe('fail');
  expect(propertyOf(failed, 'evidence')).toBe('traffic.pcapng packets 7-8; octets 00 01 02 00 00 00 00');
  const skipped = casesOf(root)[7]?.children.find((child) => child.name === 'skipped');
  expect(skipped?.attributes.message).toBe('not-applicable: claim mctp.messageTypes has no pldm');
});

test('hostile strings stay text, whatever they hold', () => {
  const { root } = render(sampleRecord(hostile));
  const text = casesOf(root)[2]?.children[0]?.text ?? '';
  expect(text).toContain(
    '</script><img src=x onerror="window.pwned=1">\\u{0}\\u{1b}[31m\\u{2028}\\u{d800}]]>&amp;$&{title}',
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (odd) => {
      render(sampleRecord(`\ud800${odd}`));
      const entry = compiledCase(`S/${odd}/1`, [odd], odd);
      render(
        new RecordBuilder()
          .start()
          .plan(entry)
          .run(entry.id, 'fail', [check(odd, 'fail')], odd)
          .end(),
      );
    }),
    { numRuns: 60 },
  );
});

test('options of the surroundings change nothing', () => {
  const { xml } = render(sampleRecord());
  const folder = mkdtempSync(join(tmpdir(), 'junit-'));
  writeFileSync(join(folder, 'package.json'), '{"jest-junit":{"suiteName":"theirs","titleTemplate":"theirs"}}');
  writeFileSync(join(folder, 'junitProperties.js'), 'throw new Error("loaded")');
  writeFileSync(join(folder, 'junitTestCaseProperties.js'), 'throw new Error("loaded")');
  const before = process.cwd();
  process.env.JEST_SUITE_NAME = 'theirs';
  process.env.JEST_JUNIT_TITLE = 'theirs';
  try {
    process.chdir(folder);
    expect(render(sampleRecord()).xml).toBe(xml);
  } finally {
    process.chdir(before);
    delete process.env.JEST_SUITE_NAME;
    delete process.env.JEST_JUNIT_TITLE;
  }
});

test('a run that did not come to its end is red, even where each case is green', () => {
  const entry = compiledCase('S/t/1', ['DSP0236-CTRL-GEID-01']);
  const cut = new RecordBuilder()
    .start()
    .plan(entry)
    .run(entry.id, 'pass', [check('x', 'pass')]);
  expect(kinds(render(cut).root)).toEqual(['passed', 'error']);
  expect(kinds(render(new RecordBuilder().start()).root)).toEqual(['error']);
});
