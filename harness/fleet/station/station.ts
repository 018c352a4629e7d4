import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { CertifyError } from '../../errors';
import type { StoreLocation } from '../../profile/campaign';
import type { Lock } from '../../transport/lock';
import { lockDevice } from '../../transport/lock';
import { toolVersion } from '../../version';
import type { EvidenceStore } from '../evidence-store';
import type { StationState } from '../model';
import { redisClient } from '../redis/connect';
import { keys } from '../redis/keys';
import { Ledger } from '../redis/ledger';
import type { FleetWorker } from '../redis/queues';
import { Queues } from '../redis/queues';
import { RedisFleetStore } from '../redis/read-store';
import { expireOverdue } from '../submit';
import { Delivery } from './delivery';
import type { Slot } from './devices';
import { lookAtLock, queuesOf, stateOf } from './devices';
import { Execution } from './execution';
import { Journal } from './journal';
import { Plans } from './plans';
import { recover } from './recovery';
import { StalledWatch } from './stalled-watch';

export interface StationOptions {
  readonly name: string;
  readonly slots: readonly Slot[];
  /** A client that waits until the server is back; the station closes it. */
  readonly client: Redis;
  /** How the server is named, for a second connection that listens. */
  readonly redis: string;
  /** Folder on the station's own disk, kept over restarts. */
  readonly state: string;
  /** Runs at the same time. */
  readonly parallel: number;
  /** The longest that one run may take. Milliseconds. */
  readonly limit: number;
  readonly openStore: (location: StoreLocation) => EvidenceStore;
  readonly log: (line: string) => void;
  /** Instead of this program: for tests. */
  readonly program?: readonly string[];
  /** From one attempt to store evidence to the next. Milliseconds. */
  readonly storeRetry?: number;
}

const HEARTBEAT = 5_000;
/** A wake-up call can be missed. */
const POLL = 2_000;
const STORE_RETRY = 10_000;
/** A station that is to end waits so long for a server that is away, and looks so often. Milliseconds. */
const AWAY = 10_000;
const LOOK = 500;
/** What changes within this time is told at once. */
const GATHER = 1_000;

/** Offers the devices of a host and runs what queues have for them: one job at a time for a device, several devices at once. */
export class Station {
  private readonly options: StationOptions;
  private readonly ledger: Ledger;
  private readonly queues: Queues;
  private readonly stalled: StalledWatch;
  private readonly delivery: Delivery;
  private readonly execution: Execution;
  private readonly journal: Journal;
  private readonly store: RedisFleetStore;
  private readonly workers = new Map<string, FleetWorker>();
  private readonly active = new Set<Promise<void>>();
  private labelSets: readonly (readonly string[])[] = [];
  private listener: Redis | undefined;
  private stopping = false;
  private turn = 0;
  private wakeUp: () => void = () => undefined;
  private awake = false;
  private told: NodeJS.Timeout | undefined;

  constructor(options: StationOptions) {
    this.options = options;
    const { client, state, name, limit, openStore, log, program } = options;
    this.ledger = new Ledger(client);
    this.queues = new Queues(client);
    this.stalled = new StalledWatch(this.queues);
    this.journal = new Journal(state);
    this.store = new RedisFleetStore(client);
    const retry = options.storeRetry ?? STORE_RETRY;
    const onChange = (): void => this.changed();
    this.delivery = new Delivery({ ledger: this.ledger, journal: this.journal, openStore, retry, onChange });
    this.execution = new Execution({
      station: name,
      ledger: this.ledger,
      journal: this.journal,
      plans: new Plans(client, this.journal),
      delivery: this.delivery,
      limit,
      ...(program === undefined ? {} : { program }),
      wall: () => new Date(),
      log,
    });
  }

  /** Runs until `drain`; how many runs are left on the disk, undelivered. */
  async run(): Promise<number> {
    const { name, client, state, log } = this.options;
    const lock = this.lockFolder(state);
    try {
      await this.refuseTwins();
      this.listen();
      await this.refresh();
      const beat = setInterval(() => this.beat(), HEARTBEAT);
      this.beat();
      const slots = new Map(this.options.slots.map((slot) => [slot.name, slot]));
      const shared = { ledger: this.ledger, queues: this.queues, journal: this.journal, delivery: this.delivery };
      const recovered = recover({
        station: name,
        client,
        ...shared,
        execution: this.execution,
        slots,
        wall: () => new Date(),
        log,
        onChange: () => this.changed(),
      }).catch((thrown: unknown) => log(`recovery: ${String(thrown)}`));
      await this.loop();
      clearInterval(beat);
      await this.unlessAway(Promise.all([...this.active, recovered]));
      const left = await this.delivery.drain();
      if (client.status === 'ready') await this.ledger.forgetStation(name);
      return left;
    } finally {
      clearTimeout(this.told);
      this.delivery.stop();
      await this.stalled.close();
      await Promise.all([...this.workers.values()].map((worker) => worker.close(true).catch(() => undefined)));
      this.listener?.disconnect();
      client.disconnect();
      lock.release();
    }
  }

  /** Takes no more jobs; what runs comes to its end. */
  drain(): void {
    this.stopping = true;
    this.changed();
    this.wake();
  }

  /** Ends what runs, too: devices are restored and the jobs go back. */
  interrupt(): void {
    this.drain();
    for (const running of this.execution.running.values()) running.stop({ kind: 'drain' });
  }

  /** Waits for the runs; what then waits for a server that is away is left on the disk, for the next station of this name. */
  private async unlessAway(work: Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const away = new Promise<void>((resolve) => {
      let looks = 0;
      timer = setInterval(() => {
        const waits = this.options.client.status !== 'ready' && this.execution.running.size === 0;
        looks = waits ? looks + 1 : 0;
        if (looks * LOOK >= AWAY) resolve();
      }, LOOK);
    });
    await Promise.race([work, away]);
    clearInterval(timer);
    work.catch(() => undefined);
  }

  private lockFolder(folder: string): Lock {
    try {
      return lockDevice(`station:${join(folder)}`);
    } catch (thrown) {
      if (!(thrown instanceof CertifyError) || thrown.code !== 'DEVICE_BUSY') throw thrown;
      const message = `process ${String(thrown.facts.pid)} is a station with the folder ${folder}: give this one another name or --state`;
      throw new CertifyError('USAGE', message, thrown.facts, thrown);
    }
  }

  /** Two stations with one name, or with one device, would not see what the other does. */
  private async refuseTwins(): Promise<void> {
    const { name, slots } = this.options;
    for (const other of await this.store.stations()) {
      const isLost = other.devices.every(({ state }) => state === 'lost');
      if (isLost) continue;
      if (other.name === name && other.host === hostname()) continue;
      if (other.name === name)
        throw new CertifyError('USAGE', `there is a station ${name} on ${other.host}: --name gives this one another`);
      const shared = other.devices.find((device) => slots.some((slot) => slot.name === device.name));
      if (shared !== undefined)
        throw new CertifyError('USAGE', `station ${other.name} on ${other.host} offers a device ${shared.name}, too`);
    }
  }

  private listen(): void {
    const listener = redisClient(this.options.redis, 'patient');
    this.listener = listener;
    listener.on('message', (channel: string, text: string) => {
      if (channel === keys.wake)
        this.refresh().then(
          () => this.wake(),
          () => undefined,
        );
      else this.control(text);
    });
    // Whoever was cut off looks for itself.
    listener.on('ready', () => this.wake());
    listener.connect().catch(() => undefined);
    listener.subscribe(keys.wake, keys.control).catch(() => undefined);
  }

  private control(text: string): void {
    const { cancel, reason } = JSON.parse(text) as { readonly cancel?: string; readonly reason?: string };
    if (cancel === undefined) return;
    this.execution.running.get(cancel)?.stop({ kind: 'cancel', reason: reason ?? 'cancelled' });
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      this.awake = false;
      if (this.options.client.status === 'ready' && this.active.size < this.options.parallel) {
        const taken = await this.take().catch(() => false);
        if (taken) continue;
      }
      if (!this.awake && !this.stopping) await this.sleep(POLL);
    }
  }

  /** Fetches the job that is first of all that wait for a free device; false where there is none. */
  private async take(): Promise<boolean> {
    const { slots } = this.options;
    for (const slot of slots) lookAtLock(slot);
    const free = slots.filter(({ state }) => state === 'idle');
    // Devices take turns, so that none with many jobs keeps the others waiting.
    const turns = [...free.slice(this.turn % free.length), ...free.slice(0, this.turn % free.length)];
    const places = turns.flatMap((slot) => queuesOf(slot, this.labelSets).map((queue) => ({ slot, queue })));
    if (places.length === 0) return false;
    const ranks = await this.queues.ranks(places.map(({ queue }) => queue));
    const waiting = places
      .map((place, index) => ({ ...place, rank: ranks[index] }))
      .filter(({ rank }) => rank !== undefined)
      .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
    for (const { slot, queue } of waiting) {
      if (this.stopping) return false;
      const token = randomUUID();
      const job = await this.worker(queue).getNextJob(token, { block: false });
      if (job === undefined || job === null) continue;
      this.turn = slots.indexOf(slot) + 1;
      this.start(slot, this.execution.run({ job, queue, token, slot }), job.data.key);
      return true;
    }
    return false;
  }

  private start(slot: Slot, run: Promise<void>, key: NonNullable<Slot['job']>): void {
    slot.state = 'running';
    slot.job = key;
    slot.since = new Date().toISOString();
    this.changed();
    const done: Promise<void> = run
      .catch((thrown: unknown) => this.options.log(`${slot.name}: ${String(thrown)}`))
      .finally(() => {
        slot.state = 'idle';
        delete slot.job;
        delete slot.since;
        this.active.delete(done);
        this.changed();
        this.wake();
      });
    this.active.add(done);
  }

  private worker(queue: string): FleetWorker {
    const known = this.workers.get(queue) ?? this.queues.worker(queue);
    this.workers.set(queue, known);
    return known;
  }

  /** Learns which label sets have queues. */
  private async refresh(): Promise<void> {
    const sets = await this.options.client.smembers(keys.labelSets);
    this.labelSets = sets.map((text) => JSON.parse(text) as readonly string[]);
  }

  private async lookForStalled(): Promise<void> {
    const queues = this.options.slots.flatMap((slot) => queuesOf(slot, this.labelSets));
    if (!this.stopping) await this.stalled.look([...new Set(queues)]);
  }

  private beat(): void {
    if (this.options.client.status !== 'ready') return;
    const office = { client: this.options.client, ledger: this.ledger, queues: this.queues };
    this.ledger
      .see(this.state())
      .then(() => this.refresh())
      .then(() => this.lookForStalled())
      .then(() => expireOverdue(office, (id) => this.store.jobs(id)))
      .catch(() => undefined);
    // Tells a dead connection from a quiet one.
    this.listener?.ping().catch(() => undefined);
  }

  private changed(): void {
    this.told ??= setTimeout(() => {
      this.told = undefined;
      if (this.options.client.status === 'ready') this.ledger.see(this.state()).catch(() => undefined);
    }, GATHER);
  }

  private state(): StationState {
    const note = this.delivery.note;
    return {
      name: this.options.name,
      host: hostname(),
      version: toolVersion(),
      devices: this.options.slots.map((slot) => stateOf(slot, this.stopping)),
      undelivered: this.delivery.undelivered,
      ...(note === undefined ? {} : { note }),
      seenAt: new Date().toISOString(),
    };
  }

  private wake(): void {
    this.awake = true;
    this.wakeUp();
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
