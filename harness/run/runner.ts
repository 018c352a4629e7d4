import { CertifyError, messageOf } from '../errors';
import type { JudgeContext, Judgement } from '../judge/judge';
import { judgeCase } from '../judge/judge';
import type { CaseVerdict } from '../names';
import type { Restoration } from '../record/journal';
import type { Identity, PlannedCase, RecordSink } from '../record/lines';
import type { CaseObservations, LifeProbe, Observation } from '../record/observation';
import type { Arrival } from '../requester/gather';
import type { Addresses } from '../requester/link';
import { Link } from '../requester/link';
import { Requester } from '../requester/requester';
import type { RequesterSettings } from '../requester/settings';
import type { CompiledCase } from '../suite/compiled';
import type { Hooks, Transport } from '../transport/transport';
import type { DeviceSettings } from './device';
import { Device } from './device';
import { movesEid, movesPool } from './moves';
import { prepareNcSi } from './nc-si';
import { runCase } from './run-case';
import type { Survey } from './survey';
import { survey } from './survey';
import { WalkMemory } from './walk-memory';

type Counters = Readonly<Record<string, number>>;

export interface RunInput {
  readonly transport: Transport;
  readonly sink: RecordSink;
  readonly judge: JudgeContext;
  readonly requester: RequesterSettings;
  readonly device: DeviceSettings;
  readonly addresses: Addresses;
  readonly seed: number;
  readonly hooks: Hooks | undefined;
  /** How long the device may take to come back after one. */
  readonly readyTime: number;
  /** Whether Clear Initial State of NC-SI may be sent. */
  readonly mayInitialise: boolean;
  /** Wall-clock milliseconds after which a case counts as stuck. */
  readonly watchdogMs: number;
  /** Stands between what arrives and all that looks at it. */
  readonly watch?: ((arrival: Arrival) => Arrival) | undefined;
  /** Walks that were made before this run; none: it begins with none. */
  readonly walks?: WalkMemory | undefined;
}

/** A case that has ended. `durationNs` is on the transport's clock. */
export interface CaseOutcome {
  readonly case: CompiledCase;
  readonly verdict: CaseVerdict;
  readonly reason?: string;
  readonly judgement?: Judgement;
  readonly durationNs: number;
}

interface EndedCase {
  readonly kase: CompiledCase;
  seen: CaseObservations;
  readonly late: CaseObservations['late'][number][];
  judged: boolean;
}

/** One run against one device: discovery, the planned cases one after the other, what comes late, and the way back. */
export class Run {
  private readonly input: RunInput;
  private readonly link: Link;
  private readonly device: Device;
  private readonly walks: WalkMemory;
  private readonly ended = new Map<string, EndedCase>();
  /** Why nothing can run any more, for people. */
  private blockedBy: string | undefined;
  private paced: number | undefined;
  private pooled = false;
  /** Whether the device has been given back what was moved, after the last case. */
  private left = false;
  /** Set by Ctrl-C: no further case runs. */
  interrupted = false;

  constructor(input: RunInput) {
    this.input = input;
    this.link = new Link(input.transport, input.addresses, input.sink, input.watch);
    this.walks = input.walks ?? new WalkMemory(input.judge.commands);
    this.device = new Device(new Requester(this.link, input.judge.commands, input.requester), input.device, input.sink);
  }

  async discover(): Promise<Identity> {
    const identity = await this.device.discover();
    this.input.sink.write({ type: 'device', identity });
    return identity;
  }

  /** Discovery without asking who the device is: what cases build on, and no more. */
  find(): Promise<void> {
    return this.device.find();
  }

  /** Instead of discovery, of a device about which it is known what that would show. */
  presume(eid: number): void {
    this.device.presume(eid);
  }

  /** Where cases begin: the EID that the device keeps, and the one that it is spoken to at. */
  get found(): { readonly home: number; readonly eid: number } {
    return { home: this.device.home, eid: this.device.requester.eid };
  }

  /** Waits until so many nanoseconds have passed since it was last called. */
  async keepPace(pace: number): Promise<void> {
    const { link } = this;
    if (pace > 0 && this.paced !== undefined) await link.until(this.paced + pace, () => false);
    this.paced = link.now();
  }

  /** What the device tells of itself; nothing is moved. */
  survey(): Promise<Survey> {
    return survey(this.device.requester);
  }

  /** What `restore` does after a run that was killed. */
  putBack(moved: Restoration): ReturnType<Device['putBack']> {
    return this.device.putBack(moved);
  }

  /** Runs or settles one planned case and writes its end. A mistake of the harness is an `error`, never thrown. */
  async settle(planned: PlannedCase, attempt = 1): Promise<CaseOutcome> {
    const kase = planned.case;
    if (planned.decision !== 'run') return this.end(kase, planned.decision, planned.reason);
    await this.noticeLoss();
    if (this.blockedBy !== undefined) return this.end(kase, 'blocked', this.blockedBy);
    const from = this.link.now();
    // Who runs a case again wants to see it again.
    if (attempt > 1) this.walks.forget();
    this.input.sink.write({ type: 'case.start', case: kase.id, attempt });
    try {
      const judgement = await this.drive(kase);
      for (const check of judgement.checks) this.input.sink.write({ type: 'check', case: kase.id, check });
      if (judgement.unit !== undefined) this.input.sink.write({ type: 'unit', case: kase.id, unit: judgement.unit });
      const outcome = this.end(kase, judgement.verdict, judgement.reason);
      return { ...outcome, judgement, durationNs: this.link.now() - from };
    } catch (thrown) {
      const verdict = thrown instanceof CertifyError && thrown.code === 'OUT_OF_REACH' ? 'unreachable' : 'error';
      this.walks.forget();
      await this.recover(kase);
      return { ...this.end(kase, verdict, messageOf(thrown)), durationNs: this.link.now() - from };
    }
  }

  /** After a case that could not go on: its EID may be anywhere, and the next one would find nobody at the usual one. */
  private async recover(kase: CompiledCase): Promise<void> {
    if (this.blockedBy !== undefined || this.link.ended || !moves(kase)) return;
    const life = await this.device.life();
    if (life.alive) await this.device.restore();
    else this.blockedBy = endOf(kase, life);
  }

  private end(kase: CompiledCase, verdict: CaseVerdict, reason: string | undefined): CaseOutcome {
    const why = reason === undefined ? {} : { reason };
    this.input.sink.write({ type: 'case.end', case: kase.id, verdict, ...why });
    return { case: kase, verdict, ...why, durationNs: 0 };
  }

  /** Nothing takes a pool of EIDs back (DSP0236 12.10): a bridge that had none keeps what cases gave it. */
  private notePool(): void {
    if (this.pooled) return;
    this.pooled = true;
    const text = 'cases allocate EIDs to the bridge: a pool cannot be taken back, so one that had none keeps its last';
    this.input.sink.write({ type: 'note', text });
  }

  private async drive(kase: CompiledCase): Promise<Judgement> {
    const { sink, judge } = this.input;
    const late: CaseObservations['late'][number][] = [];
    const unready = await prepareNcSi(kase, this.device.requester, this.input.mayInitialise, judge.claims);
    if (unready !== undefined) return { checks: [], verdict: 'unreachable', reason: unready };
    if (moves(kase)) await this.device.journal();
    if (kase.steps.some(movesPool)) this.notePool();
    const before = await this.counters();
    const observations = await this.watched(kase, late);
    this.walks.endCase(kase, observations);
    this.compare(kase, before, await this.counters());
    if (this.interrupted) throw new Error('interrupted');
    const life = await this.after(kase, observations);
    if (this.interrupted) throw new Error('interrupted');
    if (life !== undefined) sink.write({ type: 'life', case: kase.id, life });
    const seen = { observations, late, ...(life === undefined ? {} : { life }) };
    if (life?.alive === false) this.blockedBy = endOf(kase, life);
    this.forget();
    this.ended.set(kase.id, { kase, seen, late, judged: true });
    return judgeCase(kase, { ...seen, late: [...late] }, judge);
  }

  /** Of what has ended only that is kept which may be judged again: late answers, and the last case's death. */
  private forget(): void {
    const last = [...this.ended.values()].at(-1);
    if (last === undefined || !last.judged) return;
    const silent = last.seen.observations.some(({ exchanges }) => exchanges.some((each) => each.silence !== undefined));
    if (!silent) this.ended.delete(last.kase.id);
  }

  private async counters(): Promise<Counters | undefined> {
    return this.link.disconnected === undefined ? this.input.transport.counters?.() : undefined;
  }

  /** What the interface dropped meanwhile is evidence: of what the device sent, or of our own stimuli. */
  private compare(kase: CompiledCase, before: Counters | undefined, after: Counters | undefined): void {
    if (before === undefined || after === undefined) return;
    const risen = Object.entries(after).filter(([name, value]) => value !== before[name]);
    if (risen.length === 0) return;
    const counters = Object.fromEntries(risen.map(([name, value]) => [name, value - (before[name] ?? 0)]));
    this.input.sink.write({ type: 'counters', case: kase.id, counters });
  }

  /** Whoever has gone between two cases did not survive the first of them, whatever that one was told before. */
  private async noticeLoss(): Promise<void> {
    const last = [...this.ended.values()].at(-1);
    if (this.blockedBy !== undefined || this.link.disconnected === undefined || last === undefined) return;
    this.killedBy(last, await this.device.life());
  }

  private killedBy(entry: EndedCase, life: LifeProbe): void {
    if (!life.alive) this.blockedBy = endOf(entry.kase, life);
    entry.seen = { ...entry.seen, life };
    entry.judged = false;
    this.input.sink.write({ type: 'life', case: entry.kase.id, life });
  }

  private async watched(kase: CompiledCase, late: CaseObservations['late'][number][]): Promise<readonly Observation[]> {
    const { sink, judge, watchdogMs } = this.input;
    let handle: NodeJS.Timeout | undefined;
    const stuck = new Promise<never>((_, reject) => {
      handle = setTimeout(() => {
        this.blockedBy = endOf(kase);
        reject(new Error(`stuck for ${watchdogMs / 1000} s of wall-clock time`));
      }, watchdogMs);
    });
    const work = runCase(kase, {
      device: this.device,
      sink,
      parameters: judge.parameters,
      claims: judge.claims,
      binding: judge.binding,
      seed: this.input.seed,
      hooks: this.input.hooks,
      readyTime: this.input.readyTime,
      walks: this.walks,
      onLate: (place, pending) => {
        pending.late = (received) => {
          late.push({ ...place, received });
          sink.write({ type: 'late', case: kase.id, ...place, received });
          const entry = this.ended.get(kase.id);
          if (entry !== undefined) entry.judged = false;
        };
      },
    });
    try {
      return await Promise.race([work, stuck]);
    } finally {
      clearTimeout(handle);
    }
  }

  /** Life and EID after a case, where it could have touched them: the EID moved, an answer is missing, or it is a hazard. */
  private async after(kase: CompiledCase, observations: readonly Observation[]): Promise<CaseObservations['life']> {
    const answered = observations.every((observation) =>
      observation.exchanges.every((exchange) => exchange.response ?? exchange.silence?.twin?.response),
    );
    if (
      !moves(kase) &&
      !this.device.hasMoved &&
      answered &&
      kase.hazard === undefined &&
      this.link.disconnected === undefined
    )
      return undefined;
    if (this.link.disconnected === undefined && (await this.device.restore())) {
      const same = kase.hazard === undefined || (await this.device.isSame());
      return same ? { alive: true } : { alive: true, recovered: 'it answers under another UUID than before' };
    }
    const life = await this.device.life();
    if (life.alive) await this.device.restore();
    return life;
  }

  /**
   * Listens for late frames, judges again what they touch, and leaves the device as it was found. `lives`: who knows otherwise
   * that it does need not ask it, where nothing is left to restore.
   */
  async finish(lives: () => boolean = () => false): Promise<readonly CaseOutcome[]> {
    const changed: CaseOutcome[] = [];
    const { requester, sink, judge } = this.input;
    if (this.blockedBy === undefined) {
      await this.link.until(this.link.now() + 2 * requester.responseTimeout, () => false);
      if (!lives()) await this.lastProbe();
    }
    for (const entry of this.ended.values()) {
      if (entry.judged) continue;
      const judgement = judgeCase(entry.kase, { ...entry.seen, late: entry.late }, judge);
      for (const check of judgement.checks) sink.write({ type: 'check', case: entry.kase.id, check });
      changed.push({ ...this.end(entry.kase, judgement.verdict, judgement.reason), judgement });
    }
    return changed;
  }

  /** Restores the device, which is also the last proof that it lives: else the last case has killed it. */
  private async lastProbe(): Promise<void> {
    const last = [...this.ended.values()].at(-1);
    this.left = this.link.disconnected === undefined && (await this.device.restore());
    if (this.left || last === undefined) return;
    const life = await this.device.life();
    if (life.alive) this.left = await this.device.restore();
    // Interrupted while it was asked, it says nothing.
    if (!this.interrupted && (!life.alive || life.recovered !== undefined)) this.killedBy(last, life);
  }

  /** Ends the case under way and keeps others from starting. */
  interrupt(): void {
    this.interrupted = true;
    this.link.interrupt();
  }

  /** Gives back what was moved where the device still answers. */
  async leave(): Promise<void> {
    this.link.resume();
    if (this.left) return;
    if (this.link.disconnected !== undefined || this.blockedBy !== undefined) return;
    await this.device.restore();
  }

  /** Whether the device answered when it was last asked. */
  get answers(): boolean {
    return this.left && this.blockedBy === undefined;
  }

  get lost(): string | undefined {
    return this.link.disconnected;
  }
}

function moves({ steps, effects }: CompiledCase): boolean {
  return steps.some(movesEid) || effects.includes('eid');
}

/** Why nothing can run after a case. */
function endOf({ id }: CompiledCase, life?: LifeProbe): string {
  return life?.undelivered === undefined
    ? `the device did not survive ${id}`
    : `nothing gets onto the wires since ${id}: ${life.undelivered}`;
}
