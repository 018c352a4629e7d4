import type { Command, CommandSet, CommandSets } from '../codec/command';
import { commandByHeader, decodeBody, encodeResponse, headerLayout } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { decode } from '../codec/layout';
import type { Packet } from '../codec/packet';
import { messageTypes } from '../names';
import { failure } from './answers';
import { classDefinitions } from './classes';
import type { Answer, Behaviour, DeviceRequest, DeviceState } from './endpoint-types';

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

/** The command set in whose words the device takes a message; undefined for vendor-defined and unknown types. */
export function setFor(commands: CommandSets, type: number, state: DeviceState): CommandSet | undefined {
  if (!classDefinitions[state.class].messageTypes.includes(type)) return undefined;
  if (type === messageTypes.control) return commands.control;
  return type === messageTypes.pldm ? commands.pldm : undefined;
}

/** The header as the device takes it; undefined where the body ends before it does, and there is nobody to answer. */
export function headerOf(set: CommandSet | undefined, body: Uint8Array, type: number): FieldValues | undefined {
  const octet = body[0] ?? 0;
  if (set === undefined) return { integrityCheck: octet >> 7, messageType: type };
  const head = decode(headerLayout(set), body);
  return head.ok ? { ...head.value, messageType: type } : undefined;
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
  const request: DeviceRequest = { ...arrival, command, fields: decoded.fields, header, state };
  const answer = supported
    ? answerKnown(request, decoded, behaviour, commands)
    : byCode(behaviour.unknownCommand(header, state));
  if (answer === 'silence') return answer;
  const echoed = { ...command.header, instanceId: header.instanceId ?? 0 };
  return { body: encodeResponse(set, command, answer.fields, echoed), request };
}

function answerKnown(
  request: DeviceRequest,
  decoded: { readonly problem: string | undefined; readonly trailing: string },
  behaviour: Behaviour,
  commands: CommandSets,
): Answer {
  const wrong = decoded.problem !== undefined ? 'short' : decoded.trailing !== '' ? 'long' : undefined;
  const code = wrong === undefined ? undefined : behaviour.wrongLength(request, wrong);
  return code === undefined ? behaviour.respond(request, commands) : byCode(code);
}

const byCode = (code: number | 'silence'): Answer => (code === 'silence' ? code : failure(code));

/** A stand-in for a command that the tables or the device do not have: its header is echoed, its body is not read. */
function unknown(set: CommandSet, { commandCode, pldmType }: FieldValues): Command {
  const header: FieldValues = pldmType === undefined ? {} : { pldmType };
  const code = Number(commandCode);
  const nothing = { request: [], response: [], completionCodes: {} };
  return { name: 'unknown', set: set.id, title: 'unknown command', clause: '', code, header, ...nothing };
}
