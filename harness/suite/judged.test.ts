import type { Requirement } from './compiled';
import { openBuiltIn } from './library';

const { suites, requirements } = openBuiltIn().library;
const cases = suites.flatMap((suite) => suite.cases);

/** What a device may do as it likes is exercised, and no check can hold it against a device. */
const binds = ({ level }: Requirement): boolean => level !== 'optional';

/** Judged with the first clause of their case, by the same check: one value, two clauses that say it. */
const TOGETHER: { readonly [id: string]: string } = {
  'DSP0239-MSG-01': 'DSP0236/get-message-type-support/4',
  'DSP0236-PKT-EID-06': 'DSP0236/packet-header/8',
};

describe('the requirements that a case names', () => {
  it.each(cases.filter(({ requirements: named }) => named.length > 1).map((kase) => [kase.id, kase] as const))(
    'are each judged by a check of it: %s',
    (id, { requirements: named, steps }) => {
      // What is explored is judged by the clauses of the model of the receive rules.
      if (steps.some(({ kind }) => kind === 'explore')) return;
      const judged = JSON.stringify(steps);
      const open = named.slice(1).filter((name) => {
        const requirement = requirements[name];
        return requirement !== undefined && binds(requirement) && !judged.includes(`"requirement":"${name}"`);
      });
      expect(open.filter((name) => TOGETHER[name] !== id)).toEqual([]);
    },
  );
});
