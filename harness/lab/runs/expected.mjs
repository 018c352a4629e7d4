// expected.mjs RESULT EXPECTATIONS [LEAST]: prints how the verdicts of a run differ from those that are explained; nothing when
// not. LEAST: how many cases have to run; where it is given, explained cases may be missing.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const [result, expectations] = process.argv.slice(2, 4).map((file) => readFileSync(file, 'utf8'));
const least = process.argv[4];
const explained = new Map(parse(expectations).map((entry) => [entry.case, entry]));
const { cases } = JSON.parse(result);
const settled = ['pass', 'not-applicable', 'unreachable'];
if (cases.filter(({ verdict }) => !settled.slice(1).includes(verdict)).length < Number(least ?? 100))
  console.log(`fewer than ${least ?? 100} cases ran`);
for (const { id, verdict, reason } of cases) {
  const expected = explained.get(id)?.verdict ?? 'pass';
  explained.delete(id);
  if (settled.includes(verdict) && expected === 'pass') continue;
  if (verdict !== expected) console.log(`${id}: ${verdict} (${reason ?? ''}), expected ${expected}`);
}
for (const id of least === undefined ? explained.keys() : [])
  console.log(`${id}: explained, but there is no such case`);
