import type { Command, CommandSet, CommandSets } from '../codec/command';
import {
  commandByHeader,
  decodeBody,
  echoed,
  encodeResponse,
  followsRequest,
  headOf,
  picked,
  setOf,
} from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { failure } from './answers';
import { classDefinitions } from './classes';
import type { Answer, Behaviour, DeviceRequest, DeviceState } from './endpoint-types';
import { protocolOf } from './protocols';

/** A whole message as it came. */
export interface Arrival {
  readonly body: Uint8Array;
  readonly packet: Packet;
  readonly sourceAddress: number;
}

/** The body of an answer, with the request where it was one of the tables'. */
export interface Reply {
  readonly body: Uint8Array;
  readonly request: DeviceRequest | undefined;
}

/** The command set in whose words the device takes a message; undefined for types that it has no commands of. */
export function setFor(commands: CommandSets, type: number, state: DeviceState): CommandSet | undefined {
  if (!classDefinitions[state.class].messageTypes.includes(type)) return undefined;
  const set = setOf(commands, type);
  return set === undefined || protocolOf(set.id) === undefined ? undefined : set;
}

/**
 * The header as the device takes it, with trailer and checksum statuses where the set has them; undefined where the body
 * ends before the header does, and there is nobody to answer.
 */
export function headerOf(set: CommandSet | undefined, body: Uint8Array, type: number): FieldValues | undefined {
  const octet = body[0] ?? 0;
  if (set === undefined) return { integrityCheck: octet >> 7, messageType: type };
  const head = headOf(set, body, 'request');
  if (!head.ok) return undefined;
  if (set.trailer === undefined) return { ...head.value, messageType: type };
  const { header, statuses } = decodeBody(set, body, 'request');
  return { ...header, ...statuses, messageType: type };
}

/** The answer to a request of a command set. */
export function answerRequest(
  set: CommandSet,
  header: FieldValues,
  arrival: Arrival,
  behaviour: Behaviour,
  commands: CommandSets,
  state: DeviceState,
): Reply | 'silence' {
  const known = commandByHeader(set, header);
  const supported = known !== undefined && behaviour.supports(known, state);
  const command = supported ? known : unknown(set, header);
  const decoded = decodeBody(set, arrival.body, 'request', command);
  const { body, packet, sourceAddress } = arrival;
  const request: DeviceRequest = { body, packet, sourceAddress, command, fields: decoded.fields, header, state };
  const answer = supported
    ? answerKnown(request, decoded, behaviour, commands)
    : answerOf(behaviour.unknownCommand(header, state));
  if (answer === 'silence') return answer;
  const kept = echoed(set, command, header);
  const own = answer.header === undefined ? kept : { ...kept, ...answer.header };
  const asked = followsRequest(command) ? request.fields : undefined;
  return { body: encodeResponse(set, command, answer.fields, own, asked), request };
}

function answerKnown(
  request: DeviceRequest,
  decoded: { readonly problem: string | undefined; readonly trailing: string },
  behaviour: Behaviour,
  commands: CommandSets,
): Answer {
  const wrong = decoded.problem !== undefined ? 'short' : decoded.trailing !== '' ? 'long' : undefined;
  const code = wrong === undefined ? undefined : behaviour.wrongLength(request, wrong);
  return code === undefined ? behaviour.respond(request, commands) : answerOf(code);
}

const answerOf = (answer: Answer | number): Answer => (typeof answer === 'number' ? failure(answer) : answer);

/** A stand-in for a command that the tables or the device do not have: its header is echoed, its body is not read. */
function unknown(set: CommandSet, asked: FieldValues): Command {
  const header = picked(asked, headerNames(set));
  const code = Number(asked.commandCode);
  const nothing = { request: [], response: [], completionCodes: {} };
  return { name: 'unknown', set: set.id, title: 'unknown command', clause: '', code, header, ...nothing };
}

const namesBySet = new WeakMap<CommandSet, ReadonlySet<string>>();

/** The header fields that commands of a set name. */
function headerNames(set: CommandSet): ReadonlySet<string> {
  const known = namesBySet.get(set);
  if (known !== undefined) return known;
  const made = new Set(Object.values(set.commands).flatMap((command) => Object.keys(command.header)));
  namesBySet.set(set, made);
  return made;
}
