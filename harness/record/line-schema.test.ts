import { lineProblem } from './line-schema';
import { sampleRecord } from './testing/record-fixture';

test('lines as they are written have no problem', () => {
  expect(sampleRecord().lines.flatMap((line) => lineProblem(JSON.parse(JSON.stringify(line))) ?? [])).toEqual([]);
});

test.each([
  [[], 'not a JSON object'],
  [{}, 'a line without type'],
  [{ type: 'later', at: 1 }, 'unknown-type'],
  [{ type: 'constructor', at: 1 }, 'unknown-type'],
  [{ type: 'note', at: -1, text: 'x' }, 'note: at: Too small: expected number to be >=0'],
  [
    { type: 'unit', at: 1, case: 'a', unit: { firmware: 7 } },
    'unit: unit.firmware: Invalid input: expected string, received number',
  ],
  [
    { type: 'case.end', at: 1, case: 'a', verdict: 'fine' },
    expect.stringMatching(/^case\.end: verdict: Invalid option/),
  ],
])('%j is told apart', (line, problem) => {
  expect(lineProblem(line)).toEqual(problem);
});
