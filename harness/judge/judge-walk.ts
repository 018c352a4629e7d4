import type { Environment } from '../resolve';
import { NOWHERE } from '../resolve';
import type { FieldCheck, WalkStep } from '../suite/compiled';
import type { Finding } from './finding';
import type { Match, Naming } from './match';
import { match, noNames, show } from './match';
import type { ViewValue } from './view';
import { valueAt } from './view';
import type { Walk } from './walk';
import { asLookup, counted, selectedOf, walkValues } from './walk';
import { labelOf } from './walk-labels';

/** Failing entries that are shown by name. */
const MOST_SHOWN = 5;

/** The walk itself, its answers, its selected entries, and the whole. */
export function judgeWalk(walk: Walk, step: WalkStep, env: Environment, names: Naming): readonly Finding[] {
  const selected = selectedOf(walk, step, env);
  const { fault } = walk;
  const findings: Finding[] = [];
  const nothing = selected.length === 0;
  // Where entries should have been looked at and there are none, that the walk ended is no proof of the clause.
  const idle = nothing && step.atLeast === 0 && step.expect.length === 0;
  if (fault === undefined) findings.push(...(step.command === undefined ? [] : [ended(walk, idle)]));
  else findings.push({ path: 'walk', ok: false, ...fault });
  for (const broken of walk.broken.slice(0, 1)) findings.push({ path: 'decode', ok: false, ...broken });
  findings.push(...checksumFinding(walk, step), ...step.eachAnswer.map((check) => ofAnswers(walk, check, env)));
  if (fault === undefined || !nothing) findings.push(selection(walk, step, selected));
  if (!nothing) findings.push(...step.each.map((check) => ofEntries(step, selected, check, env, names)));
  if (fault === undefined) findings.push(...step.expect.map((check) => ofWhole(walk, selected, check, env)));
  return findings;
}

function ended(walk: Walk, idle: boolean): Finding {
  const actual = counted(walk.entries.length, walk.answers.length);
  const verdict = idle ? { verdict: 'info' as const } : {};
  return { path: 'walk', ok: true, expected: 'an end, and a success as every answer', actual, ...verdict };
}

function selection(walk: Walk, step: WalkStep, selected: readonly ViewValue[]): Finding {
  const actual = `${selected.length} of ${walk.entries.length} entries`;
  const what = step.where.length === 0 ? '' : ` with ${step.where.map(wordsOf).join(', ')}`;
  const expected = `at least ${step.atLeast}${what}`;
  const ok = selected.length >= step.atLeast;
  if (!ok || selected.length > 0) return { path: 'at-least', ok, expected, actual };
  return { path: 'at-least', ok, expected, actual, verdict: 'info', note: 'nothing to look at: allowed by the case' };
}

function wordsOf({ path, matcher }: FieldCheck): string {
  return `${path} ${match(matcher, undefined, NOWHERE, noNames, path).expected}`.trim();
}

function checksumFinding(walk: Walk, step: WalkStep): readonly Finding[] {
  const rule = step.parts?.checksum;
  const [first] = walk.checksums;
  if (rule === undefined || first === undefined) return [];
  const wrong = walk.checksums.find(({ ok }) => !ok);
  const { requirement } = rule;
  const path = 'checksum';
  if (wrong !== undefined) return [{ path, ...wrong, requirement }];
  return [{ path, ok: true, expected: first.expected, actual: `right for ${walk.checksums.length}`, requirement }];
}

/** One check over many things: the first that fails decides, and is shown. */
interface Tried {
  readonly name: string;
  readonly result: Match;
  readonly actual: string;
  readonly octets?: string;
}

function combined(path: string, requirement: string | undefined, all: readonly Tried[]): Finding {
  const wrong = all.filter(({ result }) => !result.ok);
  const shown = wrong[0] ?? all[0];
  const worst = all.find(({ result }) => result.verdict !== undefined && result.verdict !== 'pass') ?? shown;
  if (shown === undefined) return { path, ok: false, expected: 'something to look at', actual: 'nothing', requirement };
  const list = wrong.slice(0, MOST_SHOWN).map(({ name, actual }) => `${name}: ${actual}`);
  const more = wrong.length > MOST_SHOWN ? `, and ${wrong.length - MOST_SHOWN} more` : '';
  const actual = wrong.length === 0 ? `so in all ${all.length}` : list.join('; ') + more;
  const { expected, note, verdict } = (wrong.length === 0 ? worst : shown)?.result ?? shown.result;
  return { path, ok: wrong.length === 0, expected, actual, requirement, verdict, note, octets: shown.octets };
}

function ofAnswers(walk: Walk, { path, matcher, requirement }: FieldCheck, env: Environment): Finding {
  const all = walk.answers.map((answer, index): Tried => {
    const { view, octets } = answer;
    const around = {
      ...env,
      view: view.values,
      answer: asLookup(view.values),
      get sent() {
        return answer.sent;
      },
    };
    const value = valueAt(view.values, path);
    const result = match(matcher, value, around, noNames, path);
    return { name: `answer ${index + 1}`, result, actual: result.actual ?? show(value), octets };
  });
  return combined(`answers.${path}`, requirement, all);
}

function ofEntries(
  step: WalkStep,
  selected: readonly ViewValue[],
  { path, matcher, requirement }: FieldCheck,
  env: Environment,
  names: Naming,
): Finding {
  const all = selected.map((entry, index): Tried => {
    const around = { ...env, view: entry, answer: asLookup(entry) };
    const value = valueAt(entry, path);
    const result = match(matcher, value, around, names, path);
    return { name: labelOf(step, selected, index), result, actual: result.actual ?? show(value, names(path)) };
  });
  return combined(path === '' ? 'each' : `each.${path}`, requirement, all);
}

function ofWhole(
  walk: Walk,
  selected: readonly ViewValue[],
  { path, matcher, requirement }: FieldCheck,
  env: Environment,
): Finding {
  const values = walkValues(walk, selected);
  const value = valueAt(values, path);
  const { actual, ...result } = match(matcher, value, { ...env, view: values, answer: values }, noNames, path);
  return { path, ...result, actual: actual ?? clip(show(value)), requirement };
}

function clip(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
