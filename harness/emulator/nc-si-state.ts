import type { DeviceState } from './endpoint-types';

/** What the package of a network card knows as an NC-SI package with its channels (DSP0222). */

/** The channel number that means the whole package. */
export const WHOLE_PACKAGE = 0x1f;

export interface NcSiChannel {
  /** From reset to Clear Initial State. */
  initial: boolean;
  enabled: boolean;
  transmits: boolean;
  /** Set Link and its OEM settings. */
  linkSettings: number;
  /** The link is down until then: it is trained anew after Set Link. */
  trainedAt: number;
  broadcast: { readonly enabled: boolean; readonly packets: number };
  multicast: boolean;
  vlanMode: number;
  flowControl: number;
  macs: readonly string[];
  vlans: readonly number[];
  /** Control word of AEN Enable, and whom the notifications go to. */
  aens: number;
  aenReceiver: { readonly eid: number; readonly address: number } | undefined;
}

export interface NcSiPackage {
  readonly channels: readonly NcSiChannel[];
  selected: boolean;
  hardwareArbitration: boolean;
  /** Get NC-SI Statistics. */
  readonly counts: {
    commandsReceived: number;
    controlPacketsDropped: number;
    commandTypeErrors: number;
    commandChecksumErrors: number;
    aensSent: number;
  };
  /** Of which start it is the state. */
  readonly started: number;
}

function resetValues(): NcSiChannel {
  return {
    initial: true,
    enabled: false,
    transmits: false,
    linkSettings: 0,
    trainedAt: 0,
    broadcast: { enabled: false, packets: 0 },
    multicast: false,
    vlanMode: 0,
    flowControl: 0,
    macs: [],
    vlans: [],
    aens: 0,
    aenReceiver: undefined,
  };
}

const packages = new WeakMap<DeviceState, NcSiPackage>();

/** The package of a card; as after power-on when it is asked for first. */
export function ncSiOf(state: DeviceState): NcSiPackage {
  const known = packages.get(state);
  if (known?.started === state.bootsUntil) return known;
  const made: NcSiPackage = {
    channels: (state.card?.ports ?? []).map(resetValues),
    selected: false,
    hardwareArbitration: false,
    counts: {
      commandsReceived: 0,
      controlPacketsDropped: 0,
      commandTypeErrors: 0,
      commandChecksumErrors: 0,
      aensSent: 0,
    },
    started: state.bootsUntil,
  };
  packages.set(state, made);
  return made;
}

/** Back to the state after power-on, where no link was trained anew (DSP0222 Reset Channel). */
export function resetChannel(channel: NcSiChannel): void {
  Object.assign(channel, resetValues());
}

/** Whether the link of a channel's port is up now. */
export function isLinkUp(state: DeviceState, index: number): boolean {
  const channel = ncSiOf(state).channels[index];
  return state.card?.ports[index]?.linkUp === true && state.now >= (channel?.trainedAt ?? 0);
}
