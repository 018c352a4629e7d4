/** What states and verdicts look like. */
export const runTones = {
  conformant: 'good',
  partial: 'warn',
  'not-conformant': 'bad',
  incomplete: 'warn',
  error: 'warn',
};
export const runWords = { 'not-conformant': 'not conformant' };

export const jobTones = {
  waiting: 'idle',
  running: 'active',
  passed: 'good',
  failed: 'bad',
  error: 'warn',
  refused: 'warn',
  cancelled: 'idle',
};
/** In the order of a bar: what is decided first. */
export const jobOrder = ['passed', 'failed', 'error', 'refused', 'running', 'waiting', 'cancelled'];

export const verdictTones = { accepted: 'good', 'not-accepted': 'bad', incomplete: 'warn' };
export const verdictWords = { 'not-accepted': 'not accepted' };

export const deviceTones = {
  idle: 'idle',
  running: 'active',
  'in-use-by-hand': 'warn',
  draining: 'warn',
  lost: 'bad',
};
export const deviceWords = { 'in-use-by-hand': 'in use by hand' };
