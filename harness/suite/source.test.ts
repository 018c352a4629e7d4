import { MAX_FILE_SIZE, readSource } from './source';

const read = (text: string) => readSource({ file: 'f.yaml', text });
const said = (text: string): readonly string[] =>
  read(text).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('reading YAML that strangers wrote', () => {
  test('bounds the size of a file', () => {
    expect(said('a'.repeat(10 * 1024 * 1024))).toEqual([`1:1 the file is larger than ${MAX_FILE_SIZE / 1024} KiB`]);
  });

  test('does not expand a billion laughs', () => {
    const lines = ['a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
    for (let level = 1; level < 10; level += 1) {
      lines.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`);
    }
    const started = Date.now();
    expect(said(lines.join('\n'))).toEqual([expect.stringMatching(/^1:1 aliases: .*[Aa]lias/)]);
    expect(Date.now() - started).toBeLessThan(2000);
  });

  test('takes an alias that is used once', () => {
    const { documents } = read('suite: a\nx: &here [1]\ny: *here\n');
    expect(documents[0]?.value).toEqual({ suite: 'a', x: [1], y: [1] });
    expect(documents[0]?.problem(['y', 0], 'm')).toMatchObject({ line: 2, column: 11 });
  });

  test('refuses an alias of itself', () => {
    expect(said('suite: &a [*a]\n')).toEqual(['1:1 aliases: an alias leads into itself']);
  });

  test.each([
    ['brackets', `a: ${'['.repeat(60)}`],
    ['many brackets', `a: ${'['.repeat(1_000_000)}`],
    ['braces', `a: ${'{a: '.repeat(50_000)}`],
    ['closed brackets', `a: ${'['.repeat(60)}${']'.repeat(60)}`],
    ['dashes', '- '.repeat(500_000)],
    ['questions', '? '.repeat(100_000)],
    ['indentation', Array.from({ length: 400 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
  ])('ends on deep nesting instead of the stack: %s', (_name, text) => {
    expect(said(text)).toEqual(['1:1 nested too deep']);
  });

  test.each([
    ['anchors', Array.from({ length: 30_000 }, (_, index) => `k${index}: &a${index} 1`).join('\n')],
    ['aliases', `a: &a 1\n${Array.from({ length: 30_000 }, (_, index) => `k${index}: *a`).join('\n')}`],
    ['entries', `a: [${'1,'.repeat(500_000)}]`],
    ['keys', Array.from({ length: 60_000 }, (_, index) => `k${index}: 1`).join('\n')],
    ['documents', 'a: 1\n---\n'.repeat(200)],
  ])('is bounded in the number of %s', (_name, text) => {
    const started = Date.now();
    expect(said(text)).toEqual([expect.stringMatching(/^1:1 .*(more than 100|too many)/)]);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  test.each([
    ['suite: !!js/function "x"', '1:8 tags are not allowed'],
    ['suite: !own x', '1:8 tags are not allowed'],
    ['suite: !!str x', '1:14 tags are not allowed'],
    ['suite: !!set { a }', '1:14 tags are not allowed'],
    ['suite: a\n__proto__: { polluted: true }', '2:1 the key "__proto__" is not allowed'],
    ['suite: a\nb: { constructor: 1 }', '2:6 the key "constructor" is not allowed'],
    ['suite: a\n<<: { b: 1 }', '2:1 the key "<<" is not allowed'],
    ['suite: a\nsuite: b', '2:1 this key is here twice'],
    ['suite: 0xffffffffffffffff', '1:8 this number has no exact value here; write octets as hex in quotes'],
    ['suite: .nan', '1:8 this number has no exact value here; write octets as hex in quotes'],
    ['- a', '1:1 a document is a map whose first key says its kind'],
    ['', '1:1 the file holds no YAML document'],
    ['suite: [1', expect.stringMatching(/^1:\d+ not YAML: flow sequence/)],
    ['? [a, b]\n: 1', expect.stringMatching(/^1:\d+ /)],
  ])('%j: %s', (text, problem) => {
    expect(said(text)).toEqual([problem]);
  });

  test('leaves Object.prototype alone', () => {
    read('suite: a\n__proto__: { polluted: true }\n');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('knows the place of keys and values in every document', () => {
    const { documents } = read('suite: a\ncases:\n  - id: one\n---\nprofile: b\nx:\n  y: [1, 22]\n');
    const [first, second] = documents;
    expect(documents.map(({ kind }) => kind)).toEqual(['suite', 'profile']);
    expect(first?.problem(['cases', 0, 'id'], 'm')).toMatchObject({
      line: 3,
      column: 9,
      length: 3,
      text: '  - id: one',
    });
    expect(first?.problem(['cases', 0, 'id'], 'm', 'key')).toMatchObject({ line: 3, column: 5, length: 2 });
    expect(second?.problem(['x', 'y', 1], 'm')).toMatchObject({ line: 7, column: 10, length: 2 });
    expect(second?.problem(['x', 'nowhere', 3], 'm')).toMatchObject({ line: 7, column: 3 });
    expect(second?.line(['x', 'y'])).toBe(7);
  });

  test('reads lines that end as on Windows', () => {
    expect(read('suite: a\r\nb: !x 1\r\n').problems[0]).toMatchObject({ line: 2, column: 4, text: 'b: !x 1' });
  });
});
