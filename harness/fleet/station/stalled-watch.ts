import type { FleetWorker, Queues } from '../redis/queues';

/**
 * Looks for jobs whose station is gone, in the queues in which somebody runs one: the others have none, and to ask for each of
 * a few hundred every five seconds costs more than all else.
 */
export class StalledWatch {
  private readonly queues: Queues;
  private readonly watches = new Map<string, FleetWorker>();

  constructor(queues: Queues) {
    this.queues = queues;
  }

  /** To be called more often than a lock lasts. */
  async look(names: readonly string[]): Promise<void> {
    const active = await this.queues.active(names);
    for (const name of active) {
      if (this.watches.has(name)) continue;
      const watch = this.queues.worker(name);
      this.watches.set(name, watch);
      watch.startStalledCheckTimer().catch(() => undefined);
    }
    for (const name of this.watches.keys()) if (!active.has(name)) await this.end(name);
  }

  private async end(name: string): Promise<void> {
    const watch = this.watches.get(name);
    this.watches.delete(name);
    await watch?.close(true).catch(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([...this.watches.keys()].map((name) => this.end(name)));
  }
}
