import { type Clock, formatDuration, realClock, SECOND, type Timer } from '../clock';
import { CertifyError } from '../errors';
import { toolVersion } from '../version';
import { printable, spawnShell } from './child';
import { isSameMachine, RelayClock } from './relay-clock';
import { RelayPipe } from './relay-pipe';
import {
  type Control,
  type ControlDone,
  type Counters,
  decodeRelay,
  type HostMessage,
  type Pong,
  PROTOCOL_VERSION,
  type RelayFailure,
  type RelayGoodbye,
  type RelayHello,
  type RelayMessage,
  type TxDone,
} from './relay-protocol';
import {
  type Answer,
  farewellText,
  type SessionListener,
  type SessionOptions,
  type Unnumbered,
  versionProblem,
} from './relay-session-parts';
import type { Hold, Tx } from './relay-tx';

/** A write through a locked bus can take 6 s, and the relay hears nothing meanwhile. */
const KEEPALIVE = 20 * SECOND;
const HELLO_PATIENCE = 30 * SECOND;
/** A full restore list, each with its wait for an answer. */
const GOODBYE_PATIENCE = 12 * SECOND;
const FIRST_PINGS = 3;
const CLOSED = 'the session was closed';

/** A conversation with a relay (docs/relay-protocol.md). */
export class RelaySession {
  /** Why nothing can be said any more. */
  ended: string | undefined;
  private readonly options: SessionOptions;
  private readonly local: Clock;
  private readonly keepalive: number;
  private greeting: RelayHello | undefined;
  private mapping: RelayClock | undefined;
  private pipe: RelayPipe | undefined;
  private listener: SessionListener | undefined;
  /** What came before anyone listened. */
  private early: ((listener: SessionListener) => void)[] = [];
  private readonly waiting = new Map<number, (answer: Answer<never>) => void>();
  private wake: () => void = () => undefined;
  private fatal: RelayFailure | undefined;
  private goodbye: RelayGoodbye | undefined;
  private pause: Timer | undefined;
  private transmitting = 0;
  private lastId = 0;
  /** Of the last transmission, sent or held. */
  private lastTx = 0;
  private closing: Promise<RelayGoodbye | undefined> | undefined;

  constructor(options: SessionOptions) {
    this.options = options;
    this.local = options.clock ?? realClock();
    this.keepalive = options.keepalive ?? KEEPALIVE;
  }

  get hello(): RelayHello {
    if (this.greeting === undefined) throw new CertifyError('INTERNAL', 'the relay has not greeted');
    return this.greeting;
  }

  get clock(): RelayClock {
    if (this.mapping === undefined) throw new CertifyError('INTERNAL', 'the relay has not greeted');
    return this.mapping;
  }

  async open(): Promise<void> {
    const { command, onLog, helloPatience = HELLO_PATIENCE } = this.options;
    const child = await spawnShell(command, 'SIGTERM');
    this.pipe = new RelayPipe(child, this.local, onLog, {
      message: (octets) => this.take(octets),
      garbage: (octets, detail) => this.tell((listener) => listener.garbage(octets, detail)),
      ended: (detail) => this.end(this.fatal === undefined ? detail : printable(this.fatal.text)),
    });
    await this.until(helloPatience, () => this.greeting !== undefined);
    if (this.ended !== undefined) throw new Error(this.ended);
    if (this.greeting === undefined) {
      throw new Error(`the relay has said nothing for ${formatDuration(helloPatience)}: does ${command} start one?`);
    }
    const problem = versionProblem(this.greeting);
    if (problem !== undefined) throw new Error(problem);
    const { now, clockId, host } = this.greeting;
    this.mapping = new RelayClock(now, this.local);
    if (clockId === 1 && isSameMachine(host, now)) {
      this.mapping.learnSame(process.hrtime.bigint(), this.local.now());
    }
    const keepalive = Math.round(this.keepalive / 1_000_000);
    const body = { version: PROTOCOL_VERSION, keepalive, program: `mctp-certify ${toolVersion()}` };
    this.pipe?.say({ type: 'hello', body });
    for (let round = 0; round < FIRST_PINGS; round += 1) await this.ping();
    if (this.ended !== undefined) throw new Error(this.ended);
    void this.watch();
  }

  transmit(tx: Unnumbered<Tx>): Promise<Answer<TxDone>> {
    return this.sending((id) => ({ type: 'tx', body: { ...tx, id } }));
  }

  /** To be sent when what was sent or held before it is answered. */
  hold(hold: Omit<Hold, 'id' | 'after'>): Promise<Answer<TxDone>> {
    const after = this.lastTx;
    return this.sending((id) => ({ type: 'hold', body: { ...hold, id, after } }));
  }

  private sending(message: (id: number) => HostMessage): Promise<Answer<TxDone>> {
    this.transmitting += 1;
    const done = this.ask<TxDone>(message);
    this.lastTx = this.lastId;
    return done.finally(() => {
      this.transmitting -= 1;
    });
  }

  control(control: Unnumbered<Control>): Promise<Answer<ControlDone>> {
    return this.ask<ControlDone>((id) => ({ type: 'control', body: { ...control, id } as Control }));
  }

  counters(): Promise<Answer<Counters>> {
    return this.ask<Counters>((id) => ({ type: 'read-counters', body: { id } }));
  }

  listen(listener: SessionListener): void {
    this.listener = listener;
    const early = this.early;
    this.early = [];
    for (const tell of early) tell(listener);
  }

  /** Says goodbye, and waits until what was to be restored is; undefined where the relay did not say. */
  close(): Promise<RelayGoodbye | undefined> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<RelayGoodbye | undefined> {
    const { pipe } = this;
    if (pipe === undefined) return undefined;
    if (this.ended === undefined && this.greeting !== undefined) {
      this.pipe?.say({ type: 'goodbye', body: {} });
      await this.until(GOODBYE_PATIENCE, () => false);
    }
    this.end(CLOSED);
    await pipe.close();
    return this.goodbye;
  }

  private ask<T>(message: (id: number) => HostMessage): Promise<Answer<T>> {
    const closed = this.ended ?? (this.closing === undefined ? undefined : CLOSED);
    if (closed !== undefined) return Promise.resolve(closed);
    this.lastId = (this.lastId % 0xffffffff) + 1;
    const id = this.lastId;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve as (answer: Answer<never>) => void);
      this.pipe?.say(message(id));
    });
  }

  private async ping(): Promise<void> {
    const sent = this.local.now();
    const quiet = this.transmitting === 0;
    const pong = await this.ask<Pong>((id) => ({ type: 'ping', body: { id, hostTime: BigInt(Math.round(sent)) } }));
    if (typeof pong === 'string' || !quiet || this.transmitting > 0) return;
    this.mapping?.learn({ sent, answered: this.local.now(), taken: pong.received, returned: pong.sent });
  }

  /** Shows the relay that we are here, and looks whether it is. */
  private async watch(): Promise<void> {
    while (this.ended === undefined && this.closing === undefined) {
      this.pause = this.local.timer(this.local.now() + this.keepalive / 3);
      if (!(await this.pause.done)) return;
      const silence = this.local.now() - (this.pipe?.heard ?? 0);
      if (silence > this.keepalive) this.end(`the relay has given no sign of life for ${formatDuration(silence)}`);
      else void this.ping();
    }
  }

  private take(octets: Uint8Array): void {
    const decoded = decodeRelay(octets);
    if (decoded.ok) {
      this.handle(decoded.message);
    } else if (!decoded.optional) {
      const detail = `the relay sent a message of type 0x${decoded.code.toString(16).padStart(2, '0')}, and ${decoded.reason}`;
      this.tell((listener) => listener.garbage(octets.slice(0, 64), detail));
      this.end(detail);
    }
  }

  private handle(message: RelayMessage): void {
    switch (message.type) {
      case 'hello':
        this.greeting ??= message.body;
        break;
      case 'rx':
        this.tell((listener) => listener.rx(message.body));
        break;
      case 'error':
        if (message.body.fatal) this.fatal = message.body;
        else this.fail(message.body);
        break;
      case 'goodbye':
        this.goodbye = message.body;
        if (message.body.failed > 0) this.options.onLog?.(farewellText(message.body, this.fatal));
        this.end(farewellText(message.body, this.fatal));
        break;
      default:
        this.answer(message.body.id, message.body);
    }
    this.wake();
  }

  /** A refusal of one message is its answer; the rest is for who listens. */
  private fail(failure: RelayFailure): void {
    const text = `the relay says: ${printable(failure.text)}`;
    if (failure.about !== 0) this.answer(failure.about, text);
    this.options.onLog?.(text);
    this.tell((listener) => listener.failure(failure));
  }

  private answer(id: number, answer: object | string): void {
    this.waiting.get(id)?.(answer as never);
    this.waiting.delete(id);
  }

  private tell(what: (listener: SessionListener) => void): void {
    if (this.listener === undefined) this.early.push(what);
    else what(this.listener);
  }

  private end(detail: string): void {
    if (this.ended !== undefined) return;
    this.ended = detail;
    this.pipe?.stop();
    this.pause?.cancel();
    for (const settle of this.waiting.values()) settle(detail as never);
    this.waiting.clear();
    this.tell((listener) => listener.ended(detail));
    this.wake();
  }

  /** Waits on our own clock for something that the relay says, or for its end. */
  private async until(patience: number, satisfied: () => boolean): Promise<void> {
    if (satisfied() || this.ended !== undefined) return;
    const timer = this.local.timer(this.local.now() + patience);
    this.wake = () => {
      if (satisfied() || this.ended !== undefined) timer.cancel();
    };
    await timer.done;
    this.wake = () => undefined;
  }
}
