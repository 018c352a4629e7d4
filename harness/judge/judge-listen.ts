import type { ReceivedMessage } from '../record/observation';
import type { Environment } from '../resolve';
import type { Expectation } from '../suite/compiled';
import type { Finding } from './finding';
import { match, show } from './match';
import type { ViewMap } from './view';
import { valueAt } from './view';

/** What a `listen` finds in the messages that came. */
export function judgeListened(
  heard: readonly ReceivedMessage[],
  values: ViewMap,
  expect: Expectation,
  env: Environment,
): readonly Finding[] {
  const [first] = heard;
  const octets = first?.body;
  const count = `${heard.length} message${heard.length === 1 ? '' : 's'}`;
  const actual = first === undefined ? 'no message' : count;
  switch (expect.kind) {
    case 'silence':
      return [{ path: 'silence', ok: first === undefined, expected: 'no message', actual, octets }];
    case 'anything':
      return [{ path: 'message', ok: first !== undefined, expected: 'a message', actual, octets }];
    case 'fields':
      return expect.checks.map(({ path, matcher, requirement }) => {
        const value = valueAt(values, path);
        const { ok, expected, verdict, note } = match(
          matcher,
          value,
          { ...env, view: values, answer: values },
          () => undefined,
          path,
        );
        return { path, ok, expected, actual: show(value), requirement, verdict, note, octets };
      });
    case 'one-of': {
      const tried = expect.branches.map((branch) => ({
        branch,
        findings: judgeListened(heard, values, branch.expect, env),
      }));
      const words = tried.map(({ findings }) => findings.map(({ path, expected }) => `${path} ${expected}`).join(', '));
      const base = { path: 'one-of', expected: words.join('; or '), actual: seen(values, actual), octets };
      const hit = tried.find(({ findings }) => findings.every(({ ok }) => ok))?.branch;
      if (hit === undefined) return [{ ...base, ok: false }];
      return [{ ...base, ok: hit.verdict !== 'fail', verdict: hit.verdict, note: hit.reason }];
    }
  }
}

function seen(values: ViewMap, otherwise: string): string {
  return Array.isArray(values.series) && values.series.length > 0 ? show(values.series) : otherwise;
}
