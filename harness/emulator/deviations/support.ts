import type { FieldValues } from '../../codec/field-spec';
import { concat } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, cut, lacking, mistaking, octets, refusal, responding } from './change';
import { limited } from './reach';

/** Version, message type and vendor-defined message support. */

const VERSIONS = 'getMctpVersionSupport';
const TYPES = 'getMessageTypeSupport';
const VENDORS = 'getVendorDefinedMessageSupport';
const MESSAGE_TYPE_NOT_SUPPORTED = 0x80;
const BASE = 0xff;
const CONTROL = 0x00;
const PLDM = 0x01;

interface Version {
  readonly [part: string]: number;
  readonly major: number;
  readonly minor: number;
  readonly update: number;
  readonly alpha: number;
}

const versions = (change: (list: readonly Version[]) => readonly Version[]): Change =>
  answering(VERSIONS, (fields) => ({ versions: change(fields.versions as readonly Version[]) }));

const types = (change: (list: readonly number[]) => readonly number[]): Change =>
  answering(TYPES, (fields) => ({ types: change(fields.types as readonly number[]) }));

const binary = (digits: number): number => (digits === 0xff ? 0 : digits & 0x0f);

export const supportDeviations: readonly Deviation[] = [
  {
    name: 'version-count-without-list',
    title: 'counts its versions and does not list them',
    change: cut(VERSIONS, () => 5),
  },
  { name: 'version-list-empty', title: 'lists no version at all', change: versions(() => []) },
  {
    name: 'lacks-control-versions',
    title: 'knows no version of the control protocol',
    change: responding(VERSIONS, ({ fields }) =>
      fields.messageType === CONTROL ? refusal(MESSAGE_TYPE_NOT_SUPPORTED) : undefined,
    ),
  },
  { name: 'versions-newest-only', title: 'lists its newest version only', change: versions((list) => list.slice(-1)) },
  {
    name: 'versions-binary',
    title: 'codes its versions in binary, 01 03 01 00',
    seenIn: 'PICMG endpoint',
    change: versions((list) =>
      list.map(({ major, minor, update }) => ({
        major: binary(major),
        minor: binary(minor),
        update: binary(update),
        alpha: 0,
      })),
    ),
  },
  {
    name: 'versions-little-endian',
    title: 'sends the octets of a version least significant first',
    change: versions((list) =>
      list.map(({ major, minor, update, alpha }) => ({ major: alpha, minor: update, update: minor, alpha: major })),
    ),
  },
  {
    name: 'versions-descending',
    title: 'lists its newest version first',
    change: versions((list) => [...list].reverse()),
  },
  {
    name: 'versions-of-another-revision',
    title: 'lists another 1.3 than it claims',
    change: versions((list) =>
      list.map((version) => (version.update === 0xf1 ? { ...version, update: 0xf0 } : version)),
    ),
  },
  {
    name: 'versions-of-every-type',
    title: 'knows a version of message types that it does not support',
    change: (correct) => ({
      respond: limited([VERSIONS], (request, commands) => {
        const answer = correct.respond(request, commands);
        const unknown = answer !== 'silence' && answer.fields.completionCode === MESSAGE_TYPE_NOT_SUPPORTED;
        if (request.command.name !== VERSIONS || !unknown) return answer;
        return correct.respond({ ...request, fields: { messageType: BASE } }, commands);
      }),
    }),
  },
  {
    name: 'version-error-with-extra-octet',
    title: 'sends an octet after completion code 80 of Get MCTP Version Support',
    seenIn: 'PICMG endpoint',
    change: octets('control', (body, code, { command }) =>
      command.name === VERSIONS && code === MESSAGE_TYPE_NOT_SUPPORTED ? concat(body, [0]) : undefined,
    ),
  },
  {
    name: 'lacks-upper-layer-versions',
    title: 'knows no version of the message types that it lists',
    seenIn: 'caliptra-mcu-sw 1638, libmctp',
    classes: ['nic'],
    change: responding(VERSIONS, ({ fields }) =>
      fields.messageType === BASE || fields.messageType === CONTROL ? undefined : refusal(MESSAGE_TYPE_NOT_SUPPORTED),
    ),
  },
  {
    name: 'names-version-of-pldm-itself',
    title: 'names for PLDM the version of DSP0240',
    classes: ['nic'],
    change: answering(VERSIONS, (fields, request) =>
      request.fields.messageType === PLDM
        ? { versions: [{ major: 0xf1, minor: 0xf1, update: 0xf0, alpha: 0 }] }
        : fields,
    ),
  },
  {
    name: 'ignores-vendor-types',
    title: 'does not answer Get MCTP Version Support for vendor-defined messages',
    change: responding(VERSIONS, ({ fields }) => (Number(fields.messageType) >> 1 === 0x3f ? 'silence' : undefined)),
  },
  {
    name: 'type-count-without-list',
    title: 'counts its message types and does not list them',
    seenIn: 'CodeConstruct/mctp PR 49',
    change: cut(TYPES, () => 5),
  },
  {
    name: 'type-count-too-small',
    title: 'lists a message type more than it counts',
    change: answering(TYPES, (fields) => ({ typeCount: (fields.types as readonly number[]).length - 1 })),
  },
  {
    name: 'lists-control',
    title: 'lists control among its message types',
    change: types((list) => [CONTROL, ...list]),
  },
  {
    name: 'lacks-message-types',
    title: 'does not know Get Message Type Support',
    change: lacking(TYPES),
  },
  {
    name: 'vendor-types-unlisted',
    title: 'does not list the vendor-defined messages that it answers',
    change: types((list) => list.filter((type) => type < 0x7e)),
  },
  {
    name: 'lists-command-codes',
    title: 'lists its control commands in place of its message types',
    seenIn: 'PICMG endpoint',
    change: types(() => [1, 2, 3, 4, 5, 6, 0x0b, 0x0c]),
  },
  {
    name: 'lists-a-type-twice',
    title: 'lists a message type twice',
    change: types((list) => [...list, ...list.slice(0, 1)]),
  },
  {
    name: 'lists-types-with-check-bit',
    title: 'lists its message types with the bit of the integrity check',
    change: types((list) => list.map((type) => type | 0x80)),
  },
  {
    name: 'lists-an-unassigned-type',
    title: 'lists a message type that is not assigned',
    change: types((list) => [...list, 0x3d]),
  },
  {
    name: 'pldm-unlisted',
    title: 'speaks PLDM and does not list it',
    classes: ['nic'],
    change: types((list) => list.filter((type) => type !== PLDM)),
  },
  {
    name: 'pldm-unserved',
    title: 'lists PLDM and does not speak it',
    pervasive: true,
    classes: ['nic', 'hba'],
    change: (correct) => ({
      acceptsMessage: (header, packet, state) =>
        header.messageType !== PLDM && correct.acceptsMessage(header, packet, state),
    }),
  },
  {
    name: 'lacks-vendor-support',
    title: 'lists vendor-defined messages and does not know Get Vendor Defined Message Support',
    seenIn: 'caliptra-mcu-sw 1139',
    change: lacking(VENDORS),
  },
  {
    name: 'vendor-support-is-an-error',
    title: 'answers Get Vendor Defined Message Support with ERROR',
    change: responding(VENDORS, () => refusal(1)),
  },
  {
    name: 'vendor-selector-stuck',
    title: 'names the first set of vendor-defined messages as the next for ever',
    change: answering(VENDORS, { nextSelector: 0 }),
  },
  {
    name: 'vendor-selector-last-is-a-set',
    title: 'answers the selector that stands for none with a set',
    change: mistaking([VENDORS], ({ fields }) => (fields.selector === 0xff ? { selector: 0 } : undefined)),
  },
  {
    name: 'vendor-set-without-data',
    title: "leaves out the vendor's own two octets of a set",
    change: cut(VENDORS, (body) => body.length - 2),
  },
  {
    name: 'vendor-format-undefined',
    title: 'describes its vendor in a format that no revision defines',
    change: answering(VENDORS, { format: 2 }),
  },
  {
    name: 'vendor-second-set-of-undefined-format',
    title: 'describes its second vendor in a format that no revision defines',
    change: answering(VENDORS, ({ format }, { fields }) =>
      fields.selector === 1 ? { format: 2 } : { format: format ?? 0 },
    ),
  },
  {
    name: 'vendor-second-set-without-data',
    title: "leaves out the vendor's own two octets of its second set",
    change: octets('control', (body, code, { command, fields }) =>
      command.name === VENDORS && code === 0 && fields.selector === 1 ? body.subarray(0, body.length - 2) : undefined,
    ),
  },
  {
    name: 'vendor-selector-wraps',
    title: 'answers a selector beyond the last set with the first',
    change: (correct) => ({
      respond: limited([VENDORS], (request, commands) => {
        const answer = correct.respond(request, commands);
        const beyond: FieldValues | undefined =
          request.command.name === VENDORS && answer !== 'silence' ? answer.fields : undefined;
        if (beyond?.completionCode !== 2) return answer;
        return correct.respond({ ...request, fields: { selector: 0 } }, commands);
      }),
    }),
  },
];
