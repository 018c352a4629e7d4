import type { CaseVerdict, CheckVerdict, RunVerdict } from '../../harness/names';

/** What a verdict looks like. */
export type Tone = 'good' | 'bad' | 'warn' | 'idle';

export const tones: { readonly [V in CaseVerdict | CheckVerdict]: Tone } = {
  pass: 'good',
  info: 'idle',
  warn: 'warn',
  waived: 'warn',
  fail: 'bad',
  error: 'bad',
  blocked: 'bad',
  'not-applicable': 'idle',
  unreachable: 'idle',
};

export const runTones: { readonly [V in RunVerdict]: Tone } = {
  conformant: 'good',
  'not-conformant': 'bad',
  partial: 'warn',
  incomplete: 'bad',
  error: 'bad',
};
