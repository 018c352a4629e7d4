import type { Clock } from '../clock';
import { formatDuration, SECOND } from '../clock';
import { messageOf } from '../errors';
import { CLOSED, type EventQueue } from './event-queue';
import type { Transmission } from './transport';

/** No bus is this fast: a peer that sends more in a second has run wild, and is cut before it fills memory and record. */
export const FLOOD_LIMIT = 16 * 1024 * 1024;

/** Counts octets; tells when more came within a second than may. */
export class FloodMeter {
  private readonly clock: Clock;
  private readonly limit: number;
  private since = 0;
  private octets = 0;

  constructor(clock: Clock, limit = FLOOD_LIMIT) {
    this.clock = clock;
    this.limit = limit;
  }

  exceeds(octets: number, at = this.clock.now()): boolean {
    if (at - this.since >= SECOND) {
      this.since = at;
      this.octets = 0;
    }
    this.octets += octets;
    return this.octets > this.limit;
  }
}

type Write = (done: (error?: Error | null) => void) => void;

/** Makes every write settle: when the octets have gone, when the way has ended, or when nobody takes them. */
export class Outgoing {
  private readonly clock: Clock;
  private readonly events: EventQueue;
  private readonly ending = new Set<() => void>();

  constructor(clock: Clock, events: EventQueue) {
    this.clock = clock;
    this.events = events;
  }

  /** `onStuck` ends the way: what is left of a frame that nobody took would else arrive in the middle of a later one. */
  async send(write: Write, patience: number, onStuck: (detail: string) => void): Promise<Transmission> {
    const timer = this.clock.timer(this.clock.now() + patience);
    let gone: () => void = () => undefined;
    const ended = new Promise<string>((resolve) => {
      gone = () => resolve(this.events.ended ?? CLOSED);
      this.ending.add(gone);
    });
    const written = new Promise<string | undefined>((resolve) => {
      write((error) => resolve(error ? `the other end does not take octets: ${messageOf(error)}` : undefined));
    });
    const stuck = timer.done.then((late) => {
      const detail = `the other end has not taken what was sent for ${formatDuration(patience)}`;
      if (late) onStuck(detail);
      return detail;
    });
    const problem = await Promise.race([written, ended, stuck]);
    timer.cancel();
    this.ending.delete(gone);
    return problem === undefined ? { delivery: 'sent', at: this.clock.now() } : this.refused(problem);
  }

  refused(detail: string): Transmission {
    return { delivery: 'refused', at: this.clock.now(), detail };
  }

  /** The way has ended: nothing that is under way will arrive. */
  release(): void {
    for (const gone of this.ending) gone();
  }
}
