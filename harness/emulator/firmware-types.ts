/** States of a firmware device (DSP0267 GetStatus). */
export const firmwareStates = {
  idle: 0,
  learnComponents: 1,
  readyXfer: 2,
  download: 3,
} as const;

export interface FirmwareState {
  readonly current: number;
  readonly previous: number;
  /** Why it is idle: 0 initialisation, 1 activated, 2 cancelled, 3 to 7 timed out. */
  readonly reason: number;
  /** When the state was entered. */
  readonly heard: number;
  /** Who updates it, and octets of a transfer at most. */
  readonly agent: { readonly eid: number; readonly address: number } | undefined;
  readonly transfer: number;
}

export const idleFirmware: FirmwareState = {
  current: firmwareStates.idle,
  previous: firmwareStates.idle,
  reason: 0,
  heard: 0,
  agent: undefined,
  transfer: 0,
};

export interface FirmwareComponent {
  readonly classification: number;
  readonly identifier: number;
  readonly version: string;
}

/** What a card says of its firmware. */
export interface FirmwareModel {
  readonly descriptors: readonly { readonly type: number; readonly size: number; readonly value: number }[];
  readonly version: string;
  readonly components: readonly FirmwareComponent[];
  /** Devices behind it with firmware of their own. */
  readonly downstream: number;
}
