import type { Redis } from 'ioredis';
import type { CampaignState, FleetEvent, HistoryEntry, JobState, JobStatus, StationState } from '../model';
import { jobStatuses } from '../model';
import type { FleetStore } from '../store';
import { campaignKeys, jobId, keys } from './keys';
import type { Notice, StoredCampaign } from './ledger';
import type { StoredHistory } from './stored';
import { CaseLists, readEvidence, readJob } from './stored';

/** Jobs that are read at once. */
const CHUNK = 200;

/** A station that has not said anything for so long is lost. Milliseconds. */
export const LOST_AFTER = 20_000;
/** A lost one is listed until then. */
const FORGOTTEN_AFTER = 7 * 24 * 3_600_000;

const countsOf = (told: { readonly [status: string]: string }): CampaignState['counts'] =>
  Object.fromEntries(jobStatuses.map((status) => [status, Number(told[status] ?? 0)])) as CampaignState['counts'];

/** The fleet as Redis has it. */
export class RedisFleetStore implements FleetStore {
  private readonly client: Redis;
  private readonly lists: CaseLists;
  private readonly listeners = new Set<(event: FleetEvent) => void>();
  private readonly watchers = new Set<(notice: Notice) => void>();
  private subscriber: Redis | undefined;

  /** The store closes the client. */
  constructor(client: Redis) {
    this.client = client;
    this.lists = new CaseLists((lists) => client.hmget(keys.caseLists, ...lists));
  }

  async campaigns(): Promise<readonly CampaignState[]> {
    const ids = await this.client.zrevrange(keys.campaigns, 0, -1);
    const states = await Promise.all(ids.map((id) => this.campaign(id)));
    return states.filter((state) => state !== undefined);
  }

  async campaign(id: string): Promise<CampaignState | undefined> {
    const { head, counts, order } = campaignKeys(id);
    const [told, states, jobs] = await Promise.all([
      this.client.hgetall(head),
      this.client.hgetall(counts),
      this.client.llen(order),
    ]);
    if (told.stored === undefined) return undefined;
    const stored = JSON.parse(told.stored) as StoredCampaign;
    const cancelled = told.cancelledAt === undefined ? {} : { cancelledAt: told.cancelledAt };
    return { ...stored, ...cancelled, jobs, counts: countsOf(states) };
  }

  async *jobs(campaign: string): AsyncIterable<JobState> {
    const { order } = campaignKeys(campaign);
    for (let from = 0; ; from += CHUNK) {
      const ids = await this.client.lrange(order, from, from + CHUNK - 1);
      if (ids.length === 0) return;
      yield* await this.read(campaign, ids);
      if (ids.length < CHUNK) return;
    }
  }

  private async read(campaign: string, ids: readonly string[]): Promise<readonly JobState[]> {
    const { jobs, starts, decided, results, evidence } = campaignKeys(campaign);
    const [texts, begun, attempts] = await Promise.all([
      this.client.hmget(jobs, ...ids),
      this.client.hmget(starts, ...ids),
      this.client.hmget(decided, ...ids),
    ]);
    const runs = ids.map((id, index) => `${id}/${attempts[index] ?? 0}`);
    const [outcomes, places] = await Promise.all([
      this.client.hmget(results, ...runs).then((found) => this.lists.outcomes(found)),
      this.client.hmget(evidence, ...runs),
    ]);
    return ids.flatMap((_, index): readonly JobState[] => {
      const read = readJob(texts[index] ?? '');
      if (read === undefined) return [];
      const outcome = outcomes[index];
      const result = outcome === undefined ? {} : { outcome: { ...outcome, ...readEvidence(places[index]) } };
      return [{ ...read.job, status: read.status, attempts: Number(begun[index] ?? 0), ...result }];
    });
  }

  async stations(): Promise<readonly StationState[]> {
    const [states, seen, time] = await Promise.all([
      this.client.hgetall(keys.stations),
      this.client.hgetall(keys.seen),
      this.client.time(),
    ]);
    return Object.entries(states)
      .flatMap(([name, text]) => stationOf(text, seen[name], time) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async station(name: string): Promise<StationState | undefined> {
    const [text, seen, time] = await Promise.all([
      this.client.hget(keys.stations, name),
      this.client.hget(keys.seen, name),
      this.client.time(),
    ]);
    return text === null ? undefined : stationOf(text, seen, time);
  }

  async devices(): Promise<readonly string[]> {
    return (await this.client.smembers(keys.devices)).sort();
  }

  async history(device: string, limit: number): Promise<readonly HistoryEntry[]> {
    const texts = await this.client.lrange(keys.history(device), 0, Math.max(0, limit - 1));
    return Promise.all(
      texts.map(async (text): Promise<HistoryEntry> => {
        const stored = JSON.parse(text) as StoredHistory;
        const { evidence } = campaignKeys(stored.key.campaign);
        const place = await this.client.hget(evidence, `${jobId(stored.key)}/${stored.key.attempt}`);
        return { ...stored, ...readEvidence(place) };
      }),
    );
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.listeners.add(listener);
    this.subscriber ??= this.listen();
    return () => {
      this.listeners.delete(listener);
    };
  }

  watch(campaign: string, listener: () => void): () => void {
    const watcher = (notice: Notice): void => {
      if (notice.kind !== 'station' && notice.campaign === campaign) listener();
    };
    this.watchers.add(watcher);
    this.subscriber ??= this.listen();
    return () => {
      this.watchers.delete(watcher);
    };
  }

  private listen(): Redis {
    const subscriber = this.client.duplicate({ maxRetriesPerRequest: null, lazyConnect: false });
    subscriber.on('error', () => undefined);
    subscriber.on('message', (_channel: string, text: string) => {
      const notice = JSON.parse(text) as Notice;
      for (const watcher of this.watchers) watcher(notice);
      if (this.listeners.size === 0) return;
      // Who closes while an event is read misses it.
      this.eventOf(notice).then(
        (event) => {
          if (event !== undefined) for (const listener of this.listeners) listener(event);
        },
        () => undefined,
      );
    });
    subscriber.subscribe(keys.events).catch(() => undefined);
    return subscriber;
  }

  private async eventOf(notice: Notice): Promise<FleetEvent | undefined> {
    if (notice.kind === 'campaign') return notice;
    if (notice.kind === 'station') {
      const station = await this.station(notice.station);
      return station === undefined ? { kind: 'station-gone', name: notice.station } : { kind: 'station', station };
    }
    const [job] = await this.read(notice.campaign, [notice.id]);
    return job === undefined ? undefined : { kind: 'job', job };
  }

  async close(): Promise<void> {
    this.subscriber?.disconnect();
    this.client.disconnect();
  }
}

/** By the server's clock: what a station said last, or that it is lost; undefined once it is forgotten. */
function stationOf(
  text: string,
  seen: string | null | undefined,
  [seconds]: readonly (number | string)[],
): StationState | undefined {
  const state = JSON.parse(text) as StationState;
  const age = Number(seconds) * 1000 - Number(seen ?? 0);
  if (age > FORGOTTEN_AFTER) return undefined;
  const at = { seenAt: new Date(Number(seen ?? 0)).toISOString() };
  if (age <= LOST_AFTER) return { ...state, ...at };
  return { ...state, ...at, devices: state.devices.map((device) => ({ ...device, state: 'lost' as const })) };
}

/** Jobs that have not come to an end. */
export function openJobs(counts: CampaignState['counts']): number {
  const open: readonly JobStatus[] = ['waiting', 'running'];
  return open.reduce((sum, status) => sum + counts[status], 0);
}
