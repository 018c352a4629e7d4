import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stacks } from '../emulator/stacks';
import type { Binding } from '../names';
import { bindings } from '../names';
import { packageRoot } from '../package-root';
import { openBuiltIn } from '../suite/library';
import { rowMaker } from './selftest-worker';

/** `UPDATE_STACKS=1 npx jest stacks` writes it anew: read what has changed before it is committed. */
const GOLDEN = join(packageRoot(), 'harness/emulator/stacks.golden.json');

type Said = { readonly [caseId: string]: string };
type Golden = { readonly [stack: string]: { readonly [B in Binding]: Said } };

const { library } = openBuiltIn();
const cases = new Map(library.suites.flatMap((suite) => suite.cases.map((kase) => [kase.id, kase])));

/** Red cases with their verdict and the clause that they are about. */
async function said(differs: readonly string[], binding: Binding): Promise<Said> {
  const make = await rowMaker({ profile: 'nic', select: [], every: true });
  const row = await make({ device: differs.join(' '), binding });
  expect(row.failure).toBeUndefined();
  const red = Object.entries(row.verdicts).filter(([, verdict]) =>
    ['warn', 'fail', 'error', 'blocked'].includes(verdict),
  );
  return Object.fromEntries(
    red.sort().map(([id, verdict]) => [id, `${verdict} ${cases.get(id)?.requirements[0] ?? ''}`]),
  );
}

describe('what is said of the stacks that exist', () => {
  const found: { [stack: string]: { [binding: string]: Said } } = {};
  const golden = JSON.parse(readFileSync(GOLDEN, 'utf8')) as Golden;

  afterAll(() => {
    if (process.env.UPDATE_STACKS === '1') writeFileSync(GOLDEN, `${JSON.stringify(found, undefined, 2)}\n`);
  });

  it.each(stacks.flatMap((stack) => bindings.map((binding) => [stack.name, binding, stack] as const)))(
    '%s on %s',
    async (name, binding, stack) => {
      const mine = await said([...stack.differs, ...(stack[binding] ?? [])], binding);
      found[name] = { ...found[name], [binding]: mine };
      if (process.env.UPDATE_STACKS !== '1') expect(mine).toEqual(golden[name]?.[binding]);
      // Nothing of what a stack does stops the run or is blamed on the harness.
      expect(Object.values(mine).filter((word) => /^(error|blocked)/.test(word))).toEqual([]);
    },
    60_000,
  );
});
