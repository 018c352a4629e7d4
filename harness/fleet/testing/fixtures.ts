import type { JobKey, Outcome } from '../model';
import type { StoredHistory, StoredJob } from '../redis/stored';

/** Values that tests share. */
export function keyOf(part: Partial<JobKey> = {}): JobKey {
  return { campaign: 'rack', device: 'card-1', profileHash: 'abc', repeat: 1, ...part };
}

export function jobOf(key: JobKey): StoredJob {
  return { key, profile: 'nic' };
}

export function outcomeOf(part: Partial<Outcome> = {}): Outcome {
  return {
    attempt: 1,
    verdict: 'conformant',
    level: 'L2',
    exitCode: 0,
    counts: { pass: 2, warn: 0, fail: 0, 'not-applicable': 1, unreachable: 0, blocked: 0, error: 0, waived: 0 },
    durationMs: 1500,
    unit: { uri: 'sim:nic', firmware: '2.1' },
    attested: false,
    scope: 'SMBus, frames',
    cases: { ids: ['A/a/1', 'A/a/2', 'A/a/3'], verdicts: ['pass', 'not-applicable', 'pass'] },
    ...part,
  };
}

export function historyOf(key: JobKey, attempt = 1): StoredHistory {
  const { verdict, counts } = outcomeOf();
  return {
    at: '2027-01-01T00:00:00.000Z',
    key: { ...key, attempt },
    profile: 'nic',
    firmware: '2.1',
    verdict,
    counts,
    failed: [],
    timing: [{ command: 'getEndpointId', count: 3, p50Ms: 1, p99Ms: 2 }],
  };
}
