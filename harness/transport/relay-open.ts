import { CertifyError, messageOf } from '../errors';
import { RelaySession } from './relay-session';
import type { SessionOptions } from './relay-session-parts';

/** Starts a relay, greets it, and learns its clock. What goes wrong until then is a `DEVICE_OPEN` error. */
export async function openSession(options: SessionOptions): Promise<RelaySession> {
  // A relay that cannot open its device says why twice: to people, and to us.
  let opened = false;
  const held: string[] = [];
  const onLog = (line: string): void => {
    if (opened) options.onLog?.(line);
    else held.push(line);
  };
  const session = new RelaySession({ ...options, onLog });
  try {
    await session.open();
    opened = true;
    for (const line of held) options.onLog?.(line);
    return session;
  } catch (error) {
    await session.close();
    for (const line of held) if (!line.includes(messageOf(error))) options.onLog?.(line);
    throw new CertifyError('DEVICE_OPEN', messageOf(error), { command: options.command }, error);
  }
}
