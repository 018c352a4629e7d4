import type { SerialEvent, SerialOverrides } from '../binding/serial';
import { encodeSerial, lenientSerial, SerialReceiver } from '../binding/serial';
import type { SmbusOverrides } from '../binding/smbus';
import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { toHex } from '../codec/octets';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import { CertifyError } from '../errors';
import type { Purpose, RecordSink } from '../record/lines';
import type { Delivery, Transmission, Transport, TransportEvent, Unit } from '../transport/transport';
import type { Arrival, Gathered } from './gather';
import { Gatherer } from './gather';
import type { Stimulus } from './stimulus';

export interface Addresses {
  /** 7-bit SMBus addresses; not used on serial. */
  readonly address: number;
  readonly ownAddress: number;
  /** The only other address that may be written to: at any other one a neighbour may be listening. */
  readonly freeAddress?: number | undefined;
}

/** One packet to send: its frame is well-formed but for the overrides. */
export interface OutgoingPacket {
  readonly packet: Packet;
  readonly frame: Stimulus['frame'];
  /** Nanoseconds to let pass before it. */
  readonly after?: number;
}

export interface Sent {
  readonly at: number;
  readonly packets: readonly string[];
  readonly frames: readonly string[];
  readonly delivery: Delivery;
  readonly unheld?: true;
  readonly detail?: string;
}

/** Frames that a device may send between two of ours before it is a storm that no record needs in full. */
const FLOOD = 1000;

/**
 * The part of the endpoint stack between messages and a transport: frames both ways by the binding, and gathering.
 * Every octet that passes is recorded here and nowhere else.
 */
export class Link {
  readonly transport: Transport;
  disconnected: string | undefined;
  private interrupted = false;
  /** SMBus: a frame has come that can only be one without PEC. Its sender sends others without it too. */
  private lacksPec = false;
  /** Frames since we last sent something. */
  private unasked = 0;
  private readonly addresses: Addresses;
  private readonly sink: RecordSink;
  private readonly watch: (arrival: Arrival) => Arrival;
  private readonly gatherer = new Gatherer();
  private readonly receiver = new SerialReceiver(lenientSerial);
  private onMessage: (gathered: Gathered) => void = () => undefined;
  private wake: () => void = () => undefined;

  /** `watch` stands between what arrives and all that looks at it. */
  constructor(
    transport: Transport,
    addresses: Addresses,
    sink: RecordSink,
    watch: (arrival: Arrival) => Arrival = (arrival) => arrival,
  ) {
    this.watch = watch;
    this.transport = transport;
    this.addresses = addresses;
    this.sink = sink;
    transport.listen((event) => this.take(event));
  }

  now(): number {
    return this.transport.clock.now();
  }

  /** What is half arrived belongs to no stimulus to come. */
  forgetUnfinished(): void {
    this.gatherer.clear();
  }

  /** When the last packet came of a message that is still on its way; undefined: there is none. */
  get arriving(): number | undefined {
    return this.gatherer.lastOpen;
  }

  /** A message whose last packet did not say so is taken as it is when nothing more has come for so long. */
  endUnfinished(quiet: number): void {
    if (this.gatherer.lastOpen === undefined) return;
    for (const gathered of this.gatherer.end(this.now() - quiet)) this.onMessage(gathered);
  }

  /** Lets what is on its way come to its end, as long as more of it comes: its rest must not be taken for another's. */
  async endArriving(pause: number, atMost: number): Promise<void> {
    const last = this.now() + atMost;
    const end = (): number => Math.min(last, (this.arriving ?? 0) + pause);
    while (this.arriving !== undefined && this.now() < end() && !this.ended) {
      const until = end();
      await this.until(until, () => this.arriving === undefined || end() > until);
    }
    this.endUnfinished(pause);
  }

  listen(listener: (gathered: Gathered) => void): void {
    this.onMessage = listener;
  }

  /** Waits until `satisfied`, the time `at`, or the end of the way to the device. */
  async until(at: number, satisfied: () => boolean): Promise<void> {
    if (satisfied() || this.ended) return;
    const timer = this.transport.clock.timer(at);
    this.wake = () => {
      if (satisfied() || this.ended) timer.cancel();
    };
    const came = await timer.done;
    this.wake = () => undefined;
    if (came) this.takeSerial(this.receiver.flush());
  }

  /** Whether waiting has no point any more. */
  get ended(): boolean {
    return this.interrupted || this.disconnected !== undefined;
  }

  /** Ends every wait at once, until `resume`: for Ctrl-C. */
  interrupt(): void {
    this.interrupted = true;
    this.wake();
  }

  /** Lets waits be waits again, so that the device can be restored. */
  resume(): void {
    this.interrupted = false;
  }

  /** A message as the transport takes it. */
  unitsOf(stimulus: Stimulus): readonly Unit[] {
    const { plane } = this.transport;
    return stimulus.packets.map((packet) => ({ plane, octets: this.frameOf(encodePacket(packet), stimulus.frame) }));
  }

  /**
   * Sends packets one after the other; stops at the first that does not get through. `followed`: something may be foreseen
   * to follow the answer.
   */
  async send(packets: readonly OutgoingPacket[], purpose: Purpose, followed = false): Promise<Sent> {
    this.unasked = 0;
    const sent = { packets: [] as string[], frames: [] as string[] };
    let last: Sent | undefined;
    for (const { packet, frame, after = 0 } of packets) {
      if (after > 0) await this.until(this.now() + after, () => false);
      const octets = encodePacket(packet);
      const onWire = this.frameOf(octets, frame);
      const { plane } = this.transport;
      const packetHex = toHex(octets);
      const wireHex = plane === 'frames' ? toHex(onWire) : packetHex;
      sent.packets.push(packetHex);
      if (plane === 'frames') sent.frames.push(wireHex);
      this.holdReach(onWire);
      this.sink.flush?.();
      const hex = { packet: packetHex, wire: wireHex };
      last = this.wentOut(sent, hex, purpose, await this.transport.send({ plane, octets: onWire }, followed));
      if (last.delivery !== 'sent') break;
    }
    return last ?? { ...sent, at: this.now(), delivery: 'sent' };
  }

  private wentOut(
    { packets, frames }: Pick<Sent, 'packets' | 'frames'>,
    { packet, wire }: { readonly packet: string; readonly wire: string },
    purpose: Purpose,
    { delivery, at, unheld, detail }: Transmission,
  ): Sent {
    const { plane } = this.transport;
    const entry = {
      type: 'frame',
      direction: 'tx',
      plane,
      octets: wire,
      packets: [packet],
      purpose,
      delivery,
    } as const;
    this.sink.write(detail === undefined ? entry : { ...entry, note: detail });
    const more = { ...(unheld === undefined ? {} : { unheld }), ...(detail === undefined ? {} : { detail }) };
    return { packets, frames, at, delivery, ...more };
  }

  /** A packet that the way has sent by itself, for it was foreseen. */
  sentAhead({ packet, frame }: OutgoingPacket, purpose: Purpose, transmission: Transmission): Sent {
    this.unasked = 0;
    const octets = encodePacket(packet);
    const framed = this.transport.plane === 'frames';
    const hex = { packet: toHex(octets), wire: toHex(this.frameOf(octets, frame)) };
    const sent = { packets: [hex.packet], frames: framed ? [hex.wire] : [] };
    return this.wentOut(sent, hex, purpose, transmission);
  }

  /** The address of somebody else on the wires to whom this frame would be written; undefined: it is for the device. */
  strayAddress([first]: Uint8Array): number | undefined {
    const { plane, binding } = this.transport;
    const { address, freeAddress } = this.addresses;
    if (plane !== 'frames' || binding !== 'smbus' || first === undefined) return undefined;
    const to = first >> 1;
    return to === address || to === freeAddress ? undefined : to;
  }

  /** What the interface cannot take, or the wires have no place for, is nothing that the device could be judged by. */
  private holdReach(octets: Uint8Array): void {
    const stray = this.strayAddress(octets);
    if (stray !== undefined) {
      const message = `would write to address 0x${stray.toString(16).padStart(2, '0')}, which is not the device's and which no parameters.freeAddress declares to be free`;
      throw new CertifyError('OUT_OF_REACH', message, { stray });
    }
    const { plane, unit } = this.transport;
    const { length } = octets;
    if (plane !== 'packets' || unit === undefined || length <= unit) return;
    const message = `needs packets of ${length} octets, and the interface takes ${unit} (its mtu)`;
    throw new CertifyError('OUT_OF_REACH', message, { length, unit });
  }

  /** Octets outside any frame, to bring a serial receiver back to its frame search. */
  async sendRaw(octets: Uint8Array, purpose: Purpose): Promise<void> {
    this.sink.flush?.();
    const { delivery } = await this.transport.send({ plane: 'frames', octets });
    this.sink.write({
      type: 'frame',
      direction: 'tx',
      plane: 'frames',
      octets: toHex(octets),
      packets: [],
      purpose,
      delivery,
    });
  }

  private frameOf(packet: Uint8Array, overrides: Stimulus['frame']): Uint8Array {
    if (this.transport.plane !== 'frames') return packet;
    const { address, ownAddress } = this.addresses;
    return this.transport.binding === 'smbus'
      ? encodeSmbus(packet, { destinationAddress: address, sourceAddress: ownAddress }, overrides as SmbusOverrides)
      : encodeSerial(packet, overrides as SerialOverrides);
  }

  private take(event: TransportEvent): void {
    switch (event.kind) {
      case 'received':
        this.receive(event.unit.octets, event.at);
        break;
      case 'garbage':
        this.record(event.octets, [], `garbage: ${event.detail}`);
        break;
      case 'refused':
        this.record(event.octets, [], 'not acknowledged by us');
        break;
      case 'unused':
        this.unused(event);
        break;
      case 'disconnected':
        this.disconnected = event.detail;
        this.sink.write({ type: 'note', text: `disconnected: ${event.detail}` });
        break;
    }
    this.wake();
  }

  private unused({ direction, octets }: Extract<TransportEvent, { kind: 'unused' }>): void {
    if (direction === 'rx') {
      this.record(octets, [], 'answers what was sent ahead and not used');
      return;
    }
    const entry = { direction, plane: this.transport.plane, octets: toHex(octets), packets: [] } as const;
    const note = 'sent ahead and not used: the run went another way';
    this.sink.write({ type: 'frame', ...entry, purpose: 'stimulus', delivery: 'sent', note });
  }

  private receive(octets: Uint8Array, at: number): void {
    if (this.transport.plane !== 'frames') {
      this.arrive(octets, undefined, at);
      return;
    }
    if (this.transport.binding === 'smbus') {
      const frame = decodeSmbus(octets, this.lacksPec ? 'no PEC' : 'told by PEC');
      if (frame?.pecStatus === 'absent') this.lacksPec = true;
      if (frame === undefined) this.record(octets, [], 'too short for a frame');
      else this.arrive(frame.packet, octets, at);
      return;
    }
    this.takeSerial(this.receiver.feed(octets), at);
  }

  /** A frame that waits for its closing flag is taken as it is when the time for more is over. */
  private takeSerial(events: readonly SerialEvent[], at = this.now()): void {
    for (const event of events) {
      if (event.kind === 'frame') this.arrive(event.frame.packet, event.frame.octets, at);
      else this.record(event.octets, [], `discarded: ${event.reason}`);
    }
  }

  private arrive(octets: Uint8Array, frame: Uint8Array | undefined, at: number): void {
    if (this.unasked > FLOOD) return;
    const packet = decodePacket(octets);
    this.record(
      frame ?? octets,
      packet === undefined ? [] : [octets],
      packet === undefined ? 'too short for a packet' : undefined,
    );
    if (packet === undefined) return;
    const arrival = { packet, octets, at, ...(frame === undefined ? {} : { frame }) };
    const gathered = this.gatherer.take(this.watch(arrival));
    if (gathered !== undefined) this.onMessage(gathered);
  }

  private record(octets: Uint8Array, packets: readonly Uint8Array[], note: string | undefined): void {
    this.unasked += 1;
    if (this.unasked > FLOOD) {
      const text = `more than ${FLOOD} frames or stray octets without a request: the rest is not kept`;
      if (this.unasked === FLOOD + 1) this.sink.write({ type: 'note', text });
      return;
    }
    this.sink.write({
      type: 'frame',
      direction: 'rx',
      plane: this.transport.plane,
      octets: toHex(octets),
      packets: packets.map(toHex),
      purpose: 'received',
      ...(note === undefined ? {} : { note }),
    });
  }
}
