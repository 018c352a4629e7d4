import type { Binding, CaseVerdict, RunVerdict } from '../harness/names';
import type { Result } from '../harness/record/result-schema';

/** Words that every report uses for the same thing. */
export const bindingNames: { readonly [B in Binding]: string } = { smbus: 'SMBus', serial: 'serial' };

export const runVerdictNames: { readonly [V in RunVerdict]: string } = {
  conformant: 'conformant',
  'not-conformant': 'not conformant',
  partial: 'partial',
  incomplete: 'incomplete',
  error: 'error',
};

export const caseVerdictNames: { readonly [V in CaseVerdict]: string } = {
  pass: 'pass',
  warn: 'warn',
  fail: 'fail',
  'not-applicable': 'not applicable',
  unreachable: 'unreachable',
  blocked: 'blocked',
  error: 'error',
  waived: 'waived',
};

/** Gravest first: the order of filters, totals and lists. */
export const verdictOrder: readonly CaseVerdict[] = [
  'fail',
  'error',
  'blocked',
  'warn',
  'waived',
  'pass',
  'not-applicable',
  'unreachable',
];

export const redVerdicts: readonly CaseVerdict[] = ['fail', 'error', 'blocked'];

/** `SMBus, messages+packets+frames, exclusive`: what stands beside every verdict. */
export function scopeText({ scope }: Result): string {
  const hops = scope.hops === 0 ? [] : [`behind ${scope.hops} bridge${scope.hops === 1 ? '' : 's'}`];
  const select = scope.select.length === 0 ? [] : [`only ${scope.select.join(', ')}`];
  return [
    bindingNames[scope.binding],
    scope.planes.join('+'),
    scope.exclusive ? 'exclusive' : 'shared',
    ...hops,
    ...(scope.strict ? ['strict'] : []),
    ...(scope.thorough ? ['thorough'] : []),
    ...select,
  ].join(', ');
}

/** A run on an emulated or recorded device shows how the tool works, and certifies nothing. */
export function demonstrationText(result: Result): string | undefined {
  return result.attested ? undefined : 'Demonstration: an emulated or recorded device, no statement rests on this run';
}

/** `41 planned: 30 pass, 1 warn, 10 not applicable`. */
export function countsText({ counts, planned }: Result): string {
  const parts = verdictOrder
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${caseVerdictNames[verdict]}`);
  return `${planned} planned${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
