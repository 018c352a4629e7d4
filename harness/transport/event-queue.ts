import type { TransportEvent } from './transport';

export type Listener = (event: TransportEvent) => void;

/** The promises of the contract about events: in order, each once, none lost, nothing after `disconnected` or `close`. */
export interface EventQueue {
  /** Events that wait for the first listener; a transport stops reading where they become many. */
  readonly waiting: number;
  /** Why nothing follows; undefined while the way is open. */
  readonly ended: string | undefined;
  emit(event: TransportEvent): void;
  listen(listener: Listener): void;
  /** Ends without an event: it was us who closed. */
  close(): void;
}

export const CLOSED = 'the transport was closed';

export function eventQueue(): EventQueue {
  let listener: Listener | undefined;
  let waiting: TransportEvent[] = [];
  let ended: string | undefined;
  return {
    get waiting() {
      return waiting.length;
    },
    get ended() {
      return ended;
    },
    emit(event) {
      if (ended !== undefined) return;
      if (event.kind === 'disconnected') ended = event.detail;
      if (listener === undefined) waiting.push(event);
      else listener(event);
    },
    listen(next) {
      listener = next;
      const missed = waiting;
      waiting = [];
      for (const event of missed) next(event);
    },
    close() {
      ended ??= CLOSED;
      waiting = [];
    },
  };
}
