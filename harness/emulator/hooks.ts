import { SECOND } from '../clock';
import type { HookName } from '../names';
import { newCard } from './card';
import { nicCard } from './card-nic';
import { classDefinitions } from './classes';
import type { DeviceState } from './endpoint-types';

/** How long the device needs until it answers again. */
const BOOT = { reset: 2 * SECOND, 'ac-cycle': 5 * SECOND } as const;
/** The port whose link goes down, and the cage into which a module is put. */
const LINK = 0;
const CAGE = 1;
/** The bay that is emptied and filled: the last but one, whose drive is awake. */
export const BAY = -2;

/** What the user's own command does to a real device, done to the emulated one: all that is volatile is lost in a reset. */
export function carryOut(name: HookName, state: DeviceState): void {
  switch (name) {
    case 'reset':
    case 'ac-cycle':
      state.eid = classDefinitions[state.class].staticEid ?? 0;
      state.discovered = false;
      state.rateLimit = { burst: 0, rate: 0 };
      state.tid = 0;
      state.busOwner = undefined;
      state.pending = [];
      state.assemblies.clear();
      if (state.card !== undefined) Object.assign(state.card, newCard(state.card.flash));
      state.bootsUntil = state.now + BOOT[name];
      return;
    case 'link-down':
    case 'link-up': {
      const port = state.card?.ports[LINK];
      if (port !== undefined) port.linkUp = name === 'link-up';
      return;
    }
    case 'hot-plug': {
      const bay = state.class === 'hba' ? state.card?.bays.at(BAY) : undefined;
      if (bay !== undefined) bay.occupied = !bay.occupied;
      const port = state.card?.ports[CAGE];
      if (port !== undefined) port.module ??= nicCard.ports[0]?.module;
      return;
    }
    // The temperatures of other cards move of their own.
    case 'heat':
      if (state.card !== undefined) state.card.hot = true;
      return;
  }
}
