import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Clock, Timer } from '../clock';
import { MILLISECOND, realClock, SECOND } from '../clock';
import type { Binding } from '../names';
import { BridgeReader, describeImpossible, encodeBridge, maxFrame } from './bridge-protocol';
import { describeExit, endGroup, LogLines, spawnShell } from './child';
import { eventQueue, type Listener } from './event-queue';
import { FLOOD_LIMIT, FloodMeter, Outgoing } from './outgoing';
import type { Transmission, Transport, Unit } from './transport';

export interface BridgeOptions {
  readonly binding: Binding;
  /** Run by `/bin/sh -c`. */
  readonly command: string;
  /** Each line of the program's standard error, made printable. */
  readonly onLog?: (line: string) => void;
  readonly clock?: Clock;
}

/** A program that has not read its input for this long will not. */
const WRITE_PATIENCE = 5 * SECOND;
/** Octets of standard error in a second; the rest of the second is not kept. */
const LOG_LIMIT = 1024 * 1024;
/** Between the end of the output and the end of the process, in either order. */
const END_PATIENCE = 250 * MILLISECOND;
/** Octets at a time that no bus brings. */
const BIG_CHUNK = 16 * 1024;
/** Events that may wait for the first listener before reading stops. */
const MAX_WAITING = 1_000;

/** Starts the program of a `bridge:` device. What the program does afterwards shows as events, never as exceptions. */
export async function openBridge(options: BridgeOptions): Promise<Transport> {
  return new Bridge(await spawnShell(options.command), options);
}

class Bridge implements Transport {
  readonly uri: string;
  readonly binding: Binding;
  readonly plane = 'frames';
  readonly acknowledges = false;
  readonly attested = true;
  readonly disposable = false;
  readonly clock: Clock;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly events = eventQueue();
  private readonly reader: BridgeReader;
  private readonly log: LogLines;
  private readonly outgoing: Outgoing;
  private readonly flood: FloodMeter;
  private exit: string | undefined;
  private grace: Timer | undefined;
  private closing: Promise<void> | undefined;

  constructor(child: ChildProcessWithoutNullStreams, options: BridgeOptions) {
    this.child = child;
    this.binding = options.binding;
    this.uri = `bridge:${options.binding}:${options.command}`;
    this.clock = options.clock ?? realClock();
    this.outgoing = new Outgoing(this.clock, this.events);
    this.flood = new FloodMeter(this.clock);
    this.reader = new BridgeReader({ maximum: maxFrame(options.binding), afterImpossible: 'stop' });
    this.log = new LogLines(options.onLog);
    child.stdout.on('data', (chunk: Buffer) => {
      this.take(chunk);
      if (chunk.length >= BIG_CHUNK) this.letOthersRun();
    });
    const logFlood = new FloodMeter(this.clock, LOG_LIMIT);
    // What is said too fast is dropped, not held back: a program that waits for its log would answer late.
    child.stderr.on('data', (chunk: Buffer) => {
      if (!logFlood.exceeds(chunk.length)) this.log.feed(chunk.toString('utf8'));
    });
    // A program that is gone answers writes with EPIPE; its end says why.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    child.stdout.once('end', () => this.mayEnd());
    child.once('exit', (code, signal) => {
      this.exit = describeExit(code, signal);
      this.mayEnd();
    });
    child.once('close', () => this.end());
  }

  async send(unit: Unit): Promise<Transmission> {
    const reason = this.events.ended ?? this.unsendable(unit);
    if (reason !== undefined) return this.outgoing.refused(reason);
    return this.outgoing.send(
      (done) => this.child.stdin.write(encodeBridge(unit.octets), done),
      WRITE_PATIENCE,
      (detail) => this.disconnect(detail),
    );
  }

  listen(listener: Listener): void {
    this.events.listen(listener);
    if (!this.child.stdout.destroyed) this.child.stdout.resume();
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.events.close();
    this.release();
    this.child.stdin.destroy();
    await endGroup(this.child.pid as number, this.clock);
    // A process that left the group may still hold the pipes open.
    for (const stream of [this.child.stdout, this.child.stderr]) stream.destroy();
    if (this.exit === undefined) await new Promise((resolve) => this.child.once('exit', resolve));
  }

  /** Else a program that writes without end keeps every timer from running: reading goes on by itself while there is more. */
  private letOthersRun(): void {
    if (this.events.ended !== undefined || this.child.stdout.isPaused()) return;
    this.child.stdout.pause();
    setTimeout(() => {
      if (this.events.ended === undefined) this.child.stdout.resume();
    }, 0);
  }

  private unsendable(unit: Unit): string | undefined {
    if (unit.plane !== 'frames') return `a bridge carries frames, not ${unit.plane}`;
    if (unit.octets.length === 0) return 'the bridge protocol has no frame of 0 octets';
    const maximum = maxFrame(this.binding);
    if (this.binding === 'serial' || unit.octets.length <= maximum) return undefined;
    return `a frame of ${unit.octets.length} octets is longer than the bridge protocol allows, ${maximum}`;
  }

  private take(chunk: Buffer): void {
    if (this.events.ended !== undefined || this.floods(chunk.length)) return;
    const at = this.clock.now();
    for (const read of this.reader.feed(chunk)) {
      if (read.kind === 'frame') {
        this.events.emit({ kind: 'received', unit: { plane: 'frames', octets: read.octets }, at });
      } else {
        const detail = `the bridge sent an ${describeImpossible(read.length, this.binding)}`;
        this.events.emit({ kind: 'garbage', octets: read.octets, at, detail });
        this.disconnect(detail);
      }
    }
    if (this.events.waiting > MAX_WAITING) this.child.stdout.pause();
  }

  /** Counts what comes, and ends a flood. */
  private floods(octets: number): boolean {
    if (!this.flood.exceeds(octets)) return false;
    const at = this.clock.now();
    const detail = `the program sent more than ${FLOOD_LIMIT} octets within a second, which no bus carries`;
    this.events.emit({ kind: 'garbage', octets: new Uint8Array(0), at, detail });
    this.disconnect(detail);
    return true;
  }

  /** Exit and end of output belong together: whichever comes first waits a moment for what the others have to say. */
  private mayEnd(): void {
    if (this.grace !== undefined || this.events.ended !== undefined) return;
    this.grace = this.clock.timer(this.clock.now() + END_PATIENCE);
    void this.grace.done.then((late) => {
      // Output that waits for a listener comes first; reading on ends with `close`.
      if (late && !this.child.stdout.isPaused()) this.end();
    });
  }

  private end(): void {
    if (this.events.ended !== undefined) return;
    const partial = this.reader.partial;
    const at = this.clock.now();
    if (partial !== undefined) {
      const { octets, expected } = partial;
      const whole = expected === undefined ? 'inside a length' : `after ${octets.length} of ${expected} octets`;
      this.events.emit({ kind: 'garbage', octets, at, detail: `the bridge ended ${whole} of a frame` });
    }
    this.log.flush();
    const what = this.exit ?? 'closed its standard output';
    const said = this.log.last === undefined ? '' : `; its last words: ${this.log.last}`;
    this.disconnect(`the bridge program ${what}${said}`);
  }

  private disconnect(detail: string): void {
    this.events.emit({ kind: 'disconnected', at: this.clock.now(), detail });
    this.release();
  }

  /** Nothing waits for a program that is given up; it may write no more either. */
  private release(): void {
    this.grace?.cancel();
    this.outgoing.release();
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }
}
