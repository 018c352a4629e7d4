import type { CaseVerdict } from '../names';
import { graver } from '../record/fold';
import type { Check, RecordLine, UnitFacts } from '../record/lines';
import type { CaseObservations, LifeProbe, Observation } from '../record/observation';
import type { JudgeContext } from './judge';

/** One attempt at a case as a record holds it: what was seen, and what was concluded then. */
export interface Evidence {
  readonly case: string;
  readonly seen: CaseObservations;
  readonly recorded: {
    readonly checks: readonly Check[];
    readonly verdict: CaseVerdict;
    readonly reason?: string;
    readonly unit?: UnitFacts;
  };
}

interface Open {
  observations: CaseObservations['observations'][number][];
  late: CaseObservations['late'][number][];
  life: LifeProbe | undefined;
  checks: Check[];
  unit: UnitFacts | undefined;
  end: { readonly verdict: CaseVerdict; readonly reason?: string } | undefined;
  /** A `case.end` was written, so a further check belongs to a new judging. */
  closed: boolean;
}

/** Attempts that ended, in the record's order; one that was cut off gives no evidence. */
export function evidenceOf(lines: Iterable<RecordLine>): readonly Evidence[] {
  const attempts: { readonly case: string; readonly open: Open }[] = [];
  const current = new Map<string, Open>();
  const walked = new Walked();
  for (const line of lines) {
    if (line.type === 'case.start') {
      const open = {
        observations: [],
        late: [],
        life: undefined,
        checks: [],
        unit: undefined,
        end: undefined,
        closed: false,
      };
      current.set(line.case, open);
      attempts.push({ case: line.case, open });
      continue;
    }
    if (!('case' in line)) continue;
    const open = current.get(line.case);
    if (open === undefined) continue;
    if (line.type === 'observation') open.observations.push(walked.whole(line.case, line.observation));
    else if (line.type === 'life') open.life = line.life;
    else if (line.type === 'unit') open.unit = line.unit;
    else if (line.type === 'late') {
      const { type: _type, at: _at, case: _case, ...late } = line;
      open.late.push(late);
    } else if (line.type === 'check') {
      if (open.closed) open.checks = [];
      open.closed = false;
      open.checks.push(line.check);
    } else if (line.type === 'case.end') {
      open.end = { verdict: line.verdict, ...(line.reason === undefined ? {} : { reason: line.reason }) };
      open.closed = true;
    }
  }
  return attempts.flatMap(({ case: id, open }) => {
    const { observations, late, life, checks, unit, end } = open;
    if (end === undefined) return [];
    const seen = { observations, late, ...(life === undefined ? {} : { life }) };
    return [{ case: id, seen, recorded: { checks, ...end, ...(unit === undefined ? {} : { unit }) } }];
  });
}

/** The walks of a record by case and step: a case that took one has none of its exchanges beside it. */
class Walked {
  private readonly known = new Map<string, Observation['exchanges']>();

  whole(id: string, observation: Observation): Observation {
    const { step, taken, exchanges } = observation;
    if (taken !== undefined) return { ...observation, exchanges: this.known.get(`${taken.case}#${taken.step}`) ?? [] };
    if (observation.within === undefined) this.known.set(`${id}#${step}`, exchanges);
    return observation;
  }
}

/** Of several attempts at a case the gravest, as results count it. */
export function gravest(attempts: readonly Evidence[]): ReadonlyMap<string, Evidence> {
  const found = new Map<string, Evidence>();
  for (const attempt of attempts) {
    const known = found.get(attempt.case);
    if (known === undefined || graver(attempt.recorded.verdict, known.recorded.verdict))
      found.set(attempt.case, attempt);
  }
  return found;
}

/** What judging needs besides case and observations, as it stood when the record was made. */
export function recordedContext(lines: Iterable<RecordLine>): JudgeContext | undefined {
  let start: Extract<RecordLine, { type: 'run.start' }> | undefined;
  let plan: Extract<RecordLine, { type: 'plan' }> | undefined;
  for (const line of lines) {
    if (line.type === 'run.start') start ??= line;
    else if (line.type === 'plan') plan = line;
  }
  if (start === undefined || plan === undefined) return undefined;
  const { requirements, commands, parameters, claims } = plan;
  const { binding, plane } = start.scope;
  const { strict } = start.options;
  return { requirements, commands, parameters, claims, binding, strict, queued: plane !== 'frames' };
}
