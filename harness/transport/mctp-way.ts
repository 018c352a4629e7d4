import { type Clock, MILLISECOND, SECOND } from '../clock';
import { toHex } from '../codec/octets';
import { decodePacket, PACKET_HEADER_SIZE, type Packet } from '../codec/packet';
import type { Rx, TxDone } from './relay-protocol';
import type { RelaySession } from './relay-session';
import type { Answer, Unnumbered } from './relay-session-parts';
import { TAG_LENT, TAG_OWNER, type Tx } from './relay-tx';

/** How long another program's use of a tag may take: the kernel forgets an unanswered request after 6 s. */
const TAG_PATIENCE = 6_500 * MILLISECOND;
/** How long an answer to a request may come, ours or another program's. */
const FOREIGN_PATIENCE = 6 * SECOND;
/** Own transmissions that a capture is still compared with. */
const REMEMBERED = 32;
const CONTROL_MESSAGE = 0;
/** Linux: the tag is in use; tags cannot be reserved. */
const EBUSY = 16;
const EOPNOTSUPP = 95;

/** Which way each packet goes to a device behind the kernel's MCTP stack, and which captured ones are its (mctp.ts says why). */
export class MctpWay {
  private readonly session: RelaySession;
  private readonly clock: Clock;
  /** The program that answers the device's own control requests, in the kernel's words. */
  private readonly otherOwner: string | undefined;
  private readonly sourceEid: number | undefined;
  private lends: boolean;
  /** Requests of ours by tag: how many may still be answered, and until when. */
  private readonly asked = new Map<number, { readonly open: number; readonly until: number }>();
  /** Tags of requests that other programs on this machine have sent to the device, with the time of their end. */
  private readonly foreign = new Map<number, number>();
  private readonly ownRequests = new Map<number, number>();
  private recent: string[] = [];
  /** Handed over before their time and not gone yet, as far as has been heard. */
  private readonly early = new Set<string>();
  /** Tags that an answer to something before the last transmission may still come for. */
  private stale: ReadonlySet<number> = new Set();
  private queue: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private closed = false;

  private constructor(session: RelaySession, otherOwner: string | undefined) {
    const { hello } = session;
    this.session = session;
    this.clock = session.clock.local;
    this.otherOwner = otherOwner;
    this.sourceEid = hello.ownEids[0];
    this.lends = hello.capabilities.includes('lends-tags') && hello.planes.includes('messages');
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
    const sent = this.waiting === 0 ? this.sendNow(octets) : this.queue.then(() => this.sendNow(octets));
    this.waiting += 1;
    this.queue = sent.finally(() => {
      this.waiting -= 1;
    });
    return sent;
  }

  /**
   * As what a request goes that waits for the answer to the one before it; undefined where that cannot be said now. Of the
   * requests that wait nothing can be on its way when they go: each is noted when its capture comes, for its answer may come
   * before its `tx-done`; or else by `gone`.
   */
  ahead(octets: Uint8Array): Unnumbered<Tx> | undefined {
    const packet = decodePacket(octets);
    if (packet === undefined || this.waiting > 1 || this.stale.has(packet.messageTag)) return undefined;
    if (packet.tagOwner === 0 || !this.isWellFormedRequest(packet, octets.length)) return undefined;
    this.remember(octets);
    this.early.add(toHex(octets));
    return this.asMessage(packet, octets);
  }

  /** What became of a request that was handed over before its time: whether it went. */
  gone(octets: Uint8Array, sent: boolean): void {
    const packet = decodePacket(octets);
    if (this.early.delete(toHex(octets)) && sent && packet !== undefined) this.takesFreeTag(packet.messageTag);
  }

  close(): void {
    this.closed = true;
  }

  private sendNow(octets: Uint8Array): Promise<Answer<TxDone>> {
    const packet = decodePacket(octets);
    this.remember(octets);
    const now = this.clock.now();
    this.stale = new Set([...this.asked].flatMap(([tag, { open, until }]) => (open > 0 && until > now ? [tag] : [])));
    if (packet === undefined) return this.inject(octets);
    if (this.isForeignAnswer(packet)) {
      return Promise.resolve(`${this.otherOwner}: it answers this request of the device, not we`);
    }
    // Only the end of a message can bring an answer.
    const free = packet.tagOwner === 0 || packet.eom === 0 || this.takesFreeTag(packet.messageTag);
    const throughKernel = free && this.isWellFormedRequest(packet, octets.length);
    return throughKernel ? this.throughKernel(packet, octets) : this.inject(octets);
  }

  private remember(octets: Uint8Array): void {
    this.recent = [...this.recent, toHex(octets)].slice(-REMEMBERED);
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
    return this.lends && plain && fits && tagOwner === 1 && sourceEid === this.sourceEid && destinationEid !== 0xff;
  }

  private asMessage({ destinationEid: eid, messageTag }: Packet, octets: Uint8Array): Unnumbered<Tx> {
    const tag = TAG_OWNER | TAG_LENT | messageTag;
    const { address } = this.session.hello;
    return { plane: 'messages', eid, tag, address, octets: octets.subarray(PACKET_HEADER_SIZE) };
  }

  /** Waits while another program uses the tag. */
  private async throughKernel(packet: Packet, octets: Uint8Array): Promise<Answer<TxDone>> {
    const message = this.asMessage(packet, octets);
    let deadline: number | undefined;
    for (let pause = 10 * MILLISECOND; ; pause = Math.min(2 * pause, 500 * MILLISECOND)) {
      const done = await this.session.transmit(message);
      if (typeof done === 'string') return done;
      // Lent for this request, the tag is known also where the relay has not seen it go.
      if (done.status !== 'refused') return { ...done, tag: done.tag ?? message.tag };
      if (done.errno === EOPNOTSUPP) {
        // A kernel before 5.18 lets nobody hold a tag.
        this.lends = false;
        return this.inject(octets);
      }
      deadline ??= this.clock.now() + TAG_PATIENCE;
      if (done.errno !== EBUSY || this.closed || this.clock.now() > deadline) return done;
      await this.clock.timer(this.clock.now() + pause).done;
    }
  }

  /** Notes a request; whether no answer to an earlier one under its tag can still come. */
  private takesFreeTag(tag: number): boolean {
    const now = this.clock.now();
    const before = this.asked.get(tag);
    const open = before !== undefined && before.until > now ? before.open : 0;
    this.asked.set(tag, { open: open + 1, until: now + FOREIGN_PATIENCE });
    return open === 0;
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
    if (this.isOpen(this.foreign.get(messageTag))) {
      if (eom === 1) this.foreign.delete(messageTag);
      return false;
    }
    if (eom === 1) this.answered(messageTag);
    return true;
  }

  private answered(tag: number): void {
    const { open = 0, until = 0 } = this.asked.get(tag) ?? {};
    if (open > 1) this.asked.set(tag, { open: open - 1, until });
    else this.asked.delete(tag);
  }

  private isOpen(until: number | undefined): boolean {
    return until !== undefined && until > this.clock.now();
  }

  private noteOwn(packet: Packet, octets: Uint8Array): void {
    const hex = toHex(octets);
    const index = this.recent.indexOf(hex);
    if (index >= 0) this.recent.splice(index, 1);
    if (this.early.delete(hex)) this.takesFreeTag(packet.messageTag);
    else if (index < 0 && packet.tagOwner === 1 && !this.isOpen(this.asked.get(packet.messageTag)?.until)) {
      this.foreign.set(packet.messageTag, this.clock.now() + FOREIGN_PATIENCE);
    }
  }

  private isForeignAnswer({ tagOwner, messageTag, payload, som }: Packet): boolean {
    const isAnswer = tagOwner === 0 && som === 1 && payload[0] === CONTROL_MESSAGE;
    return this.otherOwner !== undefined && isAnswer && this.isOpen(this.ownRequests.get(messageTag));
  }
}

const NO_ADDRESS = new Uint8Array(0);
