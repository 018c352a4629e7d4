import { type Clock, MILLISECOND, SECOND } from '../clock';
import { toHex } from '../codec/octets';
import { decodePacket, PACKET_HEADER_SIZE, type Packet } from '../codec/packet';
import type { ControlDone, Rx, TxDone } from './relay-protocol';
import type { RelaySession } from './relay-session';
import type { Answer } from './relay-session-parts';
import { TAG_HELD, TAG_OWNER } from './relay-tx';

/** How long another program's use of a tag may take: the kernel forgets an unanswered request after 6 s. */
const TAG_PATIENCE = 6_500 * MILLISECOND;
/** How long the bus stays ours for an answer. */
const FLOW_PATIENCE = 1 * SECOND;
/** How long another program's request keeps its tag. */
const FOREIGN_PATIENCE = 6 * SECOND;
/** Own transmissions that a capture is still compared with. */
const REMEMBERED = 32;
const CONTROL_MESSAGE = 0;
/** Linux: the tag is in use. */
const EBUSY = 16;

interface Held {
  readonly eid: number;
  readonly tag: number;
  cancel(): void;
}

/** Which way each packet goes to a device behind the kernel's MCTP stack, and which captured ones are its (mctp.ts says why). */
export class MctpWay {
  private readonly session: RelaySession;
  private readonly clock: Clock;
  /** The program that answers the device's own control requests, in the kernel's words. */
  private readonly otherOwner: string | undefined;
  private readonly sourceEid: number | undefined;
  private holds: boolean;
  private readonly held = new Map<string, Held>();
  /** Tags of requests that other programs on this machine have sent to the device, with the time of their end. */
  private readonly foreign = new Map<number, number>();
  private readonly ownRequests = new Map<number, number>();
  private recent: string[] = [];
  private queue: Promise<unknown> = Promise.resolve();
  private closed = false;

  private constructor(session: RelaySession, otherOwner: string | undefined) {
    const { hello } = session;
    this.session = session;
    this.clock = session.clock.local;
    this.otherOwner = otherOwner;
    this.sourceEid = hello.ownEids[0];
    this.holds = hello.capabilities.includes('holds-tags') && hello.planes.includes('messages');
  }

  /** Looks whether the device's own requests are ours to answer. */
  static async open(session: RelaySession, onLog: (line: string) => void = () => undefined): Promise<MctpWay> {
    let owner: string | undefined;
    if (session.hello.capabilities.includes('binds-types')) {
      const bound = await session.control({ action: 'bind', messageType: CONTROL_MESSAGE });
      if (typeof bound !== 'string' && bound.status !== 'ok') {
        owner = bound.text;
        onLog(`${owner}: the device's own requests are not answered by us; say owner: other, or stop that program`);
      }
    }
    return new MctpWay(session, owner);
  }

  /** One after the other, for waiting for a tag must not let a later packet pass. */
  send(octets: Uint8Array): Promise<Answer<TxDone>> {
    const sent = this.queue.then(() => this.sendNow(octets));
    this.queue = sent;
    return sent;
  }

  close(): void {
    this.closed = true;
    for (const held of this.held.values()) held.cancel();
    this.held.clear();
  }

  private sendNow(octets: Uint8Array): Promise<Answer<TxDone>> {
    const packet = decodePacket(octets);
    this.recent = [...this.recent, toHex(octets)].slice(-REMEMBERED);
    if (packet === undefined) return this.inject(octets);
    if (this.isForeignAnswer(packet)) {
      return Promise.resolve(`${this.otherOwner}: it answers this request of the device, not we`);
    }
    return this.isWellFormedRequest(packet, octets.length) ? this.throughKernel(packet, octets) : this.inject(octets);
  }

  private inject(octets: Uint8Array): Promise<Answer<TxDone>> {
    return this.session.transmit({ plane: 'packets', eid: 0, tag: 0, address: NO_ADDRESS, octets });
  }

  /** Whole in one packet, and nothing in its header that the kernel would not write itself. */
  private isWellFormedRequest(packet: Packet, size: number): boolean {
    const { reserved, headerVersion, som, eom, packetSequence, tagOwner, sourceEid, destinationEid, payload } = packet;
    const plain = reserved === 0 && headerVersion === 1 && som === 1 && eom === 1 && packetSequence === 0;
    const { mtu } = this.session.hello;
    const fits = payload.length > 0 && (mtu === 0 || size <= mtu);
    return this.holds && plain && fits && tagOwner === 1 && sourceEid === this.sourceEid && destinationEid !== 0xff;
  }

  private async throughKernel(packet: Packet, octets: Uint8Array): Promise<Answer<TxDone>> {
    const { destinationEid: eid, messageTag: tag } = packet;
    const deadline = this.clock.now() + TAG_PATIENCE;
    for (let pause = 10 * MILLISECOND; ; pause = Math.min(2 * pause, 500 * MILLISECOND)) {
      const problem = this.hold(eid, tag);
      const done = this.session.transmit({
        plane: 'messages',
        eid,
        tag: TAG_OWNER | TAG_HELD | tag,
        address: this.session.hello.address,
        octets: octets.subarray(PACKET_HEADER_SIZE),
      });
      const refusal = await problem;
      if (refusal === undefined) return done;
      await done;
      this.forget(eid, tag);
      if (typeof refusal === 'string') return refusal;
      if (refusal.errno !== EBUSY) {
        // A kernel before 5.18 lets nobody hold a tag.
        this.holds = false;
        return this.inject(octets);
      }
      if (this.closed || this.clock.now() > deadline) return refusal.text;
      await this.clock.timer(this.clock.now() + pause).done;
    }
  }

  /** Reserves a tag, so that the answer is nobody else's; says why where that cannot be. */
  private async hold(eid: number, tag: number): Promise<Answer<ControlDone> | undefined> {
    const key = `${eid}/${tag}`;
    const before = this.held.get(key);
    before?.cancel();
    const timer = this.clock.timer(this.clock.now() + FLOW_PATIENCE);
    const held = { eid, tag, cancel: () => timer.cancel() };
    this.held.set(key, held);
    void timer.done.then((late) => {
      if (late && this.held.get(key) === held) this.release(eid, tag);
    });
    if (before !== undefined) return undefined;
    const answer = await this.session.control({ action: 'hold-tag', eid, tag });
    return typeof answer !== 'string' && answer.status === 'ok' ? undefined : answer;
  }

  private release(eid: number, tag: number): void {
    if (this.forget(eid, tag) && !this.closed) void this.session.control({ action: 'drop-tag', eid, tag });
  }

  private forget(eid: number, tag: number): boolean {
    const key = `${eid}/${tag}`;
    this.held.get(key)?.cancel();
    return this.held.delete(key);
  }

  /** Whether a captured packet came from the device, and not as an answer to another program of this machine. */
  isFromDevice(rx: Rx): boolean {
    const { address } = this.session.hello;
    const near = rx.address.length === 0 || address.length === 0 || toHex(rx.address) === toHex(address);
    if (rx.plane !== 'packets' || !near) return false;
    const packet = decodePacket(rx.octets);
    if (packet === undefined) return !rx.flags.includes('own');
    if (rx.flags.includes('own')) {
      this.noteOwn(packet, rx.octets);
      return false;
    }
    const { tagOwner, messageTag, eom } = packet;
    if (tagOwner === 1) {
      this.ownRequests.set(messageTag, this.clock.now() + FOREIGN_PATIENCE);
      return true;
    }
    if ((this.foreign.get(messageTag) ?? 0) > this.clock.now()) {
      if (eom === 1) this.foreign.delete(messageTag);
      return false;
    }
    if (eom === 1) this.answered(messageTag, packet.sourceEid);
    return true;
  }

  /** The bus is free again for others once the answer is there. */
  private answered(tag: number, sourceEid: number): void {
    for (const held of [...this.held.values()]) {
      if (held.tag === tag && (held.eid === sourceEid || held.eid === 0)) this.release(held.eid, tag);
    }
  }

  private noteOwn(packet: Packet, octets: Uint8Array): void {
    const index = this.recent.indexOf(toHex(octets));
    if (index >= 0) this.recent.splice(index, 1);
    else if (packet.tagOwner === 1 && !this.holdsTag(packet.messageTag)) {
      this.foreign.set(packet.messageTag, this.clock.now() + FOREIGN_PATIENCE);
    }
  }

  /** What goes out under a tag that we hold is ours, however the kernel wrote it. */
  private holdsTag(tag: number): boolean {
    return [...this.held.values()].some((held) => held.tag === tag);
  }

  private isForeignAnswer({ tagOwner, messageTag, payload, som }: Packet): boolean {
    const asked = (this.ownRequests.get(messageTag) ?? 0) > this.clock.now();
    return this.otherOwner !== undefined && asked && tagOwner === 0 && som === 1 && payload[0] === CONTROL_MESSAGE;
  }
}

const NO_ADDRESS = new Uint8Array(0);
