import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validateXML } from 'xmllint-wasm';
import { packageRoot } from '../harness/package-root';
import { buildResult } from '../harness/record/result';
import { hostile, RecordBuilder, sampleRecord } from '../harness/record/testing/record-fixture';
import { renderJunit } from './junit';

const schema = readFileSync(join(packageRoot(), 'reports/testing/junit.xsd'), 'utf8');

/** What libxml2 says of a document. */
async function problems(xml: string): Promise<readonly string[]> {
  const { errors } = await validateXML({ xml: { fileName: 'junit.xml', contents: xml }, schema });
  return errors.map(({ message }) => message);
}

const xmlOf = ({ lines }: RecordBuilder): string => renderJunit(buildResult(lines), lines);

test.each([
  ['every verdict', sampleRecord()],
  ['strings that a device may send', sampleRecord(hostile)],
  ['a run that was cut off', new RecordBuilder().start()],
])('a report of %s satisfies the schema', async (_, builder) => {
  expect(await problems(xmlOf(builder))).toEqual([]);
});

test('the schema refuses what is no report', async () => {
  const xml = xmlOf(sampleRecord());
  expect(await problems(xml.replace(/ tests="9"/, ''))).not.toEqual([]);
  expect(await problems(xml.replace('<skipped ', '<ignored '))).not.toEqual([]);
  expect(await problems(xml.replace('</testsuites>', ''))).not.toEqual([]);
});
