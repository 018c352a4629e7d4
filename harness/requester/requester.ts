import type { CommandSets } from '../codec/command';
import { fromHex, toHex } from '../codec/octets';
import { messageTypes } from '../names';
import type { Purpose } from '../record/lines';
import type { Exchange, ReceivedMessage, Silence } from '../record/observation';
import { type Environment, NOWHERE } from '../resolve';
import type { DeviceRequests, MessageSpec } from '../suite/compiled';
import type { Foreseen } from '../transport/transport';
import { busOwnerAnswer } from './bus-owner';
import { Drawing, type Pair, RECENT } from './drawing';
import type { Gathered } from './gather';
import type { Link, OutgoingPacket, Sent } from './link';
import { LookAhead } from './look-ahead';
import type { Marks } from './matching';
import { answerMarks, GOOD, isRequest, LIKELY, marksOf, score } from './matching';
import type { OwnAnswers } from './own-answers';
import { best, hasGood, isHeld, isNotReady, isPutOff, isUnanswered, type Pending, timeAsked, worth } from './pending';
import { RESYNCHRONISERS } from './resynchronisers';
import type { RequesterSettings } from './settings';
import { MOST_EXTENSIONS, PACKET_PAUSE } from './settings';
import type { MessageDefaults, Stimulus } from './stimulus';
import { buildStimulus, outgoing, WHO_IS_THERE } from './stimulus';

/** Answered stimuli that a second answer can still be told by. */
const REMEMBERED = 32;

/** Tags, instance ids and the pairing of answers with stimuli (design laws 2 and 11). */
export class Requester {
  readonly link: Link;
  readonly sets: CommandSets;
  readonly settings: RequesterSettings;
  /** Destination of everything that names none: the device's EID, or 0 while it has none. */
  eid = 0;
  /** What becomes of requests of the device's own, as the case at hand wants it. */
  deviceRequests: 'answered' | DeviceRequests = 'answered';
  /** What the case at hand answers to what the device asks of upper layers. */
  ownAnswers: OwnAnswers | undefined;
  /** How often the device has asked each command of its own since a `listen` took note. */
  readonly asked = new Map<string, number>();
  /** What is handed over before its time. */
  readonly ahead: LookAhead;
  private readonly drawing = new Drawing();
  private collector: ((marks: Marks) => void) | undefined;
  /** Of the last control stimulus: the next one is no retry of it, however much came between. */
  private control: Pair | undefined;
  private known: Pending[] = [];
  private strays: ReceivedMessage[] = [];

  constructor(link: Link, sets: CommandSets, settings: RequesterSettings) {
    this.link = link;
    this.sets = sets;
    this.settings = settings;
    this.ahead = new LookAhead(link, settings, {
      build: (spec, env) => buildStimulus(spec, this.sets, this.draw(this.ahead.prepared), env),
      drawn: () => this.drawing.count,
      rewind: (drawn) => {
        this.drawing.count = drawn;
      },
    });
    link.listen((gathered) => this.receive(gathered));
  }

  /** Tags and instance ids of a case are its own, whatever ran before it. */
  beginCase(id: string): void {
    this.drawing.begin(id);
    this.strays = [];
    this.asked.clear();
    this.link.forgetUnfinished();
  }

  /** Before a case: what is on its way may be a late answer to one before it. */
  endArriving(): Promise<void> {
    return this.link.endArriving(PACKET_PAUSE, this.settings.silenceWindow);
  }

  /** A fresh tag and instance id, and what else is usual. */
  defaults(): MessageDefaults {
    this.ahead.drop();
    return this.draw([]);
  }

  /** Behind what is prepared already. */
  private draw(prepared: readonly Pair[]): MessageDefaults {
    this.prune();
    // As many as are remembered when this is sent: what is prepared pushes out others.
    const from = this.known.length + prepared.length - REMEMBERED;
    const known: Pair[] = this.control === undefined ? [] : [this.control];
    for (const [index, pending] of this.known.entries()) {
      const { messageTag, instanceId = 0 } = pending.sent;
      if (index >= from || isHeld(pending)) known.push({ messageTag, instanceId });
    }
    const { ownEid: sourceEid, unit } = this.settings;
    const { messageTag, instanceId } = this.drawing.next([...known, ...prepared]);
    return { destinationEid: this.eid, sourceEid, unit, messageTag, instanceId };
  }

  build(spec: MessageSpec, env: Environment): Stimulus {
    return buildStimulus(spec, this.sets, this.defaults(), env);
  }

  /** Messages that nobody had asked for, since the last call. */
  takeStrays(): readonly ReceivedMessage[] {
    this.link.endUnfinished(PACKET_PAUSE);
    const taken = this.strays;
    this.strays = [];
    return taken;
  }

  /** Tells a way that can do so what to send to the device, in order, when it loses us. */
  async restoreOnLoss(specs: readonly MessageSpec[]): Promise<void> {
    const { transport } = this.link;
    if (transport.restoreOnLoss === undefined) return;
    await transport.restoreOnLoss(specs.flatMap((spec) => this.link.unitsOf(this.build(spec, NOWHERE))));
  }

  /** From now on every answer is noted; the returned function ends that and tells what came, in order. */
  collect(): () => readonly { readonly instanceId: number; readonly messageTag: number }[] {
    const answers: { readonly instanceId: number; readonly messageTag: number }[] = [];
    this.collector = (marks) => {
      const { instanceId } = marks.header;
      answers.push({ instanceId: typeof instanceId === 'number' ? instanceId : -1, messageTag: marks.messageTag });
    };
    return () => {
      this.collector = undefined;
      return answers;
    };
  }

  /** Sends packets and begins to collect answers to `stimulus`. Several stimuli may share one list of packets. */
  async transmit(
    stimulus: Stimulus,
    packets: readonly OutgoingPacket[],
    purpose: Purpose,
    foreseen?: Foreseen,
  ): Promise<Pending> {
    const pending = this.expect(stimulus);
    const [only] = packets;
    const gone = await foreseen?.claim();
    if (gone !== undefined && only !== undefined) {
      this.sentAs(pending, this.link.sentAhead(only, purpose, gone));
      this.ahead.extend(stimulus);
      return pending;
    }
    if (foreseen !== undefined) this.ahead.drop();
    const continues = purpose === 'stimulus' && this.ahead.continues;
    const sending = this.link.send(packets, purpose, continues);
    if (continues) this.ahead.extend(stimulus);
    return this.sentAs(pending, await sending);
  }

  private sentAs(pending: Pending, sent: Sent): Pending {
    Object.assign(pending.sent, sent, { body: pending.sent.body });
    return pending;
  }

  /** Registers a stimulus before its packets go, so that no answer is missed. */
  expect(stimulus: Stimulus): Pending {
    const first = stimulus.packets[0];
    const { messageType, instanceId, command, set } = stimulus;
    const { tagOwner = 1, messageTag = 0, sourceEid = 0, destinationEid = 0 } = first ?? {};
    const now = this.link.now();
    const pending: Pending = {
      key: { messageType, ...answerMarks(set, command, stimulus), messageTag, destinationEid },
      sent: {
        at: now,
        body: toHex(stimulus.body),
        packets: [],
        frames: [],
        command: command.name,
        messageType,
        instanceId,
        tagOwner,
        messageTag,
        sourceEid,
        destinationEid,
        delivery: 'sent',
      },
      answers: [],
      doubtful: [],
      closed: false,
      late: undefined,
      expires: now + this.settings.instanceIdExpiry,
      set: stimulus.set,
      extended: 0,
    };
    this.known.push(pending);
    if (messageType === messageTypes.control) this.control = { messageTag, instanceId };
    return pending;
  }

  /**
   * One request: sent again with the same instance id while it is unanswered. What was sent more than once may be answered
   * more than once, and the last answer is waited for: a slow device must not meet the next step with this one's answers.
   */
  async request(
    stimulus: Stimulus,
    purpose: Purpose,
    options: { readonly collectAll?: boolean; readonly once?: boolean; readonly foreseen?: Foreseen | undefined } = {},
  ): Promise<Exchange> {
    const packets = outgoing(stimulus, stimulus.packets[0]?.destinationEid ?? 0);
    const pending = await this.transmit(stimulus, packets, purpose, options.foreseen);
    let attempts = 1;
    await this.awaitAnswer(pending, options.collectAll === true);
    const retries = options.once === true ? 0 : this.settings.requestRetries;
    while ((isUnanswered(pending) || isPutOff(pending)) && attempts <= retries && !this.link.ended) {
      if (this.mayHaveMoved(stimulus, pending)) Object.assign(pending.sent, { destinationEid: 0 });
      const { destinationEid } = pending.sent;
      this.sentAs(pending, await this.link.send(outgoing(stimulus, destinationEid), purpose));
      attempts += 1;
      await this.awaitAnswer(pending, false);
    }
    if (attempts > 1 && pending.answers.length > 0) {
      const { responseTimeout } = this.settings;
      await this.link.until(pending.sent.at + responseTimeout, () => pending.answers.length >= attempts);
    }
    return this.close(pending, attempts);
  }

  /**
   * An assignment whose answer was lost may have moved the device: the null EID reaches it under the new EID and under the
   * old one.
   */
  private mayHaveMoved(stimulus: Stimulus, pending: Pending): boolean {
    return stimulus.command.name === 'setEndpointId' && pending.sent.destinationEid === this.eid;
  }

  private async awaitAnswer(pending: Pending, wholeWindow: boolean): Promise<void> {
    const { responseTimeout, silenceWindow } = this.settings;
    const from = pending.sent.at;
    if (wholeWindow) await this.link.until(from + silenceWindow, () => false);
    if (!wholeWindow || pending.extended > 0) await this.untilFinal(from + responseTimeout, [pending]);
    if (isUnanswered(pending)) this.link.endUnfinished(PACKET_PAUSE);
  }

  /** Until all are answered: a device that asks for time gets it, a few times over, and an answer on its way its end. */
  private async untilFinal(from: number, due: readonly Pending[]): Promise<void> {
    const arriving = (): number => (this.link.arriving ?? Number.NEGATIVE_INFINITY) + PACKET_PAUSE;
    const asked = (): number => Math.max(from, arriving(), ...due.map((pending) => pending.extended));
    for (let until = 0; until < asked() && !due.every(hasGood) && !this.link.ended; ) {
      until = asked();
      await this.link.until(until, () => due.every(hasGood) || asked() > until);
    }
  }

  /** Waits for the answers that are due; `wholeWindow` also for any that come after them. */
  async awaitAll(pendings: readonly Pending[], due: readonly Pending[], wholeWindow: boolean): Promise<void> {
    const last = Math.max(...pendings.map((pending) => pending.sent.at));
    const { responseTimeout, silenceWindow } = this.settings;
    if (wholeWindow) await this.link.until(last + silenceWindow, () => false);
    else await this.untilFinal(last + responseTimeout, due);
    if (due.some(isUnanswered)) this.link.endUnfinished(PACKET_PAUSE);
  }

  /** Proves silence after a stimulus (design law 2). `twin` is healed already; missing: the whole window, then a probe for life. */
  async proveSilence(pending: Pending, twin: MessageSpec | undefined, env: Environment): Promise<Silence> {
    const { silenceWindow, thorough } = this.settings;
    if (twin !== undefined) {
      await this.resynchronise();
      const answer = await this.request(this.build(twin, env), 'twin');
      if (thorough) await this.link.until(pending.sent.at + silenceWindow, () => false);
      const waited = this.link.now() - pending.sent.at;
      const healed = { sent: answer.sent, ...(answer.response === undefined ? {} : { response: answer.response }) };
      return { by: 'twin', waited, twin: healed };
    }
    await this.link.until(pending.sent.at + silenceWindow, () => false);
    const waited = this.link.now() - pending.sent.at;
    const probe = await this.probe(env);
    return {
      by: 'window',
      waited,
      twin: { sent: probe.sent, ...(probe.response === undefined ? {} : { response: probe.response }) },
    };
  }

  /** Get Endpoint ID by physical address: is anybody there, and under which EID. */
  async probe(env: Environment, purpose: Purpose = 'probe'): Promise<Exchange> {
    return this.request(this.build(WHO_IS_THERE, env), purpose);
  }

  /**
   * A serial receiver may be anywhere after a broken frame: it gets a good one, and only where that is lost, octets
   * between frames. False where it does not come back, and where there are no serial frames.
   */
  async resynchronise(): Promise<boolean> {
    const { binding, plane } = this.link.transport;
    if (binding !== 'serial' || plane !== 'frames') return false;
    for (const octets of RESYNCHRONISERS) {
      if (octets !== '') await this.link.sendRaw(fromHex(octets), 'probe');
      const { response } = await this.request(this.build(WHO_IS_THERE, NOWHERE), 'probe', { once: true });
      if (response !== undefined) return true;
      if (this.link.ended) return false;
    }
    return false;
  }

  /** Ends a stimulus' step: the best answer is its response, all others stand beside it. */
  close(pending: Pending, attempts = 1, silence?: Silence): Exchange {
    pending.closed = true;
    const [doubtful, ...requests] = pending.doubtful;
    if (doubtful !== undefined) {
      const only = silence === undefined && pending.answers.length === 0;
      if (only) pending.answers.push({ message: doubtful.message, score: GOOD, interim: false });
      for (const request of only ? requests : pending.doubtful) this.answer(request);
    }
    const best = pending.answers.reduce<Pending['answers'][number] | undefined>(
      (winner, answer) => (winner === undefined || worth(answer) > worth(winner) ? answer : winner),
      undefined,
    );
    const also = pending.answers.filter((answer) => answer !== best).map(({ message }) => message);
    const { sent } = pending;
    return {
      sent,
      attempts,
      also,
      ...(best === undefined ? {} : { response: best.message, elapsed: Math.max(0, best.message.at - sent.at) }),
      ...(silence === undefined ? {} : { silence }),
    };
  }

  private receive(gathered: Gathered): void {
    const marks = marksOf(gathered, this.sets);
    if (isRequest(marks) && !this.isEcho(marks)) {
      const alike = this.known.find((pending) => !pending.closed && score(pending.key, marks) >= GOOD);
      if (alike === undefined) this.answer(gathered);
      else alike.doubtful.push(gathered);
      return;
    }
    const { pending, fit } = this.owner(marks);
    if (this.collector !== undefined) {
      // What is collected was never announced as a stimulus, so it may look like the late answer to an earlier one.
      this.collector(marks);
      if (pending?.closed === false) this.take(pending, gathered, fit);
    } else if (pending === undefined) this.strays.push(gathered.message);
    else if (!pending.closed) this.take(pending, gathered, fit);
    else if (pending.late !== undefined) pending.late(gathered.message);
    else this.strays.push(gathered.message);
  }

  private take(pending: Pending, { body, message }: Gathered, fit: number): void {
    const time = timeAsked(pending.set, body);
    pending.answers.push({ message, score: fit, interim: time !== undefined || isNotReady(pending.set, body) });
    const asked = pending.answers.filter(({ interim }) => interim).length;
    if (time === undefined || asked > MOST_EXTENSIONS) return;
    pending.extended = Math.max(pending.extended, this.link.now() + time + this.settings.responseTimeout);
  }

  /** Whether it is what we sent: it comes from our own EID. */
  private isEcho(marks: Marks): boolean {
    return marks.sourceEid === this.settings.ownEid && this.known.some((pending) => score(pending.key, marks) >= GOOD);
  }

  /**
   * Whose answer a message is. A stimulus that waits is preferred where command and tag or instance id fit, for a device
   * may err in one of them; only the exact second answer to one of the last few stimuli is taken for that. What fits no
   * waiting stimulus so well belongs to an earlier one that it fits exactly.
   */
  private owner(marks: Marks): { readonly pending: Pending | undefined; readonly fit: number } {
    const waiting = this.known.filter((pending) => !pending.closed);
    const open = best(waiting, marks);
    if (open.fit >= GOOD) return open;
    // Where a step fixed its instance id, one of the last few may share it: then it is no telling mark.
    const shares = ({ key: { instanceId } }: Pending): boolean =>
      instanceId !== undefined && instanceId === open.pending?.key.instanceId;
    // Whoever got the marks of one answer wrong does not send it again with the right ones.
    const exact = (pending: Pending): boolean => pending.answers.length === 0 || hasGood(pending);
    const recent = best(
      this.known.slice(-RECENT).filter((pending) => pending.closed && !shares(pending) && exact(pending)),
      marks,
    );
    if (recent.fit >= GOOD) return recent;
    if (open.fit >= LIKELY) return open;
    const closed = this.known.filter((pending) => pending.closed);
    const earlier = best(closed, marks);
    return earlier.fit >= GOOD ? earlier : open;
  }

  private answer(gathered: Gathered): void {
    this.strays.push(gathered.message);
    const { answersAsOwner, ownEid } = this.settings;
    const wrong = this.deviceRequests === 'misanswered';
    const { command, packets } = busOwnerAnswer(gathered, this.sets, ownEid, wrong, this.ownAnswers);
    if (command !== undefined) this.asked.set(command, (this.asked.get(command) ?? 0) + 1);
    if (this.deviceRequests === 'ignored' || packets.length === 0) return;
    if (!answersAsOwner && this.ownAnswers === undefined) return;
    void this.link.send(
      packets.map((packet) => ({ packet, frame: {} })),
      'answer',
    );
  }

  /** Silent stimuli are held until their instance id expires; of the answered ones the last few, for second answers. */
  private prune(): void {
    if (this.known.length < 2 * REMEMBERED) return;
    const now = this.link.now();
    const recent = this.known.length - REMEMBERED;
    this.known = this.known.filter(
      (pending, index) => !pending.closed || (isHeld(pending) ? pending.expires > now : index >= recent),
    );
  }
}
