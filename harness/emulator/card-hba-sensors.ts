import { SECOND } from '../clock';
import { hbaCard } from './card-hba';
import { drift } from './card-nic';
import type { Entity, NumericSensor, PlatformModel, StateEffecter, StateSensor } from './platform-types';
import { entityTypes, stateSets } from './platform-types';

/** What the emulated storage controller monitors: itself, its battery, its links, and the disks in its bays. */

const CARD = 1;
const BACKPLANE = 2;
const FIRST_BAY = 16;
const DEGREES_C = 2;

const card: Entity = { type: entityTypes.addInCard, instance: 1, container: 0 };
const controller: Entity = { type: entityTypes.ioController, instance: 1, container: CARD };
const battery: Entity = { type: entityTypes.battery, instance: 1, container: CARD };
const capacitor: Entity = { type: entityTypes.superCapacitor, instance: 1, container: CARD };
const bays = hbaCard.disks.map((_, index) => index);
const bay = (index: number): Entity => ({ type: entityTypes.driveBay, instance: index + 1, container: BACKPLANE });
/** Each bay contains one disk. */
const diskIn = (index: number): Entity => ({ type: entityTypes.disk, instance: 1, container: FIRST_BAY + index });
const backplane: Entity = { type: entityTypes.driveBackplane, instance: 1, container: CARD };

/** The drive that gets hot, and how hot. */
export const HOT_DISK = 0;
export const HOT = 57;

const asleep = (index: number): boolean => index === hbaCard.disks.length - 1;

const temperature = (
  id: number,
  entity: Entity,
  name: string | undefined,
  limits: readonly [warning: number, critical: number, fatal: number],
  updateInterval: number,
  read: NumericSensor['read'],
): NumericSensor => ({
  id,
  entity,
  ...(name === undefined ? {} : { name }),
  unit: DEGREES_C,
  dataSize: 'sint16',
  resolution: 1,
  thresholds: { upperWarning: limits[0], upperCritical: limits[1], upperFatal: limits[2] },
  maximum: 125,
  minimum: -40,
  updateInterval,
  read,
});

/** A degree with every step, four up and four down. */
const swing = (now: number, step: number): number => 4 - Math.abs((Math.floor(now / step) % 8) - 4);

const controllerTemperature: NumericSensor = {
  ...temperature(256, controller, 'Controller temperature', [95, 102, 110], 0.5, ({ now }) => 70 + drift(now)),
  resolution: 0.5,
};
const ofBattery = temperature(257, battery, undefined, [50, 55, 60], 10, ({ now }) => 28 + swing(now, 10 * SECOND));
const batteryTemperature: NumericSensor = {
  ...ofBattery,
  thresholds: { ...ofBattery.thresholds, lowerWarning: 5, lowerCritical: 0, lowerFatal: -5 },
};
/** A place that is empty. */
const capacitorTemperature = temperature(258, capacitor, undefined, [50, 55, 60], 10, () => undefined);
const diskTemperature = (index: number): NumericSensor =>
  temperature(512 + index, diskIn(index), undefined, [55, 60, 65], 30, ({ now }) =>
    asleep(index) ? undefined : 32 + index + Math.floor(swing(now, 30 * SECOND) / 2),
  );

/** Of a bay that is empty nothing is measured; a hot drive is above its warning. */
const diskSensor = (index: number): NumericSensor => {
  const cool = diskTemperature(index);
  return {
    ...cool,
    read: (state) => {
      if (state.card?.bays[index]?.occupied === false) return undefined;
      return index === HOT_DISK && state.card?.hot === true ? HOT : cool.read(state);
    },
  };
};

const healthOf = (id: number, entity: Entity, more: StateSensor['parts'] = []): StateSensor => ({
  id,
  entity,
  parts: [{ stateSet: stateSets.health, states: [1, 2, 3, 4], read: () => 1 }, ...more],
});

const faults: StateSensor['parts'] = [{ stateSet: stateSets.fault, states: [1, 2], read: () => 1 }];
const predictive: StateSensor['parts'] = [{ stateSet: stateSets.predictive, states: [1, 2], read: () => 1 }];
const present: StateSensor['parts'] = [{ stateSet: stateSets.presence, states: [1, 2], read: () => 1 }];
const absent: StateSensor['parts'] = [{ stateSet: stateSets.presence, states: [1, 2], read: () => 2 }];

const bayPresence = (index: number): StateSensor => ({
  id: 800 + index,
  entity: bay(index),
  parts: [
    {
      stateSet: stateSets.presence,
      states: [1, 2],
      read: ({ card: state }) => (state?.bays[index]?.occupied === false ? 2 : 1),
    },
  ],
});

const locateLed = (index: number): StateEffecter => ({
  id: 832 + index,
  entity: bay(index),
  stateSet: stateSets.identify,
  read: ({ card: state }) => (state?.bays[index]?.located === true ? 2 : 1),
  set: ({ card: state }, value) => {
    const own = state?.bays[index];
    if (own !== undefined) own.located = value === 2;
  },
});

/** Two ports of four lanes to the backplane. */
const link = (port: number): StateSensor => ({
  id: 1024 + port,
  entity: { type: entityTypes.connector, instance: port + 1, container: CARD },
  parts: [{ stateSet: stateSets.link, states: [1, 2], read: () => 1 }],
});

export const hbaModel: PlatformModel = {
  numericSensors: [controllerTemperature, batteryTemperature, capacitorTemperature, ...bays.map(diskSensor)],
  stateSensors: [
    healthOf(768, controller, faults),
    healthOf(769, battery, present),
    { id: 770, entity: capacitor, parts: absent },
    ...bays.map((index) => healthOf(784 + index, diskIn(index), predictive)),
    ...bays.map(bayPresence),
    link(0),
    link(1),
  ],
  stateEffecters: bays.map(locateLed),
  associations: [
    {
      containerId: CARD,
      container: card,
      contained: [controller, battery, capacitor, backplane, link(0).entity, link(1).entity],
    },
    { containerId: BACKPLANE, container: backplane, contained: bays.map(bay) },
    ...bays.map((index) => ({
      containerId: FIRST_BAY + index,
      container: bay(index),
      contained: [diskIn(index)],
    })),
  ],
  fruRecordSets: [
    { set: 1, entity: card },
    ...bays.map((index) => ({ set: FIRST_BAY + index, entity: diskIn(index) })),
  ],
};
