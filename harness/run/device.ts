import { SECOND } from '../clock';
import { decodeBody, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { fromHex, toHex } from '../codec/octets';
import { CertifyError } from '../errors';
import type { Restoration } from '../record/journal';
import type { Identity, Purpose, RecordSink } from '../record/lines';
import type { Exchange, LifeProbe, ReceivedMessage } from '../record/observation';
import { undeliveredOf } from '../record/observation';
import type { Requester } from '../requester/requester';
import { NOWHERE } from '../resolve';
import type { MessageSpec, Template, TemplateMap } from '../suite/compiled';
import type { Place } from './settings';
import { Settings } from './settings';

/** A line that carries our own octets back would answer anything. */
function echo(): CertifyError {
  return new CertifyError(
    'DEVICE_SILENT',
    'what is sent comes back unchanged: the line or bridge echoes, and no device answers; turn its echo off, then try again',
  );
}

/** How long discovery asks whom it has not heard yet. */
const PATIENCE = 5 * SECOND;
/** Who does not acknowledge is not asked faster than this. */
const ROUND = SECOND / 2;

/** Message type, request and datagram bits, command code: what the answers of one device to one question have in common. */
function kindOf(answer: ReceivedMessage | undefined): string | undefined {
  const [type, bits = 0, code] = answer === undefined ? [] : fromHex(answer.body);
  return type === undefined ? undefined : [type & 0x7f, bits & 0xe0, code].join();
}

/** That of an answer to Get Endpoint ID. */
const OWN_KIND = [0, 0, 2].join();

/** A message without overrides, by physical address. */
const NOTHING = { message: {}, packet: { destinationEid: 0 }, frame: {} };

export interface DeviceSettings {
  readonly assignedEid: number;
  /** Whether the EID may be moved at all (effect `eid`). */
  readonly mayMoveEid: boolean;
  readonly physicalAddress: number;
}

/**
 * What the harness itself does to the device: finds it, keeps its EID, brings it back. All of it is marked in the record
 * by its purpose and judged by no case.
 */
export class Device {
  readonly requester: Requester;
  private readonly settings: DeviceSettings;
  private readonly sink: RecordSink;
  /** The EID that every case begins with; 0 where the device has none and may not be given one. */
  home = 0;
  private journalled = false;
  /** Whether it answered at the EID that it said last; else it is spoken to by physical address. */
  private hears = true;
  private uuid: string | undefined;
  private readonly moved: Settings;

  constructor(requester: Requester, settings: DeviceSettings, sink: RecordSink) {
    this.requester = requester;
    this.settings = settings;
    this.sink = sink;
    this.moved = new Settings(requester, sink, settings.physicalAddress);
  }

  /** Finds the device by physical address, gives it an EID where it has none, and reads who it is. */
  async discover(): Promise<Identity> {
    await this.find();
    const identity = await this.identify();
    this.uuid = identity.uuid;
    // Whoever answers nothing here may lack these commands, or be gone; no case is to be blamed for the second.
    if (identity.types.length === 0 && (await this.readEid('discovery')) === undefined)
      throw this.absent('answered Get Endpoint ID at first and does not any more');
    return identity;
  }

  /** Takes for granted what finding the device would show: that it has this EID and hears there. */
  presume(eid: number): void {
    this.home = eid;
    this.requester.eid = eid;
  }

  /**
   * A device that was just switched on, or a program that was just started, gets time to come up. What answers something
   * else than was asked has to do so twice: noise on the line is no device.
   */
  private async firstEid(): Promise<number | undefined> {
    const { link } = this.requester;
    const until = link.now() + PATIENCE;
    for (let before: string | undefined; ; ) {
      const round = link.now() + ROUND;
      const exchange = await this.ask('getEndpointId', {}, 'discovery', 0);
      const kind = kindOf(exchange.response);
      if (kind !== undefined && (kind === OWN_KIND || kind === before)) return this.eidIn(exchange, 'discovery');
      if (link.ended || link.now() >= until) return undefined;
      before = kind;
      await link.until(round, () => false);
    }
  }

  /** Finds the device by physical address and gives it an EID where it has none. */
  async find(): Promise<void> {
    const found = await this.firstEid();
    if (found === undefined) throw this.absent('does not answer Get Endpoint ID');
    this.home = found;
    if (found === 0 && this.settings.mayMoveEid) {
      await this.journal(0);
      this.home = (await this.assign(this.settings.assignedEid, 'discovery')) ?? 0;
    }
    if (found === 0 && this.home !== 0) {
      const text = `the device had no EID and keeps ${this.home}: an EID of 0 cannot be given back`;
      this.sink.write({ type: 'note', text });
    }
    await this.settle(this.home);
  }

  private absent(what: string): CertifyError {
    const { disconnected } = this.requester.link;
    return disconnected === undefined
      ? new CertifyError('DEVICE_SILENT', `the device ${what}; check wiring, address and binding, then try again`)
      : new CertifyError('DEVICE_LOST', `the way to the device ended before it answered: ${disconnected}`);
  }

  /** Whether it still says the UUID by which it was found; devices without one are taken at their word. */
  async isSame(): Promise<boolean> {
    if (this.uuid === undefined) return true;
    const read = async (): Promise<unknown> => (await this.fields('getEndpointUuid', {}, 'probe'))?.uuid;
    const first = await read();
    // A UUID that changes with every reading has its own case; another device keeps to its own.
    return first === this.uuid || first === undefined || first !== (await read());
  }

  private async identify(): Promise<Identity> {
    const uuid = await this.fields('getEndpointUuid', {}, 'discovery');
    const types = await this.fields('getMessageTypeSupport', {}, 'discovery');
    const versions = await this.fields('getMctpVersionSupport', { messageType: 0xff }, 'discovery');
    const list = Array.isArray(versions?.versions) ? (versions.versions as readonly FieldValues[]) : [];
    const hex = (value: unknown): number => (typeof value === 'number' ? value : 0);
    return {
      eid: this.home,
      ...(typeof uuid?.uuid === 'string' ? { uuid: uuid.uuid } : {}),
      types: Array.isArray(types?.types) ? types.types.filter((type) => typeof type === 'number') : [],
      versions: list.map((entry) =>
        toHex(Uint8Array.from([hex(entry.major), hex(entry.minor), hex(entry.update), hex(entry.alpha)])),
      ),
    };
  }

  /** Sends to `eid` if the device answers there, else by physical address alone. */
  private async settle(eid: number): Promise<void> {
    this.requester.eid = eid;
    this.hears = true;
    if (eid === 0) return;
    const answer = await this.ask('getEndpointId', {}, 'discovery', eid);
    this.hears = answer.response !== undefined;
    if (!this.hears) this.requester.eid = 0;
  }

  private ask(
    command: string,
    fields: { [name: string]: Template },
    purpose: Purpose,
    destination?: number,
  ): Promise<Exchange> {
    const packet: TemplateMap = destination === undefined ? {} : { destinationEid: destination };
    const spec = { command, fields, message: {}, packet, frame: {} };
    return this.requester.request(this.requester.build(spec, NOWHERE), purpose);
  }

  /** Fields of a successful answer; undefined for any other. */
  private async fields(
    command: string,
    request: { [name: string]: Template },
    purpose: Purpose,
    destination?: number,
  ): Promise<FieldValues | undefined> {
    const exchange = await this.ask(command, request, purpose, destination);
    const known = findCommand(this.requester.sets, command);
    const set = known && this.requester.sets[known.set];
    if (exchange.response === undefined || set === undefined) return undefined;
    const decoded = decodeBody(set, fromHex(exchange.response.body), 'response', known);
    return decoded.completionCode === 0 ? decoded.fields : undefined;
  }

  /** The EID that the device says it has; undefined where it does not answer. */
  async readEid(purpose: Purpose): Promise<number | undefined> {
    return this.eidIn(await this.ask('getEndpointId', {}, purpose, 0), purpose);
  }

  private eidIn(exchange: Exchange, purpose: Purpose): number | undefined {
    const undelivered = undeliveredOf(exchange);
    // A stimulus sent to an EID that is not known now would find the device silent for no fault of its own.
    if (purpose === 'probe' && undelivered !== undefined && this.requester.link.disconnected === undefined)
      throw new Error(`the EID could not be asked for: ${undelivered}`);
    if (exchange.response === undefined) return undefined;
    const body = fromHex(exchange.response.body);
    if (purpose === 'discovery' && exchange.response.body === exchange.sent.body) throw echo();
    const eid = body[4];
    return body[3] === 0 && eid !== undefined ? eid : 0;
  }

  private async assign(eid: number, purpose: Purpose): Promise<number | undefined> {
    await this.ask('setEndpointId', { operation: 0, eid }, purpose, 0);
    const now = await this.readEid(purpose);
    if (now === eid) return now;
    await this.ask('setEndpointId', { operation: 1, eid }, purpose, 0);
    return this.readEid(purpose);
  }

  /** Writes down what is about to be moved, before it is (design law 7). */
  async journal(eid = this.home): Promise<void> {
    if (this.journalled) return;
    this.journalled = true;
    this.sink.write({ type: 'journal', what: 'eid', value: eid, physicalAddress: this.settings.physicalAddress });
    await this.announce();
  }

  /** Tells the way to the device what is moved now. */
  private announce(): Promise<void> {
    const eid: MessageSpec[] =
      this.journalled && this.home !== 0
        ? [{ ...NOTHING, command: 'setEndpointId', fields: { operation: 1, eid: this.home } }]
        : [];
    return this.requester.restoreOnLoss([...eid, ...this.moved.messages]);
  }

  /** Writes down what is there before it is moved. */
  async remember(place: Place): Promise<void> {
    if (await this.moved.remember(place)) await this.announce();
  }

  /** Whether more than the EID waits to be given back. */
  get hasMoved(): boolean {
    return this.moved.areMoved;
  }

  /** Puts back what a journal says. */
  async putBack({ what, value, port }: Restoration): Promise<'restored' | 'silent' | 'refused'> {
    const now = await this.readEid('restore');
    if (now === undefined) return 'silent';
    switch (what) {
      case 'eid':
        return this.putBackEid(value);
      case 'transmission-unit':
      case 'effecter-state':
        this.requester.eid = now;
        return (await this.moved.putBack({ what, port: port ?? 0, value })) ? 'restored' : 'refused';
    }
  }

  private async putBackEid(eid: number): Promise<'restored' | 'refused'> {
    if ((await this.assign(eid, 'restore')) !== eid) return 'refused';
    this.sink.write({ type: 'restored', what: 'eid', value: eid });
    return 'restored';
  }

  /** After a Set Endpoint ID inside a case: where the device listens now. */
  async follow(): Promise<void> {
    const eid = await this.readEid('probe');
    if (eid !== undefined) await this.settle(eid);
  }

  /** Gives the device its EID back, and what else was moved. An EID of 0 cannot be restored, so the device keeps what it has. */
  async restore(): Promise<boolean> {
    let eid = await this.readEid('restore');
    if (eid !== undefined && eid !== this.home && this.home !== 0) eid = await this.assign(this.home, 'restore');
    if (eid === undefined) return false;
    if (eid === this.home && !this.hears) await this.settle(eid);
    else this.requester.eid = eid === this.home ? eid : 0;
    if (eid === this.home && this.journalled && this.home !== 0) {
      this.journalled = false;
      this.sink.write({ type: 'restored', what: 'eid', value: eid });
      await this.announce();
    }
    if (!this.hasMoved) return true;
    await this.moved.restore();
    await this.announce();
    return true;
  }

  /**
   * Is it alive; if not, does it come back (stack traps 7): waits, then asks again, up to six seconds. Out of step with the
   * frames of a serial line it is no less alive.
   */
  async life(): Promise<LifeProbe> {
    const { link } = this.requester;
    if (link.disconnected !== undefined) return { alive: false, recovered: `disconnected: ${link.disconnected}` };
    const probe = async (): Promise<Exchange> => this.ask('getEndpointId', {}, 'probe', 0);
    let last = await probe();
    if (last.response !== undefined) return { alive: true };
    // Until a question has reached the wires, its answer is not missing.
    let asked = undeliveredOf(last) === undefined;
    const since = link.now();
    for (const pause of [0.5, 1, 2]) {
      await link.until(link.now() + pause * SECOND, () => false);
      if (link.disconnected !== undefined) return { alive: false, recovered: `disconnected: ${link.disconnected}` };
      last = await probe();
      asked ||= last.response === undefined && undeliveredOf(last) === undefined;
      if (last.response === undefined) continue;
      const seconds = ((link.now() - since) / SECOND).toFixed(1);
      return { alive: true, ...(asked ? { recovered: `no answer any more; it came back after ${seconds} s` } : {}) };
    }
    if (await this.requester.resynchronise()) return { alive: true };
    const undelivered = asked ? undefined : undeliveredOf(last);
    return { alive: false, ...(undelivered === undefined ? {} : { undelivered }) };
  }
}
