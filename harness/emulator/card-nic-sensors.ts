import { asicTemperature, moduleTemperature, nicCard } from './card-nic';
import type { DeviceState } from './endpoint-types';
import type { Entity, NumericSensor, PlatformModel, StateSensor } from './platform-types';
import { entityTypes, stateSets } from './platform-types';

/** What the emulated network card monitors: its ASIC, and for each port link, module and the module's temperature. */

const CARD = 1;
const DEGREES_C = 2;
const VOLTS = 5;
const AMPERES = 6;
const WATTS = 7;
/** A passive idle load of the card; the load of a module on top. */
const POWER = { card: 9, module: 1 };

const card: Entity = { type: entityTypes.addInCard, instance: 1, container: 0 };
const asic: Entity = { type: entityTypes.networkController, instance: 1, container: CARD };
const plug = (port: number): Entity => ({ type: entityTypes.plug, instance: port + 1, container: CARD });

const ports = nicCard.ports.map((_, index) => index);
const moduleIn = (state: DeviceState, port: number) => state.card?.ports[port]?.module;

const asicSensor: NumericSensor = {
  id: 17,
  entity: asic,
  name: 'ASIC temperature',
  unit: DEGREES_C,
  dataSize: 'sint16',
  resolution: 0.5,
  thresholds: {
    upperWarning: nicCard.asicLimits.warning,
    upperCritical: nicCard.asicLimits.critical,
    upperFatal: nicCard.asicLimits.fatal,
  },
  maximum: 125,
  minimum: -40,
  updateInterval: 0.5,
  read: ({ now }) => asicTemperature(now),
};

const moduleSensor = (port: number): NumericSensor => ({
  id: 33 + port,
  entity: plug(port),
  unit: DEGREES_C,
  dataSize: 'sint8',
  resolution: 1,
  thresholds: {
    upperWarning: 70,
    upperCritical: 75,
    upperFatal: 80,
    lowerWarning: 0,
    lowerCritical: -5,
    lowerFatal: -10,
  },
  maximum: 120,
  minimum: -40,
  updateInterval: 2,
  read: (state) => (moduleIn(state, port) === undefined ? undefined : moduleTemperature(state.now)),
});

/** What an optical module measures besides: its supply, and the bias and light of its laser. */
const monitored = (port: number): readonly NumericSensor[] => {
  const one = (id: number, unit: number, resolution: number, maximum: number, value: number): NumericSensor => ({
    id: id + port,
    entity: plug(port),
    unit,
    dataSize: 'uint16',
    resolution,
    thresholds: {},
    maximum,
    minimum: 0,
    updateInterval: 2,
    read: (state) => (moduleIn(state, port) === undefined ? undefined : value),
  });
  return [
    one(113, VOLTS, 0.0001, 6.5, 3.3),
    one(115, AMPERES, 0.000002, 0.131, 0.0075),
    one(117, WATTS, 0.0000001, 0.0065, 0.00055),
  ];
};

const powerSensor: NumericSensor = {
  id: 49,
  entity: card,
  name: 'Power',
  unit: WATTS,
  dataSize: 'uint8',
  resolution: 1,
  thresholds: { upperWarning: 20, upperCritical: 25 },
  maximum: 75,
  minimum: 0,
  updateInterval: 1,
  compact: true,
  read: (state) => POWER.card + ports.filter((port) => moduleIn(state, port) !== undefined).length * POWER.module,
};

/** The larger part of the same, in eighths of a watt. */
const asicPower: NumericSensor = {
  id: 50,
  entity: asic,
  name: 'ASIC power',
  unit: WATTS,
  dataSize: 'uint16',
  resolution: 0.125,
  thresholds: {},
  maximum: 75,
  minimum: 0,
  updateInterval: 1,
  read: () => 6.5,
};

const health: StateSensor = {
  id: 65,
  entity: card,
  name: 'Health',
  parts: [
    { stateSet: stateSets.health, states: [1, 2, 3, 4], read: () => 1 },
    { stateSet: stateSets.fault, states: [1, 2], read: () => 1 },
  ],
};

const link = (port: number): StateSensor => ({
  id: 81 + port,
  entity: plug(port),
  parts: [{ stateSet: stateSets.link, states: [1, 2], read: (state) => (state.card?.ports[port]?.linkUp ? 1 : 2) }],
});

const presence = (port: number): StateSensor => ({
  id: 97 + port,
  entity: plug(port),
  parts: [
    {
      stateSet: stateSets.presence,
      states: [1, 2],
      read: (state) => (moduleIn(state, port) === undefined ? 2 : 1),
    },
  ],
});

export const nicModel: PlatformModel = {
  numericSensors: [asicSensor, ...ports.map(moduleSensor), powerSensor, asicPower, ...ports.flatMap(monitored)],
  stateSensors: [health, ...ports.map(link), ...ports.map(presence)],
  associations: [{ containerId: CARD, container: card, contained: [asic, ...ports.map(plug)] }],
  fruRecordSets: [{ set: 1, entity: card }],
};
