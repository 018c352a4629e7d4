/** States of a firmware device (DSP0267 GetStatus). */
export const firmwareStates = {
  idle: 0,
  learnComponents: 1,
  readyXfer: 2,
  download: 3,
  verify: 4,
  apply: 5,
} as const;

/** Of the operation that a state stands for (DSP0267 GetStatus, AuxState). */
export const auxStates = { inProgress: 0, successful: 1, failed: 2, none: 3 } as const;

export interface FirmwareState {
  readonly current: number;
  readonly previous: number;
  /** Why it is idle: 0 initialisation, 1 activated, 2 cancelled, 3 to 7 timed out. */
  readonly reason: number;
  /** When the update agent was last heard of. */
  readonly heard: number;
  /** Who updates it, and octets of a transfer at most. */
  readonly agent: { readonly eid: number; readonly address: number } | undefined;
  readonly transfer: number;
  /** The image on its way. */
  readonly image: FirmwareImage | undefined;
  readonly failed: boolean;
  /** Versions by the number of their component, applied and not yet activated. */
  readonly applied: { readonly [identifier: number]: string };
}

export interface FirmwareImage {
  readonly identifier: number;
  readonly version: string;
  readonly size: number;
  readonly octets: Uint8Array;
}

export const idleFirmware: FirmwareState = {
  current: firmwareStates.idle,
  previous: firmwareStates.idle,
  reason: 0,
  heard: 0,
  agent: undefined,
  transfer: 0,
  image: undefined,
  failed: false,
  applied: {},
};

/** What lies in the flash: versions by the number of their component, other than those that the card was made with. */
export interface FirmwareFlash {
  readonly active: { readonly [identifier: number]: string };
  /** From the next start on. */
  readonly pending: { readonly [identifier: number]: string };
}

export const factoryFlash: FirmwareFlash = { active: {}, pending: {} };

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

/** The component that the version of a whole card is that of. */
export const MAIN_COMPONENT = 1;
