import type { FieldValues } from '../../codec/field-spec';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, mistaking, refusal, responding, respondingTo } from './change';

/** What only a storage controller has: locate LEDs of its bays, and firmware of the drives behind it. */

const SET = 'pldm/setStateEffecterStates';
const GET = 'pldm/getStateEffecterStates';
const DEVICES = 'pldm/queryDownstreamDevices';
const IDENTIFIERS = 'pldm/queryDownstreamIdentifiers';
const PARAMETERS = 'pldm/getDownstreamFirmwareParameters';
const UPDATE = 'pldm/requestDownstreamDeviceUpdate';
const ERROR = 1;
const UNKNOWN = 0xfffe;
const FIRST_EFFECTER = 832;
const ASSERTED = 2;

const stateIn = ({ fields }: FieldValues): unknown => (Array.isArray(fields) ? fields[0] : undefined);

/** Other entries in a list of the drives. */
const drives = (command: string, change: (drive: FieldValues, index: number) => FieldValues): Change =>
  answering(command, ({ devices }) => ({
    devices: Array.isArray(devices) ? (devices as readonly FieldValues[]).map(change) : [],
  }));

const deviations: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'effecter-refused',
    title: 'refuses to set its effecters',
    change: responding(SET, () => refusal(ERROR)),
  },
  {
    name: 'effecter-set-without-effect',
    title: 'accepts that an effecter is set and leaves it as it is',
    change: responding(SET, () => ({ fields: {} })),
  },
  {
    name: 'effecter-never-cleared',
    title: 'leaves an effecter asserted that is to be cleared',
    change: respondingTo([SET], (correct, request, sets) => {
      const wanted = stateIn(request.fields) as FieldValues | undefined;
      return wanted?.effecterState === ASSERTED ? correct(request, sets) : { fields: {} };
    }),
  },
  {
    name: 'effecter-unknown-is-first',
    title: 'takes an effecter that it does not have for its first',
    change: mistaking([GET], ({ fields }) =>
      fields.effecterId === UNKNOWN ? { effecterId: FIRST_EFFECTER } : undefined,
    ),
  },
  {
    name: 'downstream-counts-one-more',
    title: 'counts a device behind it that it does not list',
    change: answering(DEVICES, ({ deviceCount }) => ({ deviceCount: Number(deviceCount) + 1 })),
  },
  {
    name: 'downstream-index-twice',
    title: 'lists two devices behind it by the same index',
    change: drives(IDENTIFIERS, (drive, index) => (index === 1 ? { ...drive, index: 0 } : drive)),
  },
  {
    name: 'downstream-without-descriptors',
    title: 'describes the devices behind it by nothing',
    change: drives(IDENTIFIERS, (drive) => ({ ...drive, descriptorCount: 0, descriptors: [] })),
  },
  {
    name: 'downstream-version-empty',
    title: 'has no version of the devices behind it',
    change: drives(PARAMETERS, (drive) => ({ ...drive, activeVersion: '' })),
  },
  {
    name: 'downstream-update-refused',
    title: 'refuses to update the devices behind it though it says that it can',
    change: responding(UPDATE, () => refusal(ERROR)),
  },
  {
    name: 'downstream-update-without-effect',
    title: 'accepts to update a device behind it and stays idle',
    change: responding(UPDATE, () => ({ fields: {} })),
  },
];

export const driveDeviations: readonly Deviation[] = deviations.map((deviation) => ({
  ...deviation,
  classes: ['hba'],
}));
