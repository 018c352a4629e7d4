import type { FieldValues } from '../../codec/field-spec';
import { concat } from '../../codec/octets';
import type { Packet } from '../../codec/packet';
import { messageTypes } from '../../names';
import type { Answer, Behaviour, Deviation, DeviceRequest, DeviceState, Outgoing } from '../endpoint-types';
import { limited, typeKey } from './reach';

/** The words in which deviations are written: each makes one small change of the behaviour. */
export type Change = Deviation['change'];

/** Where the completion code stands in a control response, and in one of PLDM. */
const completionCodeAt = { control: 3, pldm: 4 } as const;
type Set = keyof typeof completionCodeAt;

export function isSuccess(answer: Answer): answer is Exclude<Answer, 'silence'> {
  return answer !== 'silence' && (answer.fields.completionCode ?? 0) === 0;
}

export const refusal = (completionCode: number): Answer => ({ fields: { completionCode } });

/** Another answer to requests of these commands; all others are answered as ever. */
export function respondingTo(
  commands: readonly string[],
  respond: (correct: Behaviour['respond'], ...request: Parameters<Behaviour['respond']>) => Answer,
): Change {
  return (correct) => ({
    respond: limited(commands, (request, sets) =>
      commands.includes(request.command.name)
        ? respond(correct.respond, request, sets)
        : correct.respond(request, sets),
    ),
  });
}

/** Other fields in the successful answer to a command. */
export function answering(
  command: string,
  fields: FieldValues | ((fields: FieldValues, request: DeviceRequest) => FieldValues),
): Change {
  return respondingTo([command], (correct, request, sets) => {
    const answer = correct(request, sets);
    if (!isSuccess(answer)) return answer;
    return {
      fields: { ...answer.fields, ...(typeof fields === 'function' ? fields(answer.fields, request) : fields) },
    };
  });
}

/** Another answer to requests of a command; undefined: the correct one. */
export function responding(command: string, respond: (request: DeviceRequest) => Answer | undefined): Change {
  return respondingTo([command], (correct, request, sets) => respond(request) ?? correct(request, sets));
}

/** Requests of these commands as if they had other fields; undefined: as they are. */
export function mistaking(
  commands: readonly string[],
  fields: (request: DeviceRequest) => FieldValues | undefined,
): Change {
  return respondingTo(commands, (correct, request, sets) =>
    correct({ ...request, fields: { ...request.fields, ...fields(request) } }, sets),
  );
}

export function lacking(command: string): Change {
  return (correct) => ({
    supports: limited([command], (known, state) => known.name !== command && correct.supports(known, state)),
  });
}

/** Another completion code for control command codes that it does not have; undefined: the correct one. */
export function unknownCode(
  code: (commandCode: number) => number | 'silence' | undefined,
  set: Set = 'control',
): Change {
  return (correct) => ({
    unknownCommand: (header, state) => {
      const own = header.messageType === messageTypes[set];
      return (own ? code(Number(header.commandCode)) : undefined) ?? correct.unknownCommand(header, state);
    },
  });
}

/** Codes that DSP0236 1.3 gives no command. */
export const isUnassigned = (commandCode: number): boolean =>
  commandCode === 0 || (commandCode > 0x14 && commandCode < 0xf0);

/** What becomes of requests of the wrong length; undefined: they are taken as if they fitted. */
export function lengthAnswer(set: Set, wrong: 'short' | 'long', answer: number | 'silence' | undefined): Change {
  return (correct) => ({
    wrongLength: (request, problem) =>
      request.command.set === set && problem === wrong ? answer : correct.wrongLength(request, problem),
  });
}

/** Changes what leaves. */
export function sending(
  change: (message: Outgoing, request: DeviceRequest | undefined, state: DeviceState) => Outgoing,
): Change {
  return (correct) => ({
    message: (message, request, state) => correct.message(change(message, request, state), request, state),
  });
}

/** Changes the octets of responses of a set; `code` is their completion code. */
export function octets(
  set: Set,
  change: (body: Uint8Array, code: number, request: DeviceRequest) => Uint8Array | undefined,
): Change {
  return (correct) => {
    const { message } = sending((each, request) => {
      if (request === undefined || request.command.set !== set) return each;
      const { body } = each;
      return { ...each, body: change(body, body[completionCodeAt[set]] ?? 0, request) ?? body };
    })(correct);
    return message === undefined ? {} : { message: limited([typeKey(messageTypes[set])], message) };
  };
}

function setOf(command: string): Set {
  return command.startsWith('pldm/') ? 'pldm' : 'control';
}

/** So many zeros behind successful answers to these commands, all of one set. */
export function longer(commands: readonly [string, ...string[]], more = 1): Change {
  return octets(setOf(commands[0]), (body, code, request) =>
    code === 0 && commands.includes(request.command.name) ? concat(body, new Uint8Array(more)) : undefined,
  );
}

/** The octets of successful answers to one command, cut to so many. */
export function cut(command: string, size: (body: Uint8Array) => number): Change {
  return octets(setOf(command), (body, code, request) =>
    code === 0 && request.command.name === command ? body.subarray(0, size(body)) : undefined,
  );
}

/** A copy with another octet at one place. */
export function withOctet(body: Uint8Array, index: number, change: (octet: number) => number): Uint8Array {
  return body.map((octet, at) => (at === index ? change(octet) : octet));
}

/** Drops packets that it should take. */
export function dropping(when: (packet: Packet, state: DeviceState) => boolean): Change {
  return (correct) => ({
    acceptsPacket: (packet, state) => !when(packet, state) && correct.acceptsPacket(packet, state),
  });
}

/** Takes packets as if they had other headers. */
export function taking(header: (packet: Packet, state: DeviceState) => Partial<Packet>): Change {
  return (correct) => ({
    acceptsPacket: (packet, state) => correct.acceptsPacket({ ...packet, ...header(packet, state) }, state),
  });
}

/** Takes messages as if they had other header fields. */
export function takingMessages(header: (header: FieldValues) => FieldValues | undefined): Change {
  return (correct) => ({
    acceptsMessage: (before, packet, state) => correct.acceptsMessage({ ...before, ...header(before) }, packet, state),
  });
}

/** Other rules of assembly. */
export function assembling(rules: (correct: Behaviour['assembly']) => Partial<Behaviour['assembly']>): Change {
  return (correct) => ({ assembly: { ...correct.assembly, ...rules(correct.assembly) } });
}

/** Takes nothing of so many packets after one that trips it. */
export function stallingAfter(trips: (packet: Packet) => boolean, packets: number): Change {
  return (correct) => ({
    acceptsPacket: (packet, state) => {
      const left = state.memory.get('stalled') ?? 0;
      if (left > 0) {
        state.memory.set('stalled', left - 1);
        return false;
      }
      if (trips(packet)) state.memory.set('stalled', packets);
      return correct.acceptsPacket(packet, state);
    },
  });
}

/** Changes the header of packets that leave. */
export function packets(change: (packet: Packet, index: number) => Partial<Packet>): Change {
  return (correct) => ({
    packet: (packet, index, state) => {
      const sent = correct.packet(packet, index, state);
      return { ...sent, ...change(sent, index) };
    },
  });
}

/** The first EID that the device was given; 0 before. */
export function firstEid(state: DeviceState): number {
  const first = state.memory.get('first-eid');
  if (first !== undefined) return first;
  if (state.initialEid !== 0) return state.initialEid;
  if (state.eid !== 0) state.memory.set('first-eid', state.eid);
  return state.eid;
}
