import { NOTHING_SHOWN } from '../names';
import type { Check } from '../record/lines';
import type { CompiledCase } from '../suite/compiled';
import { preparingPlaces } from './preparing';

/** Checks that an answer came, succeeded, or could be read on: they lead to what a case is about. */
const leads = ({ id, expected }: Check): boolean =>
  /[.#](response|walk|decode|at-least)(\[|$)/.test(id) ||
  (/[.#]completionCode(\[|$)/.test(id) && /^(SUCCESS|COMPLETED) /.test(expected));

/**
 * Whether a case has shown nothing: its checks are informative, or all that hold but lead to a walk that found nothing to
 * look at, or to answers of which none told what the case is about.
 */
export function isIdle(kase: CompiledCase, checks: readonly Check[]): boolean {
  if (checks.length === 0 || checks.some(({ verdict }) => verdict === 'fail' || verdict === 'warn')) return false;
  const held = checks.filter(({ verdict }) => verdict === 'pass');
  if (held.length === 0) return true;
  if (!checks.some((check) => foundNothing(kase, check))) return false;
  const shown = held.filter((check) => !leads(check));
  if (shown.length === 0) return true;
  const places = preparingPlaces(kase);
  return shown.every((check) => places.has(placeOf(kase, check)));
}

/**
 * A walk without an entry to look at, which the case allows, or what need not tell and does not. Where a case asks whether the
 * device survives, that it answers afterwards is what it shows, whatever else came.
 */
function foundNothing(kase: CompiledCase, check: Check): boolean {
  if (check.verdict !== 'info') return false;
  if (/[.#]at-least(\[|$)/.test(check.id)) return true;
  return check.level !== 'optional' && (kase.hazard === undefined || placeOf(kase, check).includes('.'));
}

/** `2.1` of `S/topic/1#2.1.reading[sensorId=3]`. */
function placeOf(kase: CompiledCase, { id }: Check): string {
  return /^\d+(\.\d+)*/.exec(id.slice(kase.id.length + 1))?.[0] ?? '';
}

/** Why, as far as the checks say. */
export function nothingShown(checks: readonly Check[]): string {
  const notes = [...new Set(checks.flatMap(({ note }) => note ?? []))];
  return [NOTHING_SHOWN, ...notes.slice(0, 1)].join(': ');
}
