import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { packageRoot } from '../harness/package-root';
import { buildResult } from '../harness/record/result';
import { check, compiledCase, hostile, RecordBuilder, sampleRecord } from '../harness/record/testing/record-fixture';
import { renderOcp } from './ocp';

/** The schemas as OCP publishes them. */
function validator() {
  const folder = join(packageRoot(), 'reports/testing/ocp-diag');
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json')))
    ajv.addSchema(JSON.parse(readFileSync(join(folder, name), 'utf8')) as object);
  const validate = ajv.getSchema('https://github.com/opencomputeproject/ocp-diag-core/output');
  if (validate === undefined) throw new Error('no root schema');
  return validate;
}

type Line = {
  readonly sequenceNumber: number;
  readonly timestamp: string;
  readonly testRunArtifact?: { readonly testRunEnd?: { readonly status: string; readonly result: string } };
  readonly testStepArtifact?: {
    readonly testStepId: string;
    readonly testStepEnd?: { readonly status: string };
    readonly diagnosis?: { readonly verdict: string; readonly type: string; readonly message: string };
  };
};

const parse = (text: string): readonly Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

const { lines } = sampleRecord(hostile);
const text = renderOcp(buildResult(lines), lines);
const out = parse(text);

test('every line satisfies the published schemas', () => {
  const validate = validator();
  const wrong = out.filter((line) => validate(line) !== true).map((line) => JSON.stringify([line, validate.errors]));
  expect(wrong).toEqual([]);
  // The schemas do refuse something.
  expect(validate({ sequenceNumber: 0, timestamp: 'now' })).toBe(false);
});

test('numbers count up, time never goes back, every step begins and ends once', () => {
  expect(out.map((line) => line.sequenceNumber)).toEqual(out.map((_, index) => index));
  const times = out.map((line) => Date.parse(line.timestamp));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const ended = out.flatMap(({ testStepArtifact: step }) => (step?.testStepEnd === undefined ? [] : [step.testStepId]));
  expect(new Set(ended).size).toBe(ended.length);
  expect(ended).toHaveLength(buildResult(lines).planned + 1);
});

test('verdicts keep their meaning', () => {
  const status = (id: string): string | undefined =>
    out.find(({ testStepArtifact: step }) => step?.testStepId === id && step.testStepEnd !== undefined)
      ?.testStepArtifact?.testStepEnd?.status;
  const found = (id: string) =>
    out.flatMap(({ testStepArtifact: step }) =>
      step?.testStepId === id && step.diagnosis !== undefined ? [step.diagnosis] : [],
    );
  expect(found('DSP0236/packet-header/1')).toMatchObject([{ type: 'PASS' }]);
  expect(found('DSP0236/packet-header/3')).toMatchObject([{ verdict: 'DSP0236-CTRL-GEID-01', type: 'FAIL' }]);
  expect(found('DSP0236/packet-header/6')).toMatchObject([{ verdict: 'waived', type: 'UNKNOWN' }]);
  expect(status('DSP0236/packet-header/3')).toBe('COMPLETE');
  expect(status('DSP0236/packet-header/5')).toBe('ERROR');
  expect(status('DSP0236/packet-header/7')).toBe('ERROR');
  expect(status('pldm/get-tid/1')).toBe('SKIP');
  expect(out.at(-1)?.testRunArtifact?.testRunEnd).toEqual({ status: 'COMPLETE', result: 'FAIL' });
});

test('a conformant run passes', () => {
  const kase = compiledCase('T/topic/1', ['DSP0236-CTRL-GEID-01']);
  const good = new RecordBuilder()
    .start()
    .plan(kase)
    .device()
    .run('T/topic/1', 'pass', [check('T/topic/1#1.eid', 'pass')])
    .end();
  const last = parse(renderOcp(buildResult(good.lines), good.lines)).at(-1);
  expect(last?.testRunArtifact?.testRunEnd).toEqual({ status: 'COMPLETE', result: 'PASS' });
});

test('words of the device are harmless on a terminal', () => {
  expect(text.includes('\u001b')).toBe(false);
  expect(JSON.stringify(out.map((line) => line.testStepArtifact?.diagnosis?.message)).includes('\\u001b')).toBe(false);
});
