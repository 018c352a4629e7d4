import type { Check } from '../record/lines';

/** Checks that an answer came, succeeded, or could be read on: they lead to what a case is about. */
const leads = ({ id, expected }: Check): boolean =>
  /[.#](response|walk|decode|at-least)(\[|$)/.test(id) ||
  (/[.#]completionCode(\[|$)/.test(id) && /^(SUCCESS|COMPLETED) /.test(expected));

/**
 * Whether a case has shown nothing: its checks are informative, or all that hold but lead to a walk that found nothing to
 * look at.
 */
export function isIdle(checks: readonly Check[]): boolean {
  if (checks.length === 0 || checks.some(({ verdict }) => verdict === 'fail' || verdict === 'warn')) return false;
  const held = checks.filter(({ verdict }) => verdict === 'pass');
  const foundNothing = checks.some(({ id, verdict }) => verdict === 'info' && /[.#]at-least(\[|$)/.test(id));
  return held.length === 0 || (foundNothing && held.every(leads));
}

/** Why, as far as the checks say. */
export function nothingShown(checks: readonly Check[]): string {
  const notes = [...new Set(checks.flatMap(({ note }) => note ?? []))];
  return ['nothing was shown', ...notes.slice(0, 1)].join(': ');
}
