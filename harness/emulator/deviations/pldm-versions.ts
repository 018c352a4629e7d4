import type { FieldValue } from '../../codec/field-spec';
import type { Deviation } from '../endpoint-types';
import { ofCards } from './cards';
import type { Change } from './change';
import { answering, mistaking, refusal, responding } from './change';

/** What PLDM base says of types, versions and commands. */

const VERSION = 'pldm/getPldmVersion';
const COMMANDS = 'pldm/getPldmCommands';
const INVALID_PLDM_TYPE = 0x83;
const START = 1;
const MIDDLE = 2;
const types = [0, 2, 4, 5];

const numbers = (value: FieldValue | undefined): readonly number[] => (Array.isArray(value) ? (value as number[]) : []);

/** Another list of the commands of one type. */
const listing = (type: number, change: (codes: readonly number[]) => readonly number[]): Change =>
  answering(COMMANDS, ({ commands }, { fields }) => ({
    commands: fields.pldmType === type ? change(numbers(commands)) : numbers(commands),
  }));

const lists = (type: number, code: number): Change => listing(type, (codes) => [...codes, code]);
const hides = (type: number, code: number): Change => listing(type, (codes) => codes.filter((one) => one !== code));

const deviations: readonly Deviation[] = [
  {
    name: 'pldm-version-never-ends',
    title: 'has a next part of its PLDM versions after every part',
    change: responding(VERSION, ({ fields: { pldmType, transferHandle, operation } }) => {
      if (!types.includes(Number(pldmType))) return undefined;
      const nextTransferHandle = Number(transferHandle) + 1;
      const transferFlag = operation === 1 ? START : MIDDLE;
      return { fields: { completionCode: 0, nextTransferHandle, transferFlag, portion: '00f0f1f1' } };
    }),
  },
  {
    name: 'pldm-version-table-empty',
    title: 'has no version of PLDM types other than base, and the CRC of that',
    change: answering(VERSION, ({ portion = '' }, { fields }) => ({
      portion: fields.pldmType === 0 ? portion : '00000000',
    })),
  },
  {
    name: 'pldm-commands-of-base-only',
    title: 'knows the commands of PLDM type 0 only',
    change: responding(COMMANDS, ({ fields }) => (fields.pldmType === 0 ? undefined : refusal(INVALID_PLDM_TYPE))),
  },
  {
    name: 'pldm-lists-type-that-it-lacks',
    title: 'lists a PLDM type that it does not have',
    change: answering('pldm/getPldmTypes', (answer) => ({ types: [...numbers(answer.types), 6] })),
  },
  {
    name: 'pldm-commands-of-any-type',
    title: 'knows commands of PLDM types that it does not have',
    change: mistaking([COMMANDS], ({ fields }) =>
      types.includes(Number(fields.pldmType)) ? undefined : { pldmType: 0, version: '00f0f1f1' },
    ),
  },
  {
    name: 'pldm-commands-of-any-version',
    title: 'knows commands of versions that it does not have',
    change: mistaking([COMMANDS], ({ fields }) => (fields.pldmType === 0 ? { version: '00f0f1f1' } : undefined)),
  },
  {
    name: 'pldm-commands-empty',
    title: 'lists no command of PLDM type 0',
    change: listing(0, () => []),
  },
  {
    name: 'pldm-lists-command-that-it-lacks',
    title: 'lists NegotiateTransferParameters and does not have it',
    change: lists(0, 0x07),
  },
  {
    name: 'platform-lists-command-that-it-lacks',
    title: 'lists GetSensorHysteresis and does not have it',
    change: lists(2, 0x15),
  },
  {
    name: 'platform-hides-command',
    title: 'does not list GetSensorReading and has it',
    change: hides(2, 0x11),
  },
  {
    name: 'fru-lists-command-that-it-lacks',
    title: 'lists GetFRURecordByOption and does not have it',
    change: lists(4, 0x04),
  },
  {
    name: 'firmware-hides-command',
    title: 'does not list QueryDeviceIdentifiers and has it',
    change: hides(5, 0x01),
  },
];

export const pldmVersionDeviations: readonly Deviation[] = ofCards(deviations, ['pldm-commands-of-any-type']);
