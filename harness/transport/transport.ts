import type { Clock } from '../clock';
import type { Binding, HookName, Plane } from '../names';

/** Octets as they go out or come in. `frames`: an SMBus block write, or a chunk of the serial byte stream. */
export interface Unit {
  readonly plane: Plane;
  readonly octets: Uint8Array;
}

/** What became of a transmission. `sent` is all that a transport without acknowledge can know. */
export type Delivery = 'sent' | 'nak' | 'arbitration-lost' | 'refused';

export interface Transmission {
  readonly delivery: Delivery;
  /** When the last octet had gone, on the transport's clock. */
  readonly at: number;
  /** It went through a mux that nothing keeps on this channel: other traffic may have switched it before the answer. */
  readonly unheld?: true;
  /** For the reader of a report: what refused it, where in the frame it was not acknowledged. */
  readonly detail?: string;
}

export type TransportEvent =
  | { readonly kind: 'received'; readonly unit: Unit; readonly at: number }
  /** Something that the peer sent and this transport could not take apart: a bridge frame of impossible length. */
  | { readonly kind: 'garbage'; readonly octets: Uint8Array; readonly at: number; readonly detail: string }
  /** A frame of the device that our side did not acknowledge, as `refuse` wants it. */
  | { readonly kind: 'refused'; readonly octets: Uint8Array; readonly at: number }
  /** What was handed over before its time has gone, and its sender did not come to it; or what the device answered to that. */
  | { readonly kind: 'unused'; readonly direction: 'tx' | 'rx'; readonly octets: Uint8Array; readonly at: number }
  /** The way to the device has ended; nothing follows. */
  | { readonly kind: 'disconnected'; readonly at: number; readonly detail: string };

/** Octets that have these values under the mask, from the first one on. */
export interface Mark {
  readonly mask: Uint8Array;
  readonly value: Uint8Array;
}

/** How the answer to a unit is known: it fits the first mark and none of the others. SMBus frames besides have the size that their count says. */
export type Marks = readonly [Mark, ...Mark[]];

/** A unit that is to be sent as soon as what is sent before it has been answered. */
export interface Foresight {
  readonly unit: Unit;
  /** Answers to what goes before it, and to itself. */
  readonly follows: Marks;
  readonly answer: Marks;
  /** How long what goes before it may be without an answer, in nanoseconds. */
  readonly within: number;
}

export interface Foreseen {
  /** Its time has come: what became of it; undefined where it has not been sent, and is to be sent as usual. */
  claim(): Promise<Transmission | undefined>;
  /** Its time will not come. Where it has gone already, `unused` tells, also of its answer. */
  drop(): void;
}

/**
 * A way to one device. It moves octets and knows the time; it keeps no MCTP state. Contract, tested by one suite over
 * all transports:
 * - `send` settles when the octets have gone or could not go; it does not reject for what the device or the bus does.
 * - Events come in order, each exactly once, to the listener set before `open` resolved or after; none is lost.
 * - After `disconnected`, `send` answers `refused` and no event follows.
 * - `close` may be called at any time and more than once; it leaves no process, timer or handle.
 */
export interface Transport {
  readonly uri: string;
  readonly binding: Binding;
  /** The highest plane; the ones below it are made by the requester. */
  readonly plane: Plane;
  /** Whether `nak` can be told from `sent`. */
  readonly acknowledges: boolean;
  /** Whether a statement may rest on it: false for `sim:` and `replay:`. */
  readonly attested: boolean;
  /** Whether all effects are allowed without asking: an emulated device has nothing to lose. */
  readonly disposable: boolean;
  readonly clock: Clock;
  /** `followed`: something may be foreseen to follow its answer. */
  send(unit: Unit, followed?: boolean): Promise<Transmission>;
  /**
   * Takes what will be sent next if all goes as usual, behind what was sent or foreseen last: each goes when the one before
   * it is answered. Whatever else comes, or a time that has passed, discards all that is foreseen; so does `send`. Between
   * two events whoever was woken by the first has run, promises included. Undefined where it cannot be foreseen.
   */
  foresee?(next: Foresight): Foreseen | undefined;
  /**
   * SMBus, where our target can do so: the next so many frames of the device to us are not acknowledged; 0 ends it.
   * Each is told as `refused`.
   */
  refuse?(frames: number): void;
  listen(listener: (event: TransportEvent) => void): void;
  close(): Promise<void>;
  /** What the way itself fixes; it wins over the parameters of the same name. */
  readonly addressing?: Addressing;
  /** Octets of the longest unit that the way takes; missing: whatever the binding does. What is longer is `refused`. */
  readonly unit?: number | undefined;
  /** What can be done to the device from outside, where the way itself can do it. */
  readonly hooks?: Hooks;
  /**
   * Network interfaces beside the device that reach their card by NC-SI: if that card is the device, Clear Initial State cuts
   * them off, and us with them.
   */
  readonly ncsiInterfaces?: readonly string[];
  /** The program, kernel and machine beside the device, in their own words. */
  readonly machine?: string | undefined;
  /** The mux that the way leads through. */
  readonly mux?: string | undefined;
  /** Counters of the interface to the device since it came up: what it dropped of what the device sent. */
  counters?(): Promise<Readonly<Record<string, number>>>;
  /**
   * Announces, before anything is moved, what is to be sent when our end of the way is lost: replaces what was announced
   * before, and an empty list says that nothing is moved any more. Rejects where nobody would send it.
   */
  restoreOnLoss?(units: readonly Unit[]): Promise<void>;
}

/** Power, reset, cables: what happens to a device from outside. */
export interface Hooks {
  readonly names: readonly HookName[];
  /** Settles when it is done; never rejects. `detail`: what was run, or why it failed. */
  run(name: HookName): Promise<{ readonly ok: boolean; readonly detail: string }>;
}

/** Addresses as the way to the device knows them; the last two are 7-bit SMBus addresses. */
export interface Addressing {
  readonly ownEid?: number;
  /** The device's EID as named by the URI. */
  readonly eid?: number;
  readonly address?: number;
  readonly ownAddress?: number;
}
