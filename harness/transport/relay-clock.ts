import { hostname } from 'node:os';
import type { Clock, Timer } from '../clock';
import { MILLISECOND, realClock } from '../clock';

/** Times of one ping, all in nanoseconds: sent and answered by our clock, taken and answered by the relay's. */
export interface PingTimes {
  readonly sent: number;
  readonly answered: number;
  readonly taken: bigint;
  readonly returned: bigint;
}

/** Beyond the way itself: a message may wait for the processor on either side. */
const MARGIN = 1 * MILLISECOND;
/** Round trips that the link's delay is taken from. */
const KEPT = 9;

/**
 * The relay's times on our clock, and a clock for those who wait. Events are dated where they happened, and heard of when
 * the link has carried them: `clock` stands behind the machine's own by the link's delay, so that a timer for a time rings
 * when all that happened before that time has been heard.
 */
export class RelayClock {
  readonly clock: Clock;
  private readonly host: Clock;
  /** The relay's time at our zero; undefined before the first ping. */
  private offset: number | undefined;
  private readonly base: bigint;
  /** The last round trips, without what the relay itself took. */
  private roundTrips: number[] = [];
  /** The last event; nothing is dated before it. */
  private latest = 0;
  private told = 0;
  private same = false;
  private behind = 0;

  /** `base`: a time of the relay's, so that differences to it are numbers that hold every nanosecond. */
  constructor(base: bigint, host: Clock = realClock()) {
    this.base = base;
    this.host = host;
    this.clock = {
      now: () => this.now(),
      timer: (at) => this.timer(at),
    };
  }

  /** Our machine's clock, for pings and patience. */
  get local(): Clock {
    return this.host;
  }

  /** How far behind its happening an event may be heard of: twice the usual round trip, for links are uneven. */
  get lag(): number {
    return this.behind;
  }

  /**
   * One ping bounds the offset: the relay took it after it was sent, and answered before the answer came. The old offset
   * stays as long as it fits, so that times do not jump; where it does not fit, the clocks have drifted.
   */
  learn({ sent, answered, taken, returned }: PingTimes): void {
    const least = this.since(returned) - answered;
    const most = this.since(taken) - sent;
    this.roundTrips = [...this.roundTrips, Math.max(0, most - least)].slice(-KEPT);
    const sorted = [...this.roundTrips].sort((a, b) => a - b);
    this.behind = 2 * (sorted[Math.floor(sorted.length / 2)] as number) + MARGIN;
    if (this.offset === undefined || this.offset < least || this.offset > most) this.offset = (least + most) / 2;
  }

  /** The same machine and the same clock: the offset is known, not measured. */
  learnSame(monotonic: bigint, local: number): void {
    this.offset = Number(monotonic - this.base) - local;
    this.same = true;
  }

  /** A time of the relay's on our clock; never before an earlier one, and never in the future. */
  map(at: bigint): number {
    const mapped = Math.round(this.since(at) - (this.offset ?? 0));
    // Where both are one clock, nothing that has happened can be in the future.
    if (mapped > this.latest)
      this.latest = this.same ? mapped : Math.max(this.latest, Math.min(mapped, this.host.now()));
    return this.latest;
  }

  /** Now, as an event: for what we see ourselves, such as the end of the link. */
  stamp(): number {
    this.latest = this.now();
    return this.latest;
  }

  /** Now, as the end of something that this machine did itself. */
  stampLocal(): number {
    this.latest = Math.max(this.latest, this.host.now());
    return this.latest;
  }

  private since(at: bigint): number {
    return Number(at - this.base);
  }

  private now(): number {
    this.told = Math.max(this.told, this.latest, this.host.now() - this.lag);
    return this.told;
  }

  private timer(at: number): Timer {
    return this.host.timer(at + this.lag);
  }
}

/** Whether a relay that calls its machine so, with this time now, reads the clock that this process reads. */
export function isSameMachine(host: string, relayNow: bigint): boolean {
  const difference = process.hrtime.bigint() - relayNow;
  return process.platform === 'linux' && host === hostname() && difference >= 0n && difference < 60_000_000_000n;
}
