import { openRedis, redisUrl } from './redis/connect';
import { Ledger } from './redis/ledger';
import { Queues } from './redis/queues';
import { RedisFleetStore } from './redis/read-store';
import type { Office } from './submit';
import { expireOverdue } from './submit';

/** A fleet as commands of a person reach it; closing the store closes everything. */
export interface OpenOffice extends Office {
  readonly store: RedisFleetStore;
  /** Cancels what was not begun in time. */
  expire(): Promise<void>;
}

export async function openOffice(named: string | undefined): Promise<OpenOffice> {
  const client = await openRedis(redisUrl(named, process.env), 'hasty');
  const store = new RedisFleetStore(client);
  const office = { client, ledger: new Ledger(client), queues: new Queues(client) };
  return { ...office, store, expire: () => expireOverdue(office, (id) => store.jobs(id)) };
}
