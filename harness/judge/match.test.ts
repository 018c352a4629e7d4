import { MILLISECOND } from '../clock';
import type { Environment } from '../resolve';
import type { Matcher } from '../suite/compiled';
import { match, noNames, show } from './match';
import type { ViewValue } from './view';

const env: Environment = {
  parameters: { spareEid: 10, responseTime: 100 * MILLISECOND, types: [1, 2] },
  claims: { pldm: { types: [0, 4] } },
  saved: {
    uuid: 'aabb',
    celsius: 62,
    version: '2.1 ',
    sensor: { resolution: 0.5, offset: 0, unitModifier: -1 },
  },
  loop: { tag: 3 },
};

function holds(matcher: Matcher, actual: ViewValue): boolean {
  return match(matcher, actual, env, noNames, 'field').ok;
}

describe('matchers', () => {
  const cases: readonly (readonly [string, Matcher, readonly ViewValue[], readonly ViewValue[]])[] = [
    ['a literal', { kind: 'equals', value: 5 }, [5], [4, '5', undefined, [5]]],
    ['a parameter', { kind: 'equals', value: '$parameters.spareEid' }, [10], [9, undefined]],
    ['a loop variable', { kind: 'equals', value: '$tag' }, [3], [0]],
    ['a saved value that is not there', { kind: 'equals', value: '$saved.other' }, [], [undefined, 'aabb', 0]],
    ['octets, whatever their spelling', { kind: 'equals', value: 'AA bb' }, ['aabb'], ['aabbcc', '']],
    ['a list of literals', { kind: 'in', values: [1, 3] }, [1, 3], [2, undefined]],
    ['a list by reference', { kind: 'in', values: '$claims.pldm.types' }, [0, 4], [1]],
    ['a range', { kind: 'range', min: 1, max: 4 }, [1, 4], [0, 5, undefined, '1']],
    ['an open range', { kind: 'range', min: '$parameters.missing' }, [], [0, 7]],
    ['bits', { kind: 'bits', pattern: '10xx_xxxx' }, [0x80, 0xbf], [0xc0, 0x40, 0x180, undefined]],
    [
      'octets by their place',
      { kind: 'slice', from: 1, count: 2, of: { kind: 'equals', value: '1ab4' } },
      ['7e1ab400'],
      ['7e1a', '1ab4', undefined],
    ],
    ['hex', { kind: 'hex', value: '00 11' }, ['0011'], ['0012', undefined]],
    ['text as it stands', { kind: 'equals', value: 'AB 1', exact: true }, ['AB 1'], ['ab1', 'AB1', undefined]],
    [
      'a text of so many characters',
      { kind: 'length', of: { kind: 'equals', value: 3 }, characters: true },
      ['abc'],
      ['abcdef', undefined],
    ],
    [
      'one of a list',
      { kind: 'some', of: [{ path: 'type', matcher: { kind: 'equals', value: 4 } }] },
      [[{ type: 1 }, { type: 4 }]],
      [[{ type: 1 }], [], undefined],
    ],
    ['a plain one of a list', { kind: 'some', of: { kind: 'equals', value: 0 } }, [[0, 4]], [[4], []]],
    [
      'a value near another',
      { kind: 'near', value: '$saved.celsius', tolerance: 3 },
      [59, 62, 65, 62n],
      [58.9, 66, undefined, '62'],
    ],
    ['a value near one that did not come', { kind: 'near', value: '$saved.other', tolerance: 3 }, [], [0, undefined]],
    [
      'a reading as a value',
      { kind: 'scaled', by: '$saved.sensor', of: { kind: 'range', min: 24, max: 26 } },
      [500, 510],
      [40, 25, undefined, '500'],
    ],
    [
      'a reading whose scale is no number',
      {
        kind: 'scaled',
        by: { resolution: 'nan 7fc00000', offset: 0, unitModifier: 0 },
        of: { kind: 'range', min: -99 },
      },
      [],
      [1],
    ],
    [
      'printable text',
      { kind: 'printable' },
      ['SN 42', 'Größe', '0x30783132'],
      ['', 'SN ', ' SN', 'SN\0', '0xff', 'a\nb', undefined],
    ],
    ['printable octets', { kind: 'printable', octets: true }, ['534e'], ['534e00', 'ff', '', undefined]],
    ['an ascending list', { kind: 'ordered', strictly: false }, [[1, 2, 2], [5]], [[2, 1], [], [1, 'a'], undefined]],
    ['a strictly ascending list', { kind: 'ordered', strictly: true }, [[1, 2, 3]], [[1, 2, 2], []]],
    [
      'the same text but for what pads it',
      { kind: 'same-text', value: '$saved.version' },
      ['2.1', '2.1  ', '\ufeff2.1', '2.1\0\0'],
      ['2.10', '', undefined],
    ],
    [
      'octets that are the same text',
      { kind: 'same-text', value: '2.1', octets: true },
      ['322e3100'],
      ['322e32', 'ff'],
    ],
    [
      'octets with a checksum',
      { kind: 'checksum', by: 'crc32', pad: 4, of: { kind: 'equals', value: 0xabbd7b2d } },
      ['0100010301050441434d450305504e2d30310404534e3432'],
      ['01', undefined],
    ],
    [
      'a length of octets',
      { kind: 'length', of: { kind: 'equals', value: 2 } },
      ['0011', [1, 2]],
      ['00', undefined, []],
    ],
    ['a pattern', { kind: 'pattern', source: '^[0-9]+$' }, ['12'], ['a', 12, undefined]],
    ['each entry', { kind: 'each', of: { kind: 'range', min: 1 } }, [[1, 2]], [[0, 1], [], undefined]],
    [
      'each structure',
      { kind: 'each', of: [{ path: 'som', matcher: { kind: 'equals', value: 1 } }] },
      [[{ som: 1 }]],
      [[{ som: 0 }], [{}], []],
    ],
    ['unique entries', { kind: 'unique' }, [[1, 2], []], [[1, 1], undefined]],
    ['not', { kind: 'not', of: { kind: 'equals', value: 0 } }, [1], [0, undefined]],
    [
      'a time limit',
      { kind: 'within', limit: '$parameters.responseTime' },
      [0, 100 * MILLISECOND],
      [101 * MILLISECOND, undefined],
    ],
    ['absence', { kind: 'absent' }, [undefined, ''], [0, 'aa']],
  ];
  it.each(cases)('%s', (_name, matcher, good, bad) => {
    for (const value of good) expect({ value, ok: holds(matcher, value) }).toEqual({ value, ok: true });
    for (const value of bad) expect({ value, ok: holds(matcher, value) }).toEqual({ value, ok: false });
  });

  it('compares with another field of the same answer', () => {
    const view = { versionCount: 2, versions: ['a', 'b'] };
    const same = (path: string, actual: ViewValue): boolean =>
      match({ kind: 'equals-field', path }, actual, { ...env, view }, noNames, 'field').ok;
    expect([same('versionCount', 2), same('versionCount', 3), same('missing', undefined)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(holds({ kind: 'equals-field', path: 'versionCount' }, 2)).toBe(false);
    const length: Matcher = { kind: 'length', of: { kind: 'equals-field', path: 'versionCount' } };
    expect(match(length, view.versions, { ...env, view }, noNames, 'versions').ok).toBe(true);
  });

  it('lets the first branch that holds decide', () => {
    const matcher: Matcher = {
      kind: 'one-of',
      branches: [
        { match: { kind: 'equals', value: 3 }, verdict: 'pass' },
        { match: { kind: 'equals', value: 0 }, verdict: 'warn', reason: 'many do' },
        { match: { kind: 'equals', value: 9 }, verdict: 'fail' },
      ],
    };
    expect(match(matcher, 3, env, noNames, '')).toMatchObject({ ok: true, verdict: 'pass' });
    expect(match(matcher, 0, env, noNames, '')).toMatchObject({ ok: true, verdict: 'warn', note: 'many do' });
    expect(match(matcher, 9, env, noNames, '')).toMatchObject({ ok: false, verdict: 'fail' });
    const none = match(matcher, 4, env, noNames, '');
    expect(none.ok).toBe(false);
    expect(none.verdict).toBeUndefined();
  });

  it('names codes in what it expects and shows', () => {
    const codes = { SUCCESS: 0, ERROR_INVALID_DATA: 2 };
    const result = match({ kind: 'equals', value: 'ERROR_INVALID_DATA' }, 2, env, () => codes, 'completionCode');
    expect(result).toEqual({ ok: true, expected: 'ERROR_INVALID_DATA (0x02)' });
    expect(show(0, codes)).toBe('SUCCESS (0x00)');
    expect(show(200)).toBe('200 (0xc8)');
  });
});
