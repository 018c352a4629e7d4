import { MILLISECOND } from '../clock';
import { concat, putUint, toHex } from '../codec/octets';
import type { HookName } from '../names';
import { failure, success } from './answers';
import type { CardState } from './card';
import { HOT, HOT_DISK, hbaModel } from './card-hba-sensors';
import { nicModel } from './card-nic-sensors';
import type { DeviceState, OwnRequest, Responder } from './endpoint-types';
import { BAY } from './hooks';
import { entityTypes, stateSets } from './platform-types';

/** Events of state sensors (DSP0248 16.6): sent to the event receiver, or kept until it polls. */

const enables = { asynchronous: 1, polling: 2 } as const;
const SENSOR_EVENT = 0;
const STATE_SENSOR = 1;
const FORMAT = 1;
const NONE = 0;
const START_AND_END = 5;
const ACKNOWLEDGE_ONLY = 2;
const UNSUPPORTED_FORMAT = 0x81;
/** The port whose link goes down, and the cage into which a module is put. */
const LINK = 0;
const CAGE = 1;
/** What makes an event known after it has happened. */
const NOTICED = 20 * MILLISECOND;

/** Sensor event data of a state sensor with one part. */
function stateEvent(stateSet: number, port: number, now: number, before: number): Uint8Array | undefined {
  const sensor = nicModel.stateSensors.filter(({ parts }) => parts[0]?.stateSet === stateSet)[port];
  return sensor && concat(putUint(sensor.id, 2, true), [STATE_SENSOR, 0, now, before]);
}

const NUMERIC_SENSOR = 2;
const NORMAL = 1;
const UPPER_WARNING = 8;
const SINT16 = 3;

/** What a storage controller tells: a bay that was emptied or filled, a drive that is hot. */
function controllerEvent(name: HookName, card: CardState): Uint8Array | undefined {
  switch (name) {
    case 'hot-plug': {
      const bays = hbaModel.stateSensors.filter(({ entity }) => entity.type === entityTypes.driveBay);
      const id = bays.at(BAY)?.id ?? 0;
      const now = card.bays.at(BAY)?.occupied === true ? 1 : 2;
      return concat(putUint(id, 2, true), [STATE_SENSOR, 0, now, 3 - now]);
    }
    case 'heat': {
      const id = hbaModel.numericSensors.filter(({ entity }) => entity.type === entityTypes.disk)[HOT_DISK]?.id ?? 0;
      return concat(putUint(id, 2, true), [NUMERIC_SENSOR, UPPER_WARNING, NORMAL, SINT16], putUint(HOT, 2, true));
    }
    default:
      return undefined;
  }
}

function cardEvent(name: HookName): Uint8Array | undefined {
  switch (name) {
    case 'link-down':
      return stateEvent(stateSets.link, LINK, 2, 1);
    case 'link-up':
      return stateEvent(stateSets.link, LINK, 1, 2);
    case 'hot-plug':
      return stateEvent(stateSets.presence, CAGE, 1, 2);
    default:
      return undefined;
  }
}

/** What the terminus sends of its own about what was done to it. */
export function platformEvents(name: HookName, state: DeviceState): readonly OwnRequest[] {
  const { card } = state;
  if (card === undefined) return [];
  const data = state.class === 'hba' ? controllerEvent(name, card) : cardEvent(name);
  if (data === undefined) return [];
  const { enable, receiver } = card.events;
  if (enable === enables.polling) keep(card, data);
  if (enable !== enables.asynchronous || receiver === undefined) return [];
  const fields = { formatVersion: FORMAT, tid: state.tid, eventClass: SENSOR_EVENT, eventData: toHex(data) };
  const to = { destinationEid: receiver.eid, address: receiver.address };
  return [{ command: 'pldm/platformEventMessage', fields, ...to, delayNs: NOTICED }];
}

function keep(card: CardState, data: Uint8Array): void {
  const { events } = card;
  const id = events.lastId + 1;
  card.events = { ...events, lastId: id, queue: [...events.queue, { id, data: toHex(data) }] };
}

/** The first event that was not acknowledged; in one part each. */
export const pollForEvent: Responder = ({ fields, state }) => {
  const { card, tid } = state;
  if (fields.formatVersion !== FORMAT) return failure(UNSUPPORTED_FORMAT);
  if (card === undefined) return success({ tid, eventId: NONE });
  const queue = card.events.queue.filter(({ id }) => id !== fields.eventId);
  card.events = { ...card.events, queue };
  const [first] = queue;
  if (first === undefined || fields.operation === ACKNOWLEDGE_ONLY) return success({ tid, eventId: NONE });
  const part = { nextTransferHandle: 0, transferFlag: START_AND_END, eventClass: SENSOR_EVENT };
  return success({ tid, eventId: first.id, ...part, eventSize: first.data.length / 2, eventData: first.data });
};
