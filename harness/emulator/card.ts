import type { NicPortState } from './card-nic';
import { newNicPorts } from './card-nic';
import type { FirmwareState } from './firmware-types';
import { idleFirmware } from './firmware-types';

/** What changes on a card while it runs, whichever protocol it is seen through. */
export interface CardState {
  readonly ports: NicPortState[];
  firmware: FirmwareState;
  events: EventState;
}

/** Where platform events go (DSP0248 SetEventReceiver). */
export interface EventState {
  /** 0 off, 1 asynchronous, 2 polling, 3 asynchronous with heartbeat. */
  readonly enable: number;
  readonly receiver: { readonly eid: number; readonly address: number } | undefined;
}

export const newCard = (): CardState => ({
  ports: newNicPorts(),
  firmware: idleFirmware,
  events: { enable: 0, receiver: undefined },
});
