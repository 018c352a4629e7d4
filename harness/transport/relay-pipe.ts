import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { type Clock, MILLISECOND, SECOND, type Timer } from '../clock';
import { concat } from '../codec/octets';
import { describeExit, endGroup, LogLines } from './child';
import { FLOOD_LIMIT, FloodMeter } from './outgoing';
import { describeLength, type RelayRead, RelayReader } from './relay-framing';
import { encodeHost, type HostMessage } from './relay-protocol';

/** Between the end of the output and the end of the process, in either order. */
const END_PATIENCE = 250 * MILLISECOND;
/** How long a process may go on after its input has ended. */
const EXIT_PATIENCE = 2 * SECOND;
/** Octets of standard error in a second; the rest of the second is not kept. */
const LOG_LIMIT = 1024 * 1024;

export interface PipeListener {
  /** Type octet and body of one message. */
  message(octets: Uint8Array): void;
  /** Octets that are no message. `ended` follows where no more can be read. */
  garbage(octets: Uint8Array, detail: string): void;
  /** Once: how the process ended or broke off. */
  ended(detail: string): void;
}

/** The pipes of a relay's process: whole messages out and in, until they end. */
export class RelayPipe {
  /** When the last octet came. */
  heard: number;
  private over = false;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly clock: Clock;
  private readonly listener: PipeListener;
  private readonly reader = new RelayReader();
  /** Read and not yet told. */
  private reads: RelayRead[] = [];
  private telling = false;
  private saying: Uint8Array[] = [];
  private readonly flood: FloodMeter;
  private readonly log: LogLines;
  private readonly exited: Promise<void>;
  private exit: string | undefined;
  private grace: Timer | undefined;

  constructor(
    child: ChildProcessWithoutNullStreams,
    clock: Clock,
    onLog: ((line: string) => void) | undefined,
    listener: PipeListener,
  ) {
    this.child = child;
    this.clock = clock;
    this.listener = listener;
    this.heard = clock.now();
    this.flood = new FloodMeter(clock);
    this.log = new LogLines(onLog);
    const logFlood = new FloodMeter(clock, LOG_LIMIT);
    child.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      if (!logFlood.exceeds(chunk.length)) this.log.feed(chunk.toString('utf8'));
    });
    // A program that is gone answers writes with EPIPE; its end says why.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    child.stdout.once('end', () => this.mayEnd());
    child.once('close', () => this.finish());
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.exit = describeExit(code, signal);
        this.mayEnd();
        resolve();
      });
    });
  }

  /** What is said at once goes in one write. */
  say(message: HostMessage): void {
    this.saying.push(encodeHost(message));
    if (this.saying.length === 1) process.nextTick(() => this.flush());
  }

  private flush(): void {
    if (this.saying.length > 0) this.child.stdin.write(concat(...this.saying));
    this.saying = [];
  }

  /** The way is over for whoever uses it; the process is ended by `close`. */
  stop(): void {
    this.over = true;
    this.grace?.cancel();
  }

  /** Ends the input, which tells a relay to restore and go; what does not go by itself is ended. */
  async close(): Promise<void> {
    this.stop();
    this.flush();
    this.child.stdin.end();
    const patience = this.clock.timer(this.clock.now() + EXIT_PATIENCE);
    await Promise.race([this.exited, patience.done]);
    patience.cancel();
    await endGroup(this.child.pid as number, this.clock);
    // A process that left the group may still hold the pipes open.
    for (const stream of [this.child.stdin, this.child.stdout, this.child.stderr]) stream.destroy();
    await this.exited;
  }

  private take(chunk: Buffer): void {
    if (this.over) return;
    this.heard = this.clock.freeze?.() ?? this.clock.now();
    if (this.flood.exceeds(chunk.length, this.heard)) {
      const detail = `the relay sent more than ${FLOOD_LIMIT} octets within a second, which no bus carries`;
      this.clock.thaw?.();
      this.listener.garbage(new Uint8Array(0), detail);
      this.end(detail);
      return;
    }
    this.reads.push(...this.reader.feed(chunk));
    if (!this.telling) this.tell();
  }

  /**
   * One message after the other: whoever was woken by one has run, promises included, before the next is told. It all
   * happens at the time at which the messages came.
   */
  private tell(): void {
    const read = this.reads.shift();
    this.telling = read !== undefined;
    if (read === undefined) {
      this.clock.thaw?.();
      return;
    }
    this.hand(read);
    queueMicrotask(() => process.nextTick(() => this.tell()));
  }

  private hand(read: RelayRead): void {
    if (this.over) return;
    if (read.kind === 'message') this.listener.message(read.octets);
    else {
      const detail = `the relay sent ${describeLength(read.octets)}`;
      this.listener.garbage(read.octets, detail);
      this.end(detail);
    }
  }

  /** Exit and end of output belong together: whichever comes first waits a moment for what the others have to say. */
  private mayEnd(): void {
    if (this.grace !== undefined || this.over) return;
    this.grace = this.clock.timer(this.clock.now() + END_PATIENCE);
    void this.grace.done.then((late) => {
      if (late) this.finish();
    });
  }

  private finish(): void {
    for (const read of this.reads.splice(0)) this.hand(read);
    if (this.over) return;
    const { partial } = this.reader;
    if (partial.length > 0) this.listener.garbage(partial, 'the relay ended inside a message');
    this.log.flush();
    const said = this.log.last === undefined ? '' : `; its last words: ${this.log.last}`;
    this.end(`the relay ${this.exit ?? 'closed its standard output'}${said}`);
  }

  private end(detail: string): void {
    if (this.over) return;
    this.stop();
    this.listener.ended(detail);
  }
}
