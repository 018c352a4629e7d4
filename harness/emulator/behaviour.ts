import { strictSerial } from '../binding/serial';
import type { SmbusFrame } from '../binding/smbus';
import { MCTP_COMMAND_CODE } from '../binding/smbus';
import { standardAssembly } from '../codec/assembly';
import type { Command } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { BROADCAST_EID, messageTypes, NULL_EID } from '../names';
import { ERROR_INVALID_LENGTH, ERROR_UNSUPPORTED_COMMAND, success } from './answers';
import { correctBridging } from './bridge-state';
import { classDefinitions } from './classes';
import type { Behaviour, Deviation, DeviceState } from './endpoint-types';
import { carryOut } from './hooks';
import { isUndiscovered } from './optional';
import { questionsToOwner, standardRequests } from './own-requests';
import type { Protocol } from './protocol';
import { protocolOf, protocols, responders } from './protocols';
import { vendorAnswer } from './vendor';

/** DSP0237, Table 8. */
const PN1 = 8;

/** Whether the device has a command: its class speaks that type, and a protocol has a responder for it now. */
function isResponderOf(command: Command, state: DeviceState): boolean {
  const protocol = protocolOf(command.set);
  const type = messageTypes[command.set as keyof typeof messageTypes];
  if (protocol === undefined || !classDefinitions[state.class].messageTypes.includes(type)) return false;
  return Object.hasOwn(protocol.responders, command.name) && protocol.supports?.(command, state) !== false;
}

function protocolsOf(state: DeviceState): readonly Protocol[] {
  const { messageTypes: types } = classDefinitions[state.class];
  return protocols.filter(({ set }) => types.includes(messageTypes[set as keyof typeof messageTypes]));
}

const asking = protocols.filter(({ ownRequests }) => ownRequests !== undefined);

/** A block write to us of the right command, count and PEC, marked as MCTP (DSP0237 6.3, Table 1). */
function acceptsSmbus(frame: SmbusFrame): boolean {
  const { smbusCommandCode, sourceFlag, byteCount, actualCount, pecStatus } = frame;
  const marked = smbusCommandCode === MCTP_COMMAND_CODE && sourceFlag === 1;
  return marked && byteCount === actualCount && pecStatus === 'good';
}

/** TO says that it is a request, IC of the type's own whether a check follows (DSP0236 8.2, 11.7). */
function acceptsMessage(header: FieldValues, packet: Packet, state: DeviceState): boolean {
  const protocol = protocolOf(Number(header.messageType));
  if (packet.tagOwner !== 1 || header.integrityCheck !== (protocol?.integrityCheck ?? 0)) return false;
  return protocol?.accepts?.(header, packet, state) ?? true;
}

/** The device that conforms. */
export const correctBehaviour: Behaviour = {
  acknowledges: (octets, state) => octets[0] === state.address << 1,
  acceptsSmbus,
  serialOctets: (octets) => octets,
  serialRules: strictSerial,
  acceptsPacket: ({ destinationEid, tagOwner, messageTag }, state) =>
    ([NULL_EID, BROADCAST_EID, state.eid].includes(destinationEid) || isUndiscovered(state)) &&
    (tagOwner === 1 || state.pending.some((request) => request.messageTag === messageTag)),
  assembly: { ...standardAssembly, whenFull: 'drops-oldest' },
  discards: (reason, state) => {
    for (const protocol of protocolsOf(state)) protocol.discards?.(reason, state);
  },
  bridging: correctBridging,
  messageType: (octet) => octet & 0x7f,
  acceptsMessage,
  supports: isResponderOf,
  wrongLength: (request, problem) => {
    const protocol = protocolOf(request.command.set);
    return protocol?.wrongLength === undefined ? ERROR_INVALID_LENGTH : protocol.wrongLength(request, problem);
  },
  respond: (request, commands) => responders[request.command.name]?.(request, commands) ?? success(),
  unknownCommand: (header, state) =>
    protocolOf(Number(header.messageType))?.unknownCommand?.(header, state) ?? ERROR_UNSUPPORTED_COMMAND,
  respondRaw: (body, _packet, state) => {
    const { messageTypes: supported, vendors } = classDefinitions[state.class];
    const type = (body[0] ?? 0) & 0x7f;
    const isVendor = type === messageTypes['vendor-pci'] || type === messageTypes['vendor-iana'];
    return isVendor && supported.includes(type) ? vendorAnswer(body, type, vendors) : 'silence';
  },
  requestRules: standardRequests,
  packetRetries: PN1,
  gaveUp: () => undefined,
  ownRequests: (request, state) => [
    ...(classDefinitions[state.class].originates ? questionsToOwner(request, state) : []),
    ...asking.flatMap((protocol) => protocol.ownRequests?.(request, state) ?? []),
  ],
  answered: (wanted, body, state) =>
    protocolsOf(state).flatMap((protocol) => protocol.answered?.(wanted, body, state) ?? []),
  hook: carryOut,
  announcements: (name, state) => protocolsOf(state).flatMap((protocol) => protocol.announcements?.(name, state) ?? []),
  message: (message, request) =>
    (request === undefined ? undefined : protocolOf(request.command.set)?.answers?.(message, request)) ?? [message],
  packets: (packets) => packets,
  packet: (packet) => packet,
  smbusFrame: () => ({}),
  serialFrame: () => ({}),
};

/** The correct device with these faults, each over the ones before it. */
export function deviating(deviations: readonly Deviation[]): Behaviour {
  let behaviour = correctBehaviour;
  for (const deviation of deviations) behaviour = { ...behaviour, ...deviation.change(behaviour) };
  return behaviour;
}
