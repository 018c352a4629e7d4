import { patternFault } from './pattern';

describe('patterns', () => {
  test.each([
    '^[0-9a-f]+$',
    '^.{10}(0[1-9a-f]|[1-9a-f].)*$',
    '^.{10}((f[0-9]|[1-9][0-9]){2}(ff|f[0-9]|[1-9][0-9])(00|[46][1-9a-f]))+$',
    '^.{4}(01|fe)(?!00)..0[0-5]',
    '(?:ab){3}(a|ab)?',
    String.raw`\d+\.\d*`,
    String.raw`(\u{61}|\x62)+`,
    '[(*]+',
  ])('takes %s', (source) => {
    expect(patternFault(source)).toBeUndefined();
  });

  test.each([
    ['(a+)+', /fixed length/],
    ['(a*)*', /fixed length/],
    ['(a|a)*', /exclude each other/],
    ['(a|ab)+', /exclude each other/],
    ['(.|a)+', /exclude each other/],
    ['((ab?)+)', /fixed length/],
    [String.raw`(\W|[^\x00-\x7f])+`, /exclude each other/],
    ['(){9}', /empty group/],
    [String.raw`(a)\1`, /back references/],
    [String.raw`(?<x>a)\k<x>`, /back references/],
    ['(?<=a)b', /look-behind/],
    ['(?=a+)b', /fixed length/],
    ['a*b*c*d*', /at most 3 unbounded/],
    ['a{5000}', /counts to 1000/],
    ['(', /not a regular expression/],
    ['é', /ASCII/],
    ['a'.repeat(201), /at most 200 characters/],
  ])('refuses %s', (source, message) => {
    expect(patternFault(source)).toMatch(message);
  });

  test('what it takes does not run away', () => {
    const hostile = `${'0'.repeat(20_000)}!`;
    const started = Date.now();
    for (const source of ['^.{10}(0[1-9a-f]|[1-9a-f].)*$', '^(00)+$', '^[0-9]+x$', '^(?:0|1)+x$']) {
      expect(patternFault(source)).toBeUndefined();
      new RegExp(source, 'u').test(hostile);
    }
    expect(Date.now() - started).toBeLessThan(1000);
  });
});
