import { hbaCard } from './card-hba';
import type { NicPortState } from './card-nic';
import { newNicPorts } from './card-nic';
import type { FirmwareFlash, FirmwareState } from './firmware-types';
import { factoryFlash, idleFirmware, MAIN_COMPONENT } from './firmware-types';

/** What changes on a card while it runs, whichever protocol it is seen through. */
export interface CardState {
  readonly ports: NicPortState[];
  /** Of a storage controller, in the order of its bays. */
  readonly bays: BayState[];
  /** Whether something has made its first drive hot. */
  hot: boolean;
  firmware: FirmwareState;
  flash: FirmwareFlash;
  events: EventState;
}

export interface BayState {
  occupied: boolean;
  /** Its locate LED. */
  located: boolean;
}

/** Where platform events go (DSP0248 SetEventReceiver). */
export interface EventState {
  /** 0 off, 1 asynchronous, 2 polling, 3 asynchronous with heartbeat. */
  readonly enable: number;
  readonly receiver: { readonly eid: number; readonly address: number } | undefined;
  /** Events that a receiver that polls has not acknowledged, and the number of the last one. */
  readonly queue: readonly { readonly id: number; readonly data: string }[];
  readonly lastId: number;
}

/** The version that is running, after updates. */
export const runningVersion = (card: CardState | undefined, made: string): string =>
  card?.flash.active[MAIN_COMPONENT] ?? made;

/** A card that starts: what was applied and activated before runs from now on. */
export const newCard = ({ active, pending }: FirmwareFlash = factoryFlash): CardState => ({
  ports: newNicPorts(),
  bays: hbaCard.disks.map(() => ({ occupied: true, located: false })),
  hot: false,
  firmware: idleFirmware,
  flash: { active: { ...active, ...pending }, pending: {} },
  events: { enable: 0, receiver: undefined, queue: [], lastId: 0 },
});
