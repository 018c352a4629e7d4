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
  const waiting: TransportEvent[] = [];
  let listener: Listener | undefined;
  let ended: string | undefined;
  let telling = false;
  // A listener may cause further events, or close; they come after those that were there before.
  const tell = (): void => {
    if (telling) return;
    telling = true;
    try {
      while (listener !== undefined && waiting.length > 0) listener(waiting.shift() as TransportEvent);
    } finally {
      telling = false;
    }
  };
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
      waiting.push(event);
      tell();
    },
    listen(next) {
      listener = next;
      tell();
    },
    close() {
      ended ??= CLOSED;
      waiting.length = 0;
    },
  };
}
