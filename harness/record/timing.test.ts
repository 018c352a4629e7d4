import { MILLISECOND } from '../clock';
import type { Exchange } from './observation';
import type { Answered } from './timing';
import { note, timingOf } from './timing';

const sent = {
  ...{ at: 0, body: '', packets: [], frames: [], command: 'getEndpointId', messageType: 0, tagOwner: 1, messageTag: 0 },
  ...{ sourceEid: 8, destinationEid: 9, delivery: 'sent' as const },
};

const answeredAfter = (ms: number, more: Partial<Exchange> = {}): Exchange => ({
  ...{ sent, attempts: 1, also: [], elapsed: ms * MILLISECOND },
  ...more,
});

function timing(exchanges: readonly Exchange[], limitMs?: number) {
  const noted = new Map<string, Answered>();
  for (const exchange of exchanges) note(noted, exchange);
  return timingOf(noted, limitMs === undefined ? undefined : limitMs * MILLISECOND);
}

describe('response times of a command', () => {
  it('are p50, p99 and the longest, held against MT1', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => answeredAfter(index + 1));
    expect(timing([...hundred].reverse(), 98)).toEqual([
      { command: 'getEndpointId', count: 100, late: 2, retried: 0, unanswered: 0, p50Ms: 50, p99Ms: 99, maxMs: 100 },
    ]);
  });

  it('are those of first attempts; what was asked again or never answered is counted apart', () => {
    const { elapsed: _, ...silent } = answeredAfter(0);
    expect(timing([answeredAfter(5), answeredAfter(1, { attempts: 3 }), { ...silent, attempts: 3 }], 100)).toEqual([
      { command: 'getEndpointId', count: 1, late: 0, retried: 1, unanswered: 1, p50Ms: 5, p99Ms: 5, maxMs: 5 },
    ]);
  });

  it('leave out what was to stay silent, and what never left', () => {
    const { elapsed: _, ...silent } = answeredAfter(0);
    const proven = { ...silent, silence: { by: 'twin' as const, waited: 1 } };
    const refused = { ...silent, sent: { ...sent, delivery: 'refused' as const } };
    expect(timing([proven, refused])).toEqual([]);
  });
});
