import type { Deviation, DeviceState, OwnRequest } from '../endpoint-types';
import { pdrTypes, thresholdNames } from '../platform-pdr';
import type { NumericSensor, StateSensor } from '../platform-types';
import { entityTypes } from '../platform-types';
import { ofCards } from './cards';
import type { Change } from './change';
import { answering, longer, mistaking, refusal, responding, respondingTo } from './change';
import { patched, sensors, stateSensors } from './pldm-platform';
import { limited } from './reach';

/** Sensors, their thresholds, and events. */

const READING = 'pldm/getSensorReading';
const THRESHOLDS = 'pldm/getSensorThresholds';
const STATES = 'pldm/getStateSensorReadings';
const RECEIVER = 'pldm/setEventReceiver';
const ERROR = 1;
const INVALID_DATA = 2;
const NOT_READY = 4;
const UNKNOWN_SENSOR = 0xfffe;
const UPPER_WARNING = 8;
const ENABLED = 0;
const SINT32 = 5;
const KELVIN = 273;
const VOLTS = 5;
const AMPERES = 6;
const WATTS = 7;
const OEM_STATE_SET = 0x8000;
const OEM_ENTITY = 0x6001;
/** Where these stand in the body of a numeric sensor PDR of one octet or two of data. */
const IS_LINEAR = 21;
const RESOLUTION = 23;

const isMain = ({ entity: { type } }: NumericSensor): boolean =>
  type === entityTypes.networkController || type === entityTypes.ioController;

const ofMain = (change: (sensor: NumericSensor) => NumericSensor): Change =>
  sensors((sensor) => (isMain(sensor) ? change(sensor) : sensor));

const reads = (
  sensor: NumericSensor,
  change: (value: number | undefined, state: DeviceState) => number | undefined,
): NumericSensor => ({ ...sensor, read: (state) => change(sensor.read(state), state) });

/** The sensors of modules in a unit of a thousandth, as SFF-8636 has them, under a PDR of the unit itself. */
const inThousandths = (unit: number): Change =>
  sensors((sensor) =>
    sensor.unit === unit && sensor.entity.type === entityTypes.plug
      ? {
          ...reads(sensor, (value) => (value === undefined ? value : value * 1000)),
          resolution: sensor.resolution * 1000,
          maximum: sensor.maximum * 1000,
        }
      : sensor,
  );

const parts = (change: (part: StateSensor['parts'][number]) => StateSensor['parts'][number]): Change =>
  stateSensors((sensor) => ({ ...sensor, parts: sensor.parts.map(change) }));

/** Another order of the three thresholds on one side. */
const swapped = (side: 'upper' | 'lower'): Change =>
  answering(THRESHOLDS, (fields) => ({
    [`${side}Warning`]: fields[`${side}Fatal`] ?? 0,
    [`${side}Fatal`]: fields[`${side}Warning`] ?? 0,
  }));

const unknownIs = (commands: readonly string[], code: number): Change =>
  mistakenBy(commands, (command) =>
    responding(command, ({ fields }) => (fields.sensorId === UNKNOWN_SENSOR ? refusal(code) : undefined)),
  );

/** The same change for several commands, one over the other. */
function mistakenBy(commands: readonly string[], change: (command: string) => Change): Change {
  return (correct) => {
    let behaviour = correct;
    for (const command of commands) behaviour = { ...behaviour, ...change(command)(behaviour) };
    return { respond: behaviour.respond };
  };
}

const firstFor = (commands: readonly string[], first: (state: DeviceState) => number): Change =>
  mistaking(commands, ({ fields, state }) =>
    fields.sensorId === UNKNOWN_SENSOR ? { sensorId: first(state) } : undefined,
  );

const isNic = ({ class: name }: DeviceState): boolean => name === 'nic';

/** Other platform events of its own. */
const telling = (change: (own: OwnRequest) => readonly OwnRequest[]): Change => {
  return (correct) => ({
    announcements: (name, state) =>
      correct.announcements(name, state).flatMap((own) => (own.command === EVENT ? change(own) : [own])),
  });
};
const EVENT = 'pldm/platformEventMessage';
const POLL = 'pldm/pollForPlatformEventMessage';

const deviations: readonly Deviation[] = [
  {
    name: 'sensor-refused',
    title: 'refuses to read its numeric sensors',
    change: responding(READING, ({ fields }) => (fields.sensorId === UNKNOWN_SENSOR ? undefined : refusal(ERROR))),
  },
  {
    name: 'sensor-size-of-another',
    title: 'reads its sensors in another size than their PDRs say',
    change: answering(READING, { sensorDataSize: SINT32 }),
  },
  {
    name: 'sensor-reading-in-four-octets',
    title: 'sends every reading in four octets whatever its size',
    change: longer([READING], 2),
  },
  {
    name: 'sensor-absent-but-normal',
    title: 'is in a normal state where a sensor is unavailable',
    change: answering(READING, ({ operationalState, presentState }) => ({
      presentState: operationalState === ENABLED ? (presentState ?? 0) : 1,
    })),
  },
  {
    name: 'sensor-absent-but-zero',
    title: 'reads 0 where there is nothing to measure',
    change: sensors((sensor) => reads(sensor, (value) => value ?? 0)),
  },
  {
    name: 'sensor-absent-reads-7f',
    title: 'reads 0x7F where there is nothing to measure',
    seenIn: 'openUBMC',
    change: sensors((sensor) => reads(sensor, (value) => value ?? 0x7f)),
  },
  {
    name: 'sensor-resolution-not-a-number',
    title: 'has a resolution that is no number',
    change: patched(pdrTypes.numericSensor, RESOLUTION, [0, 0, 0xc0, 0x7f]),
  },
  {
    name: 'sensor-offset-not-a-number',
    title: 'has an offset that is no number',
    change: patched(pdrTypes.numericSensor, RESOLUTION + 4, [0, 0, 0xc0, 0x7f]),
  },
  {
    name: 'sensor-not-linear',
    title: 'has temperature sensors that are not linear',
    change: patched(pdrTypes.numericSensor, IS_LINEAR, [0]),
  },
  {
    name: 'sensor-kelvin-as-celsius',
    title: 'reads kelvins from a sensor of degrees C',
    change: ofMain((sensor) => reads(sensor, (value) => (value === undefined ? value : value + KELVIN))),
  },
  {
    name: 'sensor-supply-ten-times-too-low',
    title: 'reads the supply of its modules ten times too low',
    change: sensors((sensor) =>
      sensor.unit === VOLTS ? reads(sensor, (value) => (value === undefined ? value : value / 10)) : sensor,
    ),
  },
  {
    name: 'sensor-bias-in-milliamperes',
    title: 'has PDRs of amperes for the bias of its lasers, and measures milliamperes',
    change: inThousandths(AMPERES),
  },
  {
    name: 'sensor-light-in-milliwatts',
    title: 'has PDRs of watts for the light of its lasers, and measures milliwatts',
    change: inThousandths(WATTS),
  },
  {
    name: 'sensor-always-warning',
    title: 'is in a warning state whatever it reads',
    change: answering(READING, ({ operationalState, presentState }) => ({
      presentState: operationalState === ENABLED ? UPPER_WARNING : (presentState ?? 0),
    })),
  },
  {
    name: 'sensor-without-its-names',
    title: 'says that a sensor has auxiliary names and has none',
    seenIn: 'openbmc/pldm 8edcd7efe',
    change: patched(pdrTypes.sensorAuxiliaryNames, 2, [0xff, 0xff]),
  },
  {
    name: 'sensor-name-empty',
    title: 'has empty auxiliary names',
    change: sensors((sensor) => ({ ...sensor, name: '' })),
  },
  {
    name: 'sensor-of-oem-entity',
    title: 'has sensors of entities that only its vendor knows, but for those of its controller',
    change: sensors((sensor) =>
      isMain(sensor) ? sensor : { ...sensor, entity: { ...sensor.entity, type: OEM_ENTITY } },
    ),
  },
  {
    name: 'sensor-frozen',
    title: 'never refreshes its readings',
    change: sensors((sensor) => ({ ...sensor, read: (state) => sensor.read({ ...state, now: 0 }) })),
  },
  {
    name: 'sensor-asic-unavailable',
    title: 'does not measure its own temperature',
    change: ofMain((sensor) => ({ ...sensor, read: () => undefined })),
  },
  {
    name: 'sensor-unknown-is-first',
    title: 'takes a sensor that it does not have for its first',
    change: firstFor([READING, THRESHOLDS], (state) => (isNic(state) ? 17 : 256)),
  },
  {
    name: 'sensor-unknown-is-invalid-data',
    title: 'refuses a sensor that it does not have with ERROR_INVALID_DATA',
    change: unknownIs([READING, THRESHOLDS], INVALID_DATA),
  },
  {
    name: 'sensor-not-ready-during-update',
    title: 'reads no sensor while it is updated',
    change: responding(READING, ({ state }) =>
      (state.card?.firmware.current ?? 0) === 0 ? undefined : refusal(NOT_READY),
    ),
  },
  {
    name: 'state-sensor-refused',
    title: 'refuses to read its state sensors',
    change: responding(STATES, ({ fields }) => (fields.sensorId === UNKNOWN_SENSOR ? undefined : refusal(ERROR))),
  },
  {
    name: 'state-sensor-first-part-only',
    title: 'reads the first part of a composite sensor only',
    change: answering(STATES, ({ fields }) => ({
      fieldCount: 1,
      fields: Array.isArray(fields) ? fields.slice(0, 1) : [],
    })),
  },
  {
    name: 'state-sensor-impossible-state',
    title: 'is in states that its PDRs do not know',
    change: parts((part) => ({ ...part, read: () => 15 })),
  },
  {
    name: 'state-sensor-unknown-is-first',
    title: 'takes a state sensor that it does not have for its first',
    change: firstFor([STATES], (state) => (isNic(state) ? 65 : 768)),
  },
  {
    name: 'state-sensor-unknown-is-invalid-data',
    title: 'refuses a state sensor that it does not have with ERROR_INVALID_DATA',
    change: unknownIs([STATES], INVALID_DATA),
  },
  {
    name: 'state-sensor-of-oem-set',
    title: 'has state sets of its own for everything',
    change: parts((part) => ({ ...part, stateSet: OEM_STATE_SET + part.stateSet })),
  },
  {
    name: 'threshold-refused',
    title: 'refuses to give its thresholds',
    change: responding(THRESHOLDS, ({ fields }) => (fields.sensorId === UNKNOWN_SENSOR ? undefined : refusal(ERROR))),
  },
  {
    name: 'threshold-differs-from-pdr',
    title: 'has other thresholds than its PDRs say',
    change: answering(THRESHOLDS, ({ upperFatal }) => ({ upperFatal: Number(upperFatal) + 1 })),
  },
  {
    name: 'threshold-size-of-another',
    title: 'gives its thresholds in another size than its PDRs say',
    change: answering(THRESHOLDS, { sensorDataSize: SINT32 }),
  },
  {
    name: 'threshold-range-of-compact-pdr',
    title: 'marks the range of its numeric PDRs with the bits of the compact one',
    seenIn: 'OpenBIC #1685',
    change: sensors((sensor) => ({ ...sensor, compactRange: true })),
  },
  {
    name: 'threshold-supported-octet-wrong',
    title: 'says that it supports no thresholds and has them',
    seenIn: 'OpenBIC #1741, #1742',
    change: sensors((sensor) => ({ ...sensor, supportsNone: true })),
  },
  {
    name: 'threshold-order-reversed',
    title: 'gives its upper thresholds in reverse order',
    change: swapped('upper'),
  },
  {
    name: 'threshold-lower-order-reversed',
    title: 'gives its lower thresholds in reverse order',
    change: swapped('lower'),
  },
  {
    name: 'threshold-all-equal',
    title: 'has one upper threshold for everything',
    change: answering(THRESHOLDS, ({ upperCritical = 0 }) => ({
      upperWarning: upperCritical,
      upperFatal: upperCritical,
    })),
  },
  {
    name: 'threshold-beyond-maximum',
    title: 'has a fatal threshold that its sensor cannot read',
    change: sensors((sensor) => {
      const { upperFatal } = sensor.thresholds;
      if (upperFatal === undefined) return sensor;
      return { ...sensor, thresholds: { ...sensor.thresholds, upperFatal: sensor.maximum + 1 } };
    }),
  },
  {
    name: 'threshold-critical-missing',
    title: 'has no critical threshold of its temperature',
    change: ofMain((sensor) => {
      const kept = thresholdNames.filter((name) => name !== 'upperCritical');
      return { ...sensor, thresholds: Object.fromEntries(kept.map((name) => [name, sensor.thresholds[name]])) };
    }),
  },
  {
    name: 'event-receiver-refused',
    title: 'refuses every event receiver',
    change: responding(RECEIVER, () => refusal(ERROR)),
  },
  {
    name: 'event-receiver-forgotten',
    title: 'accepts an event receiver and forgets it',
    change: responding(RECEIVER, ({ fields }) => (fields.protocolType === 0 ? { fields: {} } : undefined)),
  },
  {
    name: 'event-receiver-of-any-transport',
    title: 'accepts an event receiver on a transport that it does not have',
    change: responding(RECEIVER, ({ fields }) => (fields.protocolType === 0 ? undefined : { fields: {} })),
  },
  {
    name: 'event-classes-empty',
    title: 'supports events of no class',
    change: answering('pldm/eventMessageSupported', { classCount: 0, eventClasses: [] }),
  },
  {
    name: 'event-classes-miscounted',
    title: 'counts more classes of events than it lists',
    change: answering('pldm/eventMessageSupported', { classCount: 3 }),
  },
  {
    name: 'events-missing',
    title: 'tells its event receiver nothing',
    classes: ['nic', 'hba'],
    change: telling(() => []),
  },
  {
    name: 'events-with-states-swapped',
    title: 'sends the state before as the state now, and the state now as the one before',
    classes: ['nic'],
    change: telling((own) => {
      const data = String(own.fields.eventData);
      const swapped = data.slice(0, 8) + data.slice(10, 12) + data.slice(8, 10);
      return [{ ...own, fields: { ...own.fields, eventData: swapped } }];
    }),
  },
  {
    name: 'events-polled-are-lost',
    title: 'forgets an event once it was polled',
    classes: ['nic', 'hba'],
    change: respondingTo([POLL], (correct, request, sets) => {
      const answer = correct(request, sets);
      const { card } = request.state;
      if (card !== undefined) card.events = { ...card.events, queue: [] };
      return answer;
    }),
  },
  {
    name: 'events-polled-for-ever',
    title: 'sends an event again that was acknowledged',
    classes: ['nic', 'hba'],
    change: mistaking([POLL], () => ({ eventId: 0, operation: 1 })),
  },
  {
    name: 'events-while-disabled',
    title: 'sends an event though events are disabled',
    change: (correct) => ({
      ownRequests: limited([RECEIVER], (request, state) => {
        const own = correct.ownRequests(request, state);
        if (request.command.name !== RECEIVER || request.fields.enable !== 0) return own;
        const to = { destinationEid: request.packet.sourceEid, address: request.sourceAddress };
        const fields = { tid: state.tid, eventClass: 0, eventData: '110001010000' };
        return [...own, { ...to, command: 'pldm/platformEventMessage', fields, delayNs: 20_000_000 }];
      }),
    }),
  },
];

export const sensorDeviations: readonly Deviation[] = ofCards(deviations, [
  'sensor-refused',
  'sensor-unknown-is-first',
  'sensor-not-linear',
  'sensor-without-its-names',
  'sensor-absent-reads-7f',
  'sensor-of-oem-entity',
  'state-sensor-refused',
  'state-sensor-unknown-is-first',
  'threshold-refused',
  'threshold-range-of-compact-pdr',
  'threshold-critical-missing',
  'event-receiver-refused',
  'event-classes-empty',
]);
