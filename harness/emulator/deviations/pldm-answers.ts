import type { Deviation } from '../endpoint-types';
import { ofCards } from './cards';
import { answering, isSuccess, octets, refusal, responding, respondingTo, withOctet } from './change';

/** PLDM answers that are refused, cut or padded in one place, or late in the course of something. */

const [ERROR, INVALID_DATA] = [1, 2];
const GET_PDR = 'pldm/getPdr';
const POLL = 'pldm/pollForPlatformEventMessage';
const PARAMETERS = 'pldm/getFirmwareParameters';
const CANCEL = 'pldm/cancelUpdate';
const REQUEST = 'pldm/requestUpdate';
const NEXT_PART = 0;
const ACKNOWLEDGEMENT = 2;
const READINGS = ['pldm/getSensorReading', 'pldm/getStateSensorReadings'];
/** PCI ids that are no vendor's own: device, subsystem vendor, subsystem. */
const PCI_IDS = [0x0100, 0x0101, 0x0102];

/** Another answer about its firmware, the first one after an update was cancelled of whose image it had parts. */
const afterCancel = (answer: Parameters<typeof responding>[1]): Deviation['change'] =>
  respondingTo([PARAMETERS, CANCEL, REQUEST], (correct, request, sets) => {
    const { card, memory } = request.state;
    const parts = card?.firmware.image?.octets.length ?? 0;
    const cancelled = memory.delete('cancelled');
    const said = correct(request, sets);
    if (!isSuccess(said)) return said;
    if (request.command.name === CANCEL && parts > 0) memory.set('cancelled', 1);
    if (request.command.name !== PARAMETERS || !cancelled) return said;
    const other = answer(request) ?? said;
    return isSuccess(other) ? { fields: { ...said.fields, ...other.fields } } : other;
  });

const deviations: readonly Deviation[] = [
  {
    name: 'pldm-command-not-echoed',
    title: 'answers GetTID under the number of GetPLDMTypes',
    change: octets('pldm', (body, _, { command }) =>
      command.name === 'pldm/getTid' ? withOctet(body, 3, () => 0x04) : undefined,
    ),
  },
  {
    name: 'pldm-version-table-padded',
    title: 'sends two octets behind the CRC of its PLDM versions',
    change: answering('pldm/getPldmVersion', ({ portion = '' }) => ({ portion: `${String(portion)}0000` })),
  },
  {
    name: 'platform-later-parts-refused',
    title: 'refuses every part of a record but the first',
    change: responding(GET_PDR, ({ fields }) =>
      fields.operation === NEXT_PART && fields.transferHandle !== 0 ? refusal(ERROR) : undefined,
    ),
  },
  {
    name: 'sensor-answers-cut',
    title: 'leaves the last octet of its readings out',
    change: octets('pldm', (body, code, { command }) =>
      code === 0 && READINGS.includes(command.name) ? body.subarray(0, -1) : undefined,
    ),
  },
  {
    name: 'events-acknowledgement-refused',
    title: 'refuses to be told that an event has arrived',
    classes: ['nic', 'hba'],
    change: responding(POLL, ({ fields }) => (fields.operation === ACKNOWLEDGEMENT ? refusal(ERROR) : undefined)),
  },
  {
    name: 'events-poll-refused-when-none',
    title: 'refuses to be polled while it has no event',
    classes: ['nic', 'hba'],
    change: respondingTo([POLL], (correct, request, sets) => {
      const answer = correct(request, sets);
      return isSuccess(answer) && answer.fields.eventId === 0 && request.fields.operation !== ACKNOWLEDGEMENT
        ? refusal(ERROR)
        : answer;
    }),
  },
  {
    name: 'firmware-lists-command-that-it-lacks',
    title: 'lists QueryDownstreamIdentifiers and does not have it',
    change: answering('pldm/getPldmCommands', ({ commands }, { fields }) => ({
      commands: fields.pldmType === 5 && Array.isArray(commands) ? [...commands, 0x04] : (commands ?? []),
    })),
  },
  {
    name: 'firmware-pci-ids-in-four-octets',
    title: 'sends its PCI ids in four octets, but for the vendor',
    change: answering('pldm/queryDeviceIdentifiers', ({ descriptors, descriptorsLength }) => ({
      descriptorsLength: Number(descriptorsLength) + 2 * PCI_IDS.length,
      descriptors: Array.isArray(descriptors)
        ? descriptors.map((one) =>
            typeof one === 'object' && 'type' in one && PCI_IDS.includes(Number(one.type))
              ? { type: Number(one.type), value: '0x01000000' }
              : one,
          )
        : [],
    })),
  },
  {
    name: 'firmware-status-refused',
    title: 'refuses to tell the status of its update',
    change: responding('pldm/getStatus', () => refusal(ERROR)),
  },
  {
    name: 'firmware-parameters-refused-after-cancel',
    title: 'refuses to tell its firmware right after an update was cancelled in the middle of its image',
    change: afterCancel(() => refusal(INVALID_DATA)),
  },
  {
    name: 'firmware-version-of-cancelled',
    title: 'tells another version as active right after an update was cancelled in the middle of its image',
    change: afterCancel(() => ({ fields: { activeVersion: '0.0.0' } })),
  },
];

export const pldmAnswerDeviations: readonly Deviation[] = ofCards(deviations, []);
