import { formatProblem, nearest, problemError, sortProblems, suggestion } from './problem';

const problem = { file: 'a.yaml', line: 3, column: 5, length: 4, message: 'wrong', text: '    abcd: 1' };

describe('problems', () => {
  test('show the line with a caret below', () => {
    expect(formatProblem(problem)).toBe('a.yaml:3:5: wrong\n  3 |     abcd: 1\n    |     ^^^^');
  });

  test('show the part of a long line that matters', () => {
    const text = `${'x'.repeat(500)}HERE${'y'.repeat(500)}`;
    const shown = formatProblem({ ...problem, column: 501, text }).split('\n');
    expect(shown[1]?.length).toBeLessThan(200);
    expect(shown[1]?.indexOf('HERE')).toBe(shown[2]?.indexOf('^^^^'));
  });

  test('come in the order of the file, each once', () => {
    const later = { ...problem, line: 10 };
    expect(sortProblems([later, problem, later])).toEqual([problem, later]);
    expect(problemError([later, problem])).toMatchObject({ code: 'YAML', exit: 2 });
    expect(problemError([later, problem]).message).toMatch(
      /^a\.yaml:3:5: wrong\n[\s\S]*a\.yaml:10:5: wrong\n[\s\S]*2 problems$/,
    );
  });

  test('suggest the nearest name', () => {
    expect(nearest('stesp', ['steps', 'title', 'id'])).toEqual(['steps']);
    expect(nearest('getEndpointID', ['getEndpointId', 'setEndpointId'])[0]).toBe('getEndpointId');
    expect(nearest('DSP0236/pack', ['DSP0236/packet-header', 'DSP0237/frame'])).toEqual(['DSP0236/packet-header']);
    expect(suggestion('zzzzzz', ['steps'])).toBe('; known: steps');
    expect(suggestion('zzzzzz', [])).toBe('');
    expect(suggestion('constructor', ['steps', 'id'])).toBe('; known: steps, id');
  });
});
