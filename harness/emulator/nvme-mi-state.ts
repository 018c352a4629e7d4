import { firmwareLog } from './card-ssd';
import type { Answer, DeviceState } from './endpoint-types';

/** What an emulated SSD knows while it runs, and what its NVMe-MI responders share (NVMe-MI 1.2). */

const INVALID_PARAMETER = 0x04;

/** Message types (NMIMT). */
export const CONTROL_PRIMITIVE = 0;
export const COMMAND = 1;
export const ADMIN = 2;

/** Why a message or packet was discarded, as Get State tells it (NVMe-MI 4.2.1.4). */
export type DiscardFlag =
  | 'badIntegrityCheck'
  | 'badHeaderVersion'
  | 'unknownDestination'
  | 'incorrectUnit'
  | 'unexpectedMiddleOrEnd'
  | 'badSequence'
  | 'badTag';

/** What changes while an SSD runs. */
export interface Ssd {
  /** Octets of a transmission unit, by port. */
  units: number[];
  /** Of the two-wire port: 1 is 100 kHz, 2 is 400 kHz. */
  frequency: number;
  paused: boolean;
  /** Octets of firmware that were downloaded and not committed. */
  downloaded: number;
  /** The firmware slot log. */
  slots: Uint8Array;
  readonly discards: Set<DiscardFlag>;
  /** The last response of each command slot, whole. */
  readonly responses: Map<number, Uint8Array>;
  /** Of which start it is the state. */
  readonly started: number;
}

/** Octets of the baseline transmission unit. */
export const BASELINE = 64;
const ssds = new WeakMap<DeviceState, Ssd>();

export function ssdOf(state: DeviceState): Ssd {
  const known = ssds.get(state);
  const started = state.bootsUntil;
  if (known?.started === started) return known;
  const volatile = { units: [BASELINE, BASELINE], frequency: 1, paused: false, downloaded: 0, slots: firmwareLog };
  const made: Ssd = { ...volatile, discards: new Set(), responses: new Map(), started };
  ssds.set(state, made);
  return made;
}

/** The parameter that is wrong, by its place in the message (NVMe-MI 4.2, parameter error location). */
export const invalid = (parameterOffset: number): Answer => ({
  fields: { completionCode: INVALID_PARAMETER, parameterOffset, parameterBit: 0 },
});
