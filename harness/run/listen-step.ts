import type { Requester } from '../requester/requester';
import type { Environment } from '../resolve';
import { resolveNumber } from '../resolve';
import type { ListenStep } from '../suite/compiled';

/** A device that asks for ever is a finding, and no wait without end. */
const MOST_ASKED = 1024;

/** Waits for what the device sends of its own. */
export async function listenStep(step: ListenStep, env: Environment, requester: Requester, id: string): Promise<void> {
  const { of, until, atMost = MOST_ASKED } = step;
  const { asked, link } = requester;
  const most = until === undefined ? Infinity : resolveNumber(atMost, env, `${id} at-most`);
  const enough = (): boolean => until !== undefined && ((asked.get(of ?? '') ?? 0) >= until || total(asked) >= most);
  await link.until(link.now() + resolveNumber(step.for, env, `${id} listen`), enough);
  if (step.keep !== true) asked.clear();
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
