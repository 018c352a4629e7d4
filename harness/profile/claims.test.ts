import * as fc from 'fast-check';
import { describeClaims, evaluateClaims } from './claim-evaluate';
import type { ClaimExpression, Operand } from './claim-expression';
import { claimsIn, parseClaimExpression, printClaimExpression } from './claim-expression';
import { claimKind, claimNames, compileClaims, mergeClaims } from './claims';

function parsed(text: string): ClaimExpression {
  const result = parseClaimExpression(text);
  if (!result.ok) throw new Error(`${result.at}: ${result.message}`);
  return result.expression;
}

const claims = compileClaims({
  mctp: { version: '1.3.1', messageTypes: ['control', 'pldm', 0x20], staticEid: false, role: 'endpoint', commands: [] },
  pldm: { types: [0, 2] },
});
const truth = (text: string): boolean | undefined => evaluateClaims(parsed(text), claims);

describe('claim expressions', () => {
  test.each([
    ['pldm in mctp.messageTypes', true],
    ['spdm in mctp.messageTypes', false],
    ['0x20 in mctp.messageTypes', true],
    ['not mctp.staticEid', true],
    ['mctp.version >= 1.3', true],
    ['mctp.version == 1.3.1', true],
    ['mctp.version < 1.3.10', true],
    ['mctp.version > 1.10.0', false],
    ['mctp.role == endpoint', true],
    ['mctp.role != endpoint', false],
    ['mctp.role in [bridge, bus-owner]', false],
    ['2 in pldm.types', true],
    ['getEndpointUuid in mctp.commands', false],
    ['mctp.staticEid == false', true],
    ['mctp.addIn', undefined],
    ['not mctp.addIn', undefined],
    ['mctp.addIn or not mctp.staticEid', true],
    ['mctp.addIn and mctp.staticEid', false],
    ['mctp.addIn and not mctp.staticEid', undefined],
    ['mctp.concurrentAssemblies > 1', undefined],
    ['pldm in mctp.messageTypes and not mctp.staticEid or mctp.addIn', true],
    ['not (mctp.staticEid or mctp.staticEid)', true],
    ['not not mctp.staticEid', false],
  ])('%s is %s', (text, expected) => {
    expect(truth(text)).toBe(expected);
  });

  test('bind not before and, and before or', () => {
    expect(parsed('not a.b and c.d or e.f')).toEqual({
      kind: 'or',
      parts: [
        {
          kind: 'and',
          parts: [
            { kind: 'not', of: { kind: 'claim', name: 'a.b' } },
            { kind: 'claim', name: 'c.d' },
          ],
        },
        { kind: 'claim', name: 'e.f' },
      ],
    });
  });

  test.each([
    ['', 0, 'expected a claim or a value, found the end'],
    ['pldm in', 7, 'expected a claim or a value, found the end'],
    ['a.b and', 7, 'expected a claim or a value, found the end'],
    ['(a.b', 4, 'expected ")", found the end'],
    ['a.b c.d', 4, 'expected and, or, or the end, found "c.d"'],
    ['a.b == 1 == 2', 9, 'expected and, or, or the end, found "=="'],
    ['pldm', 4, 'expected a comparison or "in", found the end'],
    ['a.b = 1', 4, 'unexpected "= 1"'],
    ['a.b == [1]', 0, 'a list goes only after "in"'],
    ['1 in 2', 5, 'after "in" goes a claim that is a list, or [ … ]'],
    ['1 in [2, 3', 10, 'expected "," or "]", found the end'],
    ['a.b == 1x', 7, 'unexpected "1x"'],
    ['a.b; process.exit()', 3, 'unexpected "; process.ex"'],
  ])('%j ends at character %d: %s', (text, at, message) => {
    expect(parseClaimExpression(text)).toEqual({ ok: false, at, message });
  });

  test('are bounded', () => {
    expect(parseClaimExpression(`${'('.repeat(40)}a.b${')'.repeat(40)}`)).toMatchObject({ message: 'nested too deep' });
    expect(parseClaimExpression('a.b or '.repeat(200))).toMatchObject({ message: 'longer than 500 characters' });
  });

  test('say what decided', () => {
    const expression = parsed('pldm in mctp.messageTypes and mctp.addIn or mctp.version > 1.3.1');
    expect(claimsIn(expression)).toEqual(['mctp.messageTypes', 'mctp.addIn', 'mctp.version']);
    expect(describeClaims(expression, claims)).toBe(
      'mctp.messageTypes is [control, pldm, 0x20], mctp.addIn is open, mctp.version is 1.3.1',
    );
  });

  const name = fc.constantFrom(...claimNames);
  const value = fc.oneof(
    fc.nat(300),
    fc.boolean(),
    fc.constantFrom('pldm', 'nc-si', '1.3.1', '1.0', 'two words', 'and', 'true', ''),
  );
  const scalar: fc.Arbitrary<Operand> = fc.oneof(
    name.map((claim) => ({ kind: 'claim', name: claim }) as const),
    value.map((entry) => ({ kind: 'value', value: entry }) as const),
  );
  const list: fc.Arbitrary<Operand> = fc.oneof(
    name.map((claim) => ({ kind: 'claim', name: claim }) as const),
    fc.array(value, { minLength: 1, maxLength: 3 }).map((entries) => ({ kind: 'list', entries }) as const),
  );
  const { expression } = fc.letrec<{ expression: ClaimExpression }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      name.map((claim) => ({ kind: 'claim', name: claim }) as const),
      fc.record({
        kind: fc.constant('compare' as const),
        operator: fc.constantFrom(
          '==' as const,
          '!=' as const,
          '<' as const,
          '<=' as const,
          '>' as const,
          '>=' as const,
        ),
        left: scalar,
        right: scalar,
      }),
      fc.record({ kind: fc.constant('in' as const), left: scalar, right: list }),
      tie('expression').map((of) => ({ kind: 'not', of }) as const),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));

  test('parse to what they were printed from', () => {
    fc.assert(
      fc.property(expression, (made) => {
        const text = printClaimExpression(made);
        fc.pre(text.length <= 500);
        expect(parsed(text)).toEqual(made);
      }),
    );
  });

  test('never throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const result = parseClaimExpression(text);
        if (result.ok) evaluateClaims(result.expression, claims);
      }),
    );
  });

  test('obey De Morgan with open claims too', () => {
    fc.assert(
      fc.property(expression, expression, (a, b) => {
        const left = evaluateClaims({ kind: 'not', of: { kind: 'and', parts: [a, b] } }, claims);
        const not = (of: ClaimExpression): ClaimExpression => ({ kind: 'not', of });
        expect(evaluateClaims({ kind: 'or', parts: [not(a), not(b)] }, claims)).toBe(left);
      }),
    );
  });

  test('decide nothing where all claims are open', () => {
    fc.assert(
      fc.property(expression, (made) => {
        fc.pre(claimsOnly(made));
        expect(evaluateClaims(made, {})).toBeUndefined();
      }),
    );
  });
});

/** Every comparison has a claim in it. */
function claimsOnly(expression: ClaimExpression): boolean {
  if ('parts' in expression) return expression.parts.every(claimsOnly);
  if (expression.kind === 'not') return claimsOnly(expression.of);
  if (expression.kind === 'claim') return true;
  return expression.left.kind === 'claim' || expression.right.kind === 'claim';
}

describe('claims', () => {
  test('merge claim by claim', () => {
    const over = compileClaims({ mctp: { messageTypes: ['spdm'] }, spdm: { versions: ['1.1'] } });
    expect(mergeClaims(claims, over)).toMatchObject({
      mctp: { version: '1.3.1', messageTypes: [5] },
      pldm: { types: [0, 2] },
      spdm: { versions: ['1.1'] },
    });
  });

  test('have no names but their own', () => {
    for (const wrong of ['constructor.name', '__proto__.x', 'mctp.constructor', 'mctp', 'mctp.version.x', '']) {
      expect(claimKind(wrong)).toBeUndefined();
    }
  });
});
