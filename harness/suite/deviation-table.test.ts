import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root';
import { openBuiltIn } from './library';

/** Rows of the document: what was seen, the deviation and the case that is said to catch it. */
const rows = readFileSync(join(packageRoot(), 'docs/deviations.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (seen|code) \|/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({ seen: cells[1] ?? '', deviation: /^`(.+)`$/.exec(cells[3] ?? '')?.[1], case: cells[4] ?? '' }));

const { library } = openBuiltIn();
const cases = new Map(library.suites.flatMap((suite) => suite.cases).map((kase) => [kase.id, kase]));
const codes = /^D-[A-Z]+$/;

test('the table of what was seen has no row without a deviation that does not say why', () => {
  expect(rows.length).toBeGreaterThan(50);
  const bare = rows.filter(({ deviation }) => deviation === undefined).map(({ seen }) => seen);
  expect(bare).toEqual(['replies that are no multiple of four octets', 'D-OEM', 'D-CAP']);
});

test.each(rows.filter(({ deviation }) => deviation !== undefined))('$seen: $case lists $deviation', (row) => {
  expect(cases.get(row.case)?.deviations).toContain(row.deviation);
});

test('every code of the capabilities has a row', () => {
  const used = Object.values(library.capabilities).flatMap(({ differs }) => differs.map(({ code }) => code));
  const told = rows.map(({ seen }) => seen).filter((text) => codes.test(text));
  expect(told).toEqual(expect.arrayContaining([...new Set(used)]));
});
