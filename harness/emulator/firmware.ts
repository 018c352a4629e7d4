/** The firmware device of a card (DSP0267): a state machine without I/O. */

export const firmwareStates = {
  idle: 0,
  learnComponents: 1,
  readyXfer: 2,
  download: 3,
  verify: 4,
  apply: 5,
  activate: 6,
} as const;

export interface FirmwareState {
  readonly current: number;
  readonly previous: number;
  /** Why it is idle: 0 initialisation, 1 activated, 2 cancelled. */
  readonly reason: number;
}

export const idleFirmware: FirmwareState = { current: firmwareStates.idle, previous: firmwareStates.idle, reason: 0 };
