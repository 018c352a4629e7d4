import { z } from 'zod';
import type { RecordLine } from '../../harness/record/lines';
import type { Result } from '../../harness/record/result-schema';
import type { Requirements } from '../../harness/suite/compiled';
import { canonical, sha256 } from './canonical';
import type { Given } from './given';
import { givenSchema } from './given';
import { wordingOf } from './wording';

/** Types of the in-toto attestation framework: a statement, and its predicate about the result of tests. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://in-toto.io/attestation/test-result/v0.1';

/** Of what follows from a record: what is computed otherwise gets another number. */
const FORMAT = 1;

/** The parts of a statement from which the rest can be computed again. */
export const statementSchema = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.looseObject({ format: z.literal(FORMAT), given: givenSchema }),
});
export type Statement = z.infer<typeof statementSchema>;

type Descriptor = { readonly name: string; readonly digest: { readonly sha256: string } };
const descriptor = (name: string, digest: string): Descriptor => ({ name, digest: { sha256: digest } });

type Start = Extract<RecordLine, { type: 'run.start' }>;
type Plan = Extract<RecordLine, { type: 'plan' }>;

/** The statement about a run: everything but `given` follows from the record, and is computed again to verify it. */
export function buildStatement(result: Result, start: Start, plan: Plan, given: Given): object {
  const unit = unitOf(result, given);
  const of = (verdict: Result['cases'][number]['verdict']): readonly string[] =>
    result.cases.filter((entry) => entry.verdict === verdict).map(({ id }) => id);
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { ...descriptor(`device ${unit.uuid ?? unit.uri}`, sha256(canonical(unit))), annotations: unit },
      descriptor('record.ndjson', given.evidence.record.sha256),
    ],
    predicateType: PREDICATE_TYPE,
    predicate: {
      format: FORMAT,
      result: outcome(result),
      configuration: [
        ...Object.entries(start.hashes).map(([name, value]) => descriptor(name, value)),
        descriptor('tool', given.toolHash),
      ],
      passedTests: of('pass'),
      warnedTests: [...of('warn'), ...of('waived')],
      failedTests: [...of('fail'), ...of('blocked')],
      conformance: { ...conformanceOf(result, plan.requirements), machine: start.machine },
      wording: wordingOf(result, unit, given),
      given,
    },
  };
}

type UnitFacts = Partial<Result['device']> & { readonly messageTypes: readonly number[] };

/** The unit as read over the wire, but for what whoever signs leaves out. */
function unitOf(result: Result, given: Given): UnitFacts {
  const { uri, id, eid, uuid, types, manufacturer, model, partNumber, serialNumber, firmware } = result.device;
  const facts = { uri, id, eid, uuid, messageTypes: types, manufacturer, model, partNumber, serialNumber, firmware };
  return { ...facts, ...Object.fromEntries((given.omits ?? []).map((name) => [name, undefined])) };
}

function outcome(result: Result): 'PASSED' | 'WARNED' | 'FAILED' {
  if (result.verdict !== 'conformant') return 'FAILED';
  return result.counts.warn > 0 || result.counts.waived > 0 ? 'WARNED' : 'PASSED';
}

function conformanceOf(result: Result, requirements: Requirements) {
  const { profile, tool, scope, verdict, level, started, ended, counts, waivers } = result;
  const used = Object.values(requirements);
  const documents = [...new Set(used.map(({ document, version }) => `${document} ${version}`))].sort();
  const touched = new Set(result.coverage.tested.map(({ requirement }) => requirement));
  const { capabilities, overlays } = result as { readonly capabilities?: unknown; readonly overlays?: unknown };
  return {
    verdict,
    level,
    profile: { id: profile.id, title: profile.title, class: profile.class },
    suiteRelease: `${tool.name} ${tool.version}`,
    scope,
    sampleSize: 1,
    started,
    ended,
    documents,
    counts,
    capabilities,
    overlays,
    notTested: result.cases
      .filter((entry) => entry.verdict === 'not-applicable' || entry.verdict === 'unreachable')
      .map(({ id, verdict: why, reason }) => ({ case: id, verdict: why, reason })),
    unconfirmed: used
      .filter(({ id, confidence }) => confidence !== 'high' && touched.has(id))
      .map(({ id }) => id)
      .sort(),
    waived: waivers.filter(({ status }) => status === 'applied'),
  };
}
