import type { CommandSets } from '../codec/command';
import type { DeviceName } from '../emulator/classes';
import { deviceNames } from '../emulator/classes';
import type { Action, Device } from '../emulator/device';
import { createDevice } from '../emulator/device';
import type { BusOwner, Deviation } from '../emulator/endpoint-types';
import { personalities } from '../emulator/personalities';
import { WIRE_OCTET } from '../emulator/port';
import { CertifyError } from '../errors';
import type { Binding } from '../names';
import { hookNames } from '../names';
import { eventQueue } from './event-queue';
import { Foresights } from './foresights';
import type { Transmission, Transport, Unit } from './transport';
import { Unused } from './unused';
import { nearest } from './uri';
import { virtualClock } from './virtual-clock';

/** A `sim:` URI taken apart. */
export interface SimDevice {
  readonly uri: string;
  readonly class: string;
  readonly binding: Binding;
  /** Names of deviations and personalities, in the order in which they are put on. */
  readonly deviations: readonly string[];
}

export interface SimOptions {
  readonly commands: CommandSets;
  /** Those that may be named; personalities are known besides. */
  readonly deviations: readonly Deviation[];
  /** 7-bit SMBus address of the device. */
  readonly address?: number;
  /** EID that the device starts with; 0: not assigned. */
  readonly eid?: number;
  /** Who assigned it. */
  readonly busOwner?: BusOwner;
  /** Stands between the bus and the device. */
  readonly watch?: (device: Device) => Device;
}

const DEFAULT_ADDRESS = 0x1d;
/** 7-bit address in the fourth octet of a block write, destination in the first (DSP0237 6.3). */
const SOURCE_OFFSET = 3;

const unwatched = (device: Device): Device => device;

/** The device itself, without bus and clock. */
export function emulate(device: SimDevice, options: SimOptions): Device {
  return createDevice({
    class: knownClass(device),
    binding: device.binding,
    address: options.address ?? DEFAULT_ADDRESS,
    commands: options.commands,
    deviations: device.deviations.map((name) => knownDeviation(name, device, options.deviations)),
    ...(options.eid === undefined ? {} : { eid: options.eid }),
    ...(options.busOwner === undefined ? {} : { busOwner: options.busOwner }),
  });
}

/**
 * An emulated device in this process, on virtual time: octets take the time that they would on a 100 kHz bus, and nobody
 * waits for it. On SMBus we hear what is addressed to where our first frame came from, as a target on a bus would.
 */
export function openSim(device: SimDevice, options: SimOptions): Transport {
  const { uri, binding } = device;
  const emulated = (options.watch ?? unwatched)(emulate(device, options));
  const clock = virtualClock();
  const events = eventQueue();
  const unused = new Unused(binding, (event) => events.emit(event));
  let lineFree = 0;
  let ownAddress: number | undefined;
  /** Frames of the device that we shall not acknowledge. */
  let refusals = 0;
  const ahead = new Foresights(binding, (unit) => transmit(unit));
  let own: { readonly at: number; cancel(): void } | undefined;

  const hears = (octets: Uint8Array): boolean =>
    binding === 'serial' || ownAddress === undefined || (octets[0] ?? 0) >> 1 === ownAddress;
  const deliver = (actions: readonly Action[]): void => {
    for (const { octets, delayNs } of actions) {
      if (!hears(octets)) continue;
      const at = clock.now() + delayNs + octets.length * WIRE_OCTET;
      clock.schedule(at, () => {
        if (refusals > 0) refuse(octets, at);
        else receive({ plane: 'frames', octets }, at);
      });
    }
    awaken();
  };
  const receive = (unit: Unit, at: number): void => {
    if (unused.takes(unit, at)) return;
    events.emit({ kind: 'received', unit, at });
    ahead.saw(unit, at);
  };
  const refuse = (octets: Uint8Array, at: number): void => {
    refusals -= 1;
    ahead.discard();
    events.emit({ kind: 'refused', octets, at });
    if (events.ended === undefined) deliver(emulated.refused(octets, at));
  };
  // What the device does of its own is one entry in the clock, moved when its plans change.
  const awaken = (): void => {
    const at = emulated.next();
    if (at === own?.at) return;
    own?.cancel();
    own = undefined;
    if (at === undefined) return;
    const { cancel } = clock.schedule(at, () => {
      own = undefined;
      if (events.ended === undefined) deliver(emulated.advance(at));
    });
    own = { at, cancel };
  };

  const transmit = ({ plane, octets }: Unit): Transmission => {
    const refused = events.ended ?? (plane === 'frames' ? undefined : `sim: takes frames, not ${plane}`);
    if (refused !== undefined) return { delivery: 'refused', at: clock.now(), detail: refused };
    const start = Math.max(clock.now(), lineFree);
    if (binding === 'smbus' && !emulated.acknowledges(octets)) {
      lineFree = start + WIRE_OCTET;
      return { delivery: 'nak', at: lineFree, detail: 'address octet not acknowledged' };
    }
    if (octets.length > SOURCE_OFFSET) ownAddress ??= (octets[SOURCE_OFFSET] ?? 0) >> 1;
    const at = start + octets.length * WIRE_OCTET;
    lineFree = at;
    const copy = octets.slice();
    clock.schedule(at, () => {
      if (events.ended === undefined) deliver(emulated.receive(copy, at));
    });
    return { delivery: 'sent', at };
  };

  return {
    uri,
    binding,
    plane: 'frames',
    acknowledges: binding === 'smbus',
    attested: false,
    disposable: true,
    clock,
    async send(unit) {
      ahead.discard();
      const sent = transmit(unit);
      ahead.sent(sent);
      return sent;
    },
    foresee: (next) => ahead.take(next, (sent) => unused.sent(next.unit, next.answer, sent.at, next.within)),
    ...(binding === 'smbus' && {
      refuse: (frames: number): void => {
        refusals = frames;
      },
    }),
    hooks: {
      names: hookNames,
      async run(name) {
        emulated.hook(name, clock.now());
        awaken();
        return { ok: true, detail: 'emulated' };
      },
    },
    listen: events.listen,
    async close() {
      events.close();
      own?.cancel();
    },
  };
}

/** More names than these are listed elsewhere. */
const MAX_NAMED = 12;

function unknownName(kind: string, name: string, known: readonly string[], uri: string): CertifyError {
  const close = nearest(name, known);
  const listed = known.length > MAX_NAMED ? 'mctp-certify list --deviations names them' : undefined;
  const hint = close === undefined ? (listed ?? `known are ${known.join(' ')}`) : `did you mean ${close}?`;
  return new CertifyError('UNKNOWN_NAME', `no emulated ${kind} ${JSON.stringify(name)}: ${hint}`, { uri, name });
}

function knownClass({ class: name, uri }: SimDevice): DeviceName {
  const found = deviceNames.find((known) => known === name);
  if (found === undefined) throw unknownName('device of class', name, deviceNames, uri);
  return found;
}

function knownDeviation(name: string, device: SimDevice, deviations: readonly Deviation[]): Deviation {
  const all = [...deviations, ...personalities];
  const found = all.find((deviation) => deviation.name === name);
  if (found === undefined) {
    throw unknownName(
      'deviation',
      name,
      all.map((deviation) => deviation.name),
      device.uri,
    );
  }
  const { classes, bindings } = found;
  const fits =
    (classes === undefined || classes.some((each) => each === device.class)) &&
    (bindings === undefined || bindings.includes(device.binding));
  if (fits) return found;
  const where = [...(classes ?? []), ...(bindings ?? [])].join(' ');
  throw new CertifyError('USAGE', `deviation ${name} is one of ${where}, not of ${device.class} on ${device.binding}`, {
    uri: device.uri,
  });
}
