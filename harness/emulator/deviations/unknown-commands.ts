import type { Deviation } from '../endpoint-types';
import { isUnassigned, stallingAfter, unknownCode } from './change';

const SUCCESS = 0;
const ERROR = 1;
const INVALID_DATA = 2;
const GET_ENDPOINT_ID = 2;
const PREPARE_FOR_DISCOVERY = 0x0b;
const ENDPOINT_DISCOVERY = 0x0c;
const TRANSPORT_SPECIFIC = 0xf0;

const bridgeCommands = [
  ['resolve-endpoint-id', 'Resolve Endpoint ID', 0x07],
  ['allocate-endpoint-ids', 'Allocate Endpoint IDs', 0x08],
  ['get-routing-table-entries', 'Get Routing Table Entries', 0x0a],
  ['discovery-notify', 'Discovery Notify', 0x0d],
  ['query-hop', 'Query Hop', 0x0f],
  ['resolve-uuid', 'Resolve UUID', 0x10],
] as const;

export const unknownCommandDeviations: readonly Deviation[] = [
  {
    name: 'ignores-unknown-commands',
    title: 'does not answer commands that it does not know',
    seenIn: 'caliptra-mcu-sw 1136',
    change: unknownCode(() => 'silence'),
  },
  {
    name: 'unknown-commands-succeed',
    title: 'says SUCCESS to commands that it does not know',
    change: unknownCode(() => SUCCESS),
  },
  {
    name: 'unknown-commands-are-invalid-data',
    title: 'refuses commands that it does not know with ERROR_INVALID_DATA',
    change: unknownCode(() => INVALID_DATA),
  },
  {
    name: 'command-code-of-five-bits',
    title: 'takes codes that end as Get Endpoint ID for a command that it has',
    change: unknownCode((code) => (isUnassigned(code) && code % 32 === GET_ENDPOINT_ID ? SUCCESS : undefined)),
  },
  {
    name: 'has-a-command-of-its-own',
    title: 'says SUCCESS to command 0x5A, which no standard has',
    change: unknownCode((code) => (code === 0x5a ? SUCCESS : undefined)),
  },
  {
    name: 'unknown-commands-get-reserved-code',
    title: 'refuses commands that no standard has with a reserved completion code',
    change: unknownCode((code) => (isUnassigned(code) ? 0x06 : undefined)),
  },
  {
    name: 'generic-errors',
    title: 'has no completion code but SUCCESS and ERROR',
    pervasive: true,
    change: (correct) => ({
      unknownCommand: (header, state) => (correct.unknownCommand(header, state) === 'silence' ? 'silence' : ERROR),
      wrongLength: (request, problem) =>
        typeof correct.wrongLength(request, problem) === 'number' ? ERROR : undefined,
      respond: (request, commands) => {
        const answer = correct.respond(request, commands);
        const failed = answer !== 'silence' && Number(answer.fields.completionCode ?? SUCCESS) !== SUCCESS;
        return failed ? { fields: { completionCode: ERROR } } : answer;
      },
    }),
  },
  {
    name: 'stalls-after-unknown-command',
    title: 'loses the request after a command that no standard has',
    seenIn: 'caliptra-mcu-sw 1138',
    change: stallingAfter(({ som, payload }) => som === 1 && payload[0] === 0 && isUnassigned(payload[2] ?? 1), 1),
  },
  {
    name: 'takes-transport-specific-commands',
    title: 'says SUCCESS to transport-specific commands that its binding does not have',
    change: unknownCode((code) => (code === TRANSPORT_SPECIFIC ? SUCCESS : undefined)),
  },
  {
    name: 'prepares-for-discovery',
    title: 'accepts Prepare for Endpoint Discovery on SMBus',
    bindings: ['smbus'],
    change: unknownCode((code) => (code === PREPARE_FOR_DISCOVERY ? SUCCESS : undefined)),
  },
  {
    name: 'prepare-for-discovery-clears-eid',
    title: 'gives up its EID at Prepare for Endpoint Discovery, which it refuses',
    bindings: ['smbus'],
    change: (correct) => ({
      unknownCommand: (header, state) => {
        if (header.messageType === 0 && header.commandCode === PREPARE_FOR_DISCOVERY) state.eid = 0;
        return correct.unknownCommand(header, state);
      },
    }),
  },
  {
    name: 'endpoint-discovery-is-invalid-data',
    title: 'refuses Endpoint Discovery on SMBus with ERROR_INVALID_DATA',
    seenIn: 'mctpd',
    bindings: ['smbus'],
    change: unknownCode((code) => (code === ENDPOINT_DISCOVERY ? INVALID_DATA : undefined)),
  },
  ...bridgeCommands.map(
    ([name, title, code]): Deviation => ({
      name: `poses-as-bridge-with-${name}`,
      classes: ['endpoint', 'nic'],
      title: `says SUCCESS to ${title} although it is no bridge`,
      change: unknownCode((unknown) => (unknown === code ? SUCCESS : undefined)),
    }),
  ),
];
