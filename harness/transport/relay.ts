import type { Clock } from '../clock';
import { CertifyError } from '../errors';
import type { Binding, Plane } from '../names';
import { printable } from './child';
import { eventQueue, type Listener } from './event-queue';
import { MctpWay } from './mctp-way';
import { openSession } from './relay-open';
import type { RelayHello, Rx, TxDone } from './relay-protocol';
import type { RelaySession } from './relay-session';
import type { Answer, SessionOptions } from './relay-session-parts';
import { HOLD } from './relay-tx';
import type { Addressing, Foreseen, Foresight, Transmission, Transport, Unit } from './transport';
import { Unused } from './unused';

export interface RelayOptions extends SessionOptions {
  /** How the device was named; without it `relay:COMMAND`. */
  readonly uri?: string;
}

/** Events that may wait for the first listener. */
const MAX_WAITING = 10_000;

/** Starts the program of a `relay:` device: ours beside the device, usually through ssh, or a vendor's adapter. */
export async function openRelay(options: RelayOptions): Promise<RelayTransport> {
  const session = await openSession(options);
  const { hello } = session;
  try {
    const binding = bindingOf(hello);
    const plane = planeOf(hello);
    return await RelayTransport.over(
      session,
      { uri: options.uri ?? `relay:${options.command}`, binding, plane },
      options,
    );
  } catch (error) {
    await session.close();
    throw error;
  }
}

function bindingOf({ binding, description }: RelayHello): Binding {
  if (binding === 'smbus' || binding === 'serial') return binding;
  const what = binding === 'unknown' ? 'does not say its binding' : `is of the binding ${binding}`;
  const message = `the way to the device (${printable(description)}) ${what}, which this version has no timing for; it has smbus and serial${binding === 'unknown' ? ': say ?binding=' : ''}`;
  throw new CertifyError('DEVICE_OPEN', message, { binding });
}

function planeOf({ planes, capabilities, description }: RelayHello): Plane {
  if (planes.includes('frames')) return 'frames';
  if (planes.includes('packets') && capabilities.includes('can-inject')) return 'packets';
  const message = `the relay (${printable(description)}) carries ${planes.join(' and ') || 'nothing'}; this version needs packets or frames`;
  throw new CertifyError('DEVICE_OPEN', message, { planes });
}

interface Kind {
  readonly uri: string;
  readonly binding: Binding;
  readonly plane: Plane;
}

export class RelayTransport implements Transport {
  readonly uri: string;
  readonly binding: Binding;
  readonly plane: Plane;
  readonly acknowledges: boolean;
  readonly attested = true;
  readonly disposable = false;
  readonly clock: Clock;
  readonly addressing: Addressing;
  readonly unit: number | undefined;
  readonly ncsiInterfaces: readonly string[];
  readonly mux: string | undefined;
  readonly machine: string;
  readonly session: RelaySession;
  private readonly events = eventQueue();
  private readonly way: MctpWay | undefined;
  private closing: Promise<void> | undefined;
  private restores = 0;
  private readonly unused: Unused;
  private held = 0;

  private constructor(session: RelaySession, kind: Kind, way: MctpWay | undefined) {
    const { hello } = session;
    this.session = session;
    this.uri = kind.uri;
    this.binding = kind.binding;
    this.plane = kind.plane;
    this.acknowledges = hello.capabilities.includes('acknowledges');
    this.clock = session.clock.clock;
    this.addressing = addressingOf(hello);
    this.unit = kind.binding === 'serial' && kind.plane === 'frames' ? undefined : hello.unit;
    this.ncsiInterfaces = (hello.attributes.ncsi ?? '').split(' ').filter((name) => name !== '');
    this.mux = hello.attributes.mux === undefined ? undefined : printable(hello.attributes.mux);
    const { kernel = 'kernel not told', machine = 'machine not told' } = hello.attributes;
    this.machine = printable(`${hello.program}, ${kernel}, ${machine}: ${hello.description}`);
    this.way = way;
    this.unused = new Unused(kind.binding, (event) => this.events.emit(event));
    session.listen({
      rx: (rx) => this.take(rx),
      failure: ({ code, text }) => {
        if (code === 'lost' || code === 'device') this.garbage(new Uint8Array(0), printable(text));
      },
      garbage: (octets, detail) => this.garbage(octets, detail),
      ended: (detail) => this.disconnect(detail),
    });
  }

  static async over(session: RelaySession, kind: Kind, options: RelayOptions): Promise<RelayTransport> {
    const way = kind.plane === 'packets' ? await MctpWay.open(session, options.onLog) : undefined;
    return new RelayTransport(session, kind, way);
  }

  /** Whether this would be sent at all. */
  carries(unit: Unit): boolean {
    return (this.events.ended ?? this.unsendable(unit)) === undefined;
  }

  async send(unit: Unit): Promise<Transmission> {
    const reason = this.events.ended ?? this.unsendable(unit);
    if (reason !== undefined) return this.refused(reason);
    if (this.way !== undefined) return this.transmission(await this.way.send(unit.octets));
    // All pieces at once: between two of them nobody else's octets may go.
    const sent = this.pieces(unit.octets).map((octets) =>
      this.session.transmit({ plane: 'frames', eid: 0, tag: 0, address: NO_ADDRESS, octets }),
    );
    const done = (await Promise.all(sent)).map((each) => this.transmission(each));
    return done.find(({ delivery }) => delivery !== 'sent') ?? (done.at(-1) as Transmission);
  }

  foresee({ unit, follows, answer, within }: Foresight): Foreseen | undefined {
    const { capabilities } = this.session.hello;
    const holds = capabilities.includes('holds-sending') && unit.octets.length <= HOLD.octets;
    if (!holds || this.held >= HOLD.count || !this.carries(unit)) return undefined;
    const { octets } = unit;
    const tx =
      this.way === undefined
        ? ({ plane: 'frames', eid: 0, tag: 0, address: NO_ADDRESS, octets } as const)
        : this.way.ahead(octets);
    if (tx === undefined) return undefined;
    this.held += 1;
    const held = this.session.hold({ within: Math.round(within / 1000), marks: follows, ...tx });
    const outcome = held.then((done): Transmission | undefined => {
      this.held -= 1;
      const sent = typeof done !== 'string' && done.status !== 'discarded' && done.status !== 'refused';
      this.way?.gone(octets, sent);
      if (!sent) return undefined;
      return this.transmission({ ...done, tag: done.tag ?? (tx.plane === 'messages' ? tx.tag : null) });
    });
    const drop = async (): Promise<void> => {
      const sent = await outcome;
      if (sent?.delivery === 'sent') this.unused.sent(unit, answer, sent.at, within);
    };
    return { claim: () => outcome, drop: () => void drop() };
  }

  listen(listener: Listener): void {
    this.events.listen(listener);
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    const answer = await this.session.counters();
    if (typeof answer === 'string') return {};
    return Object.fromEntries(Object.entries(answer.counters).map(([name, value]) => [printable(name), Number(value)]));
  }

  async restoreOnLoss(units: readonly Unit[]): Promise<void> {
    const asked = [this.session.control({ action: 'restore-clear' })];
    for (const { octets } of units) {
      const tx = { id: 0, plane: this.plane, eid: 0, tag: 0, address: NO_ADDRESS, octets };
      asked.push(this.session.control({ action: 'restore-add', restore: { action: 'transmit', tx } }));
    }
    for (const answer of await Promise.all(asked)) {
      const problem = typeof answer === 'string' ? answer : answer.status === 'ok' ? undefined : printable(answer.text);
      if (problem !== undefined)
        throw new CertifyError('DEVICE_LOST', `the relay cannot restore the device: ${problem}`);
    }
    this.restores = units.length;
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.events.close();
    this.way?.close();
    await this.session.close();
  }

  private unsendable({ plane, octets }: Unit): string | undefined {
    if (plane !== this.plane) return `this relay is sent ${this.plane}, not ${plane}`;
    if (octets.length === 0) return 'the relay protocol has no transmission of 0 octets';
    const { unit } = this.session.hello;
    if (this.binding === 'serial' && plane === 'frames') return undefined;
    if (octets.length <= unit) return undefined;
    const { interface: name } = this.session.hello.attributes;
    const wider =
      plane !== 'packets' || name === undefined ? '' : `: mctp link set ${printable(name)} mtu ${octets.length}`;
    return `${octets.length} octets are more than this relay takes in one piece, ${unit}${wider}`;
  }

  /** A byte stream has no borders: what is longer than the relay takes goes in pieces. */
  private pieces(octets: Uint8Array): readonly Uint8Array[] {
    const { unit } = this.session.hello;
    if (this.binding !== 'serial' || unit === 0 || octets.length <= unit) return [octets];
    const count = Math.ceil(octets.length / unit);
    return Array.from({ length: count }, (_, index) => octets.subarray(index * unit, (index + 1) * unit));
  }

  private transmission(done: Answer<TxDone>): Transmission {
    if (typeof done === 'string') return this.refused(this.events.ended ?? done);
    const at = this.session.clock.map(done.ended);
    const detail = printable(done.text);
    const delivery = done.status === 'discarded' ? 'refused' : done.status;
    // Messages carry a tag, and with it a flow, for which the kernel keeps the mux on its channel.
    const unheld = this.mux !== undefined && done.tag === null ? ({ unheld: true } as const) : {};
    return { delivery, at, ...unheld, ...(detail === '' ? {} : { detail }) };
  }

  private refused(detail: string): Transmission {
    return { delivery: 'refused', at: this.clock.now(), detail };
  }

  private take(rx: Rx): void {
    if (rx.plane !== this.plane || this.events.ended !== undefined) return;
    if (this.way !== undefined && !this.way.isFromDevice(rx)) return;
    if (rx.flags.includes('own')) return;
    const at = this.session.clock.map(rx.at);
    if (rx.flags.includes('truncated')) {
      const detail = `longer than the relay takes: ${rx.octets.length} octets of it came`;
      this.events.emit({ kind: 'garbage', octets: rx.octets.slice(0, 64), at, detail });
    } else {
      const unit = { plane: this.plane, octets: rx.octets };
      if (!this.unused.takes(unit, at)) this.events.emit({ kind: 'received', unit, at });
    }
    if (this.events.waiting > MAX_WAITING) this.disconnect(`more than ${MAX_WAITING} events came, and nobody listened`);
  }

  private garbage(octets: Uint8Array, detail: string): void {
    this.events.emit({ kind: 'garbage', octets, at: this.session.clock.stamp(), detail });
  }

  private disconnect(detail: string): void {
    const restored = this.restores > 0 ? '; it restores what was announced to it' : '';
    this.events.emit({ kind: 'disconnected', at: this.session.clock.stamp(), detail: `${detail}${restored}` });
    this.way?.close();
  }
}

const NO_ADDRESS = new Uint8Array(0);

function addressingOf({ ownEids, eid, ownAddress, address }: RelayHello): Addressing {
  const [ownEid] = ownEids;
  const [own] = ownAddress;
  const [its] = address;
  return {
    ...(ownEid === undefined ? {} : { ownEid }),
    ...(eid === 0 ? {} : { eid }),
    ...(ownAddress.length === 1 && own !== undefined ? { ownAddress: own } : {}),
    ...(address.length === 1 && its !== undefined ? { address: its } : {}),
  };
}
