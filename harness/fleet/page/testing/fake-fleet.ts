import type { Campaign } from '../../../profile/campaign';
import { caseIds, outcome as recordOutcome } from '../../../record/testing/campaign-fixture';
import type {
  CampaignState,
  FleetEvent,
  HistoryEntry,
  JobState,
  JobStatus,
  Outcome,
  StationDevice,
  StationState,
} from '../../model';
import { jobStatuses } from '../../model';
import type { FleetStore } from '../../store';

/** A fleet in memory, for tests of what shows it. Texts of other people's are `text`, where that is given. */
export class FakeFleet implements FleetStore {
  readonly states: CampaignState[] = [];
  readonly all = new Map<string, JobState[]>();
  readonly running: StationState[] = [];
  readonly past = new Map<string, HistoryEntry[]>();
  private readonly listeners = new Set<(event: FleetEvent) => void>();

  get subscribers(): number {
    return this.listeners.size;
  }

  async campaigns(): Promise<readonly CampaignState[]> {
    return this.states;
  }

  async campaign(id: string): Promise<CampaignState | undefined> {
    return this.states.find(({ campaign }) => campaign.id === id);
  }

  async *jobs(campaign: string): AsyncIterable<JobState> {
    yield* this.all.get(campaign) ?? [];
  }

  async stations(): Promise<readonly StationState[]> {
    return this.running;
  }

  async devices(): Promise<readonly string[]> {
    return [...this.past.keys()].sort();
  }

  async history(device: string, limit: number): Promise<readonly HistoryEntry[]> {
    return (this.past.get(device) ?? []).slice(0, limit);
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  watch(): () => void {
    return () => undefined;
  }

  emit(event: FleetEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  async close(): Promise<void> {}
}

const hash = 'a'.repeat(64);

export function jobOf(
  device: string,
  repeat: number,
  status: JobStatus,
  letters?: string,
  more: Partial<JobState> = {},
): JobState {
  const ended = status !== 'waiting' && status !== 'running';
  return {
    key: { campaign: 'rack-7', device, profileHash: hash, repeat },
    profile: 'nic',
    status,
    attempts: status === 'waiting' ? 0 : 1,
    ...(status === 'waiting' ? {} : { station: 'bench-1', startedAt: '2026-02-01T10:00:00.000Z' }),
    ...(ended ? { endedAt: '2026-02-01T10:00:02.000Z' } : {}),
    ...(letters === undefined ? {} : { outcome: outcomeOf(device, repeat, letters) }),
    ...more,
  };
}

function outcomeOf(device: string, repeat: number, letters: string): Outcome {
  const { plan: _plan, verdicts, evidence: _evidence, ...rest } = recordOutcome(letters);
  const path = `rack-7/${/^[\w-]+$/.test(device) ? device : 'odd'}/aaaaaaaaaaaaaaaa-${repeat}.1`;
  const files = { 'report.html': { sha256: hash, size: 10 } };
  return {
    ...rest,
    cases: { ids: caseIds, verdicts },
    evidence: { store: { kind: 'directory', path: '/evidence' }, path, files },
  };
}

/** One campaign under way over three stations, and the history of a card over three versions of its firmware. */
export function sampleFleet(text?: string): FakeFleet {
  const fleet = new FakeFleet();
  const campaign: Campaign = {
    id: 'rack-7',
    title: text ?? 'Rack 7, cards of the first delivery',
    runs: [],
    priority: 100,
    exclusive: true,
    allow: [],
    waivers: [],
    accept: { level: 'L2', flakes: 0 },
    store: { kind: 'directory', path: '/evidence' },
  };
  const names = Array.from({ length: 12 }, (_, index) => `card-${String(index + 1).padStart(2, '0')}`);
  const odd = text ?? 'card-13';
  const jobs = [
    ...names.slice(0, 7).map((name) => jobOf(name, 1, 'passed', 'pppp')),
    jobOf('card-08', 1, 'failed', 'pfpb'),
    jobOf('card-09', 1, 'error', undefined, { reason: text ?? 'the station was lost twice' }),
    ...names.slice(9).map((name) => jobOf(name, 1, 'running')),
    jobOf(odd, 1, 'waiting'),
    jobOf('card-14', 1, 'cancelled', undefined, { reason: 'not begun by the deadline' }),
  ];
  fleet.all.set('rack-7', jobs);
  const counts = Object.fromEntries(
    jobStatuses.map((status) => [status, jobs.filter((job) => job.status === status).length]),
  ) as CampaignState['counts'];
  fleet.states.push({
    campaign,
    submittedAt: '2026-02-01T09:00:00.000Z',
    deadlineAt: '2026-02-02T00:00:00.000Z',
    jobs: jobs.length,
    counts,
  });
  const device = (name: string, state: StationDevice['state'], more: Partial<StationDevice> = {}): StationDevice => ({
    name,
    labels: ['nic'],
    state,
    ...more,
  });
  const station = (
    name: string,
    devices: readonly StationDevice[],
    more: Partial<StationState> = {},
  ): StationState => ({
    name,
    host: text ?? `${name}.lab`,
    version: '0.1.0',
    devices,
    undelivered: 0,
    seenAt: new Date().toISOString(),
    ...more,
  });
  const busy = (name: string) =>
    device(name, 'running', { job: { campaign: 'rack-7', device: name, profileHash: hash, repeat: 1 } });
  fleet.running.push(
    station('bench-1', [...names.slice(0, 4).map((name) => device(name, 'idle')), busy('card-10'), busy('card-11')]),
    station(
      'bench-2',
      [
        device('card-05', 'in-use-by-hand', { note: text ?? 'locked by process 4711' }),
        device('card-06', 'idle'),
        busy('card-12'),
        device(odd, 'idle'),
      ],
      { undelivered: 1, note: text ?? 'the store is full: make room in lab' },
    ),
    station('bench-3', [device('card-08', 'lost'), device('card-09', 'lost')], { seenAt: '2026-02-01T09:58:00.000Z' }),
  );
  for (const name of [...names, odd]) fleet.past.set(name, historyOf(name, text));
  return fleet;
}

/** Newest first, as a store lists them. */
export function historyOf(device: string, text?: string, length = 36): HistoryEntry[] {
  return Array.from({ length }, (_, index): HistoryEntry => {
    const firmware = text ?? ['2.0', '2.1', '2.2-rc1'][Math.floor((index * 3) / length)] ?? '2.2-rc1';
    const failed =
      index < length / 3 ? (index % 3 === 0 ? 3 : 2) : index < (2 * length) / 3 ? (index % 5 === 0 ? 1 : 0) : 0;
    const letters = `${'f'.repeat(failed)}${'p'.repeat(4 - failed)}`;
    const { counts, verdict } = recordOutcome(letters);
    const slower = index >= (2 * length) / 3 ? 2.2 : 1;
    const key = { campaign: 'rack-7', device, profileHash: hash, repeat: 1, attempt: 1 };
    return {
      at: new Date(Date.UTC(2026, 0, 1, 8) + index * 20 * 3_600_000).toISOString(),
      key,
      profile: 'nic',
      firmware,
      verdict,
      counts,
      failed: text === undefined ? caseIds.slice(0, failed) : [text],
      timing: [
        { command: 'getEndpointId', count: 120, p50Ms: 2 + (index % 4) * 0.1, p99Ms: 4 + (index % 5) * 0.3 },
        {
          command: text ?? 'pldm/getTid',
          count: 40,
          p50Ms: (3 + (index % 3) * 0.2) * slower,
          p99Ms: (6 + (index % 6)) * slower,
        },
      ],
      ...(index % 6 === 5
        ? {}
        : {
            evidence: {
              store: { kind: 'directory', path: '/evidence' },
              path: `rack-7/${'card'}/aaaaaaaaaaaaaaaa-1.1`,
              files: {},
            },
          }),
    };
  }).reverse();
}
