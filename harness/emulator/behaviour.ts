import { strictSerial } from '../binding/serial';
import type { SmbusFrame } from '../binding/smbus';
import { MCTP_COMMAND_CODE } from '../binding/smbus';
import { standardAssembly } from '../codec/assembly';
import type { Command } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { BROADCAST_EID, messageTypes, NULL_EID } from '../names';
import { ERROR_INVALID_LENGTH, ERROR_UNSUPPORTED_COMMAND, success } from './answers';
import { bridgeResponders } from './bridge-control';
import { correctBridging } from './bridge-state';
import { classDefinitions, discoveryCommands } from './classes';
import { controlResponders } from './control';
import type { Behaviour, Deviation, DeviceState, Responders } from './endpoint-types';
import { firmwareRequests, firmwareResponders } from './firmware';
import { correctFru, fruResponders } from './fru';
import { isUndiscovered, optionalResponders } from './optional';
import { questionsToOwner, standardRequests } from './own-requests';
import { correctRules, platformResponders } from './platform';
import { pldmResponders } from './pldm';
import { vendorAnswer } from './vendor';

/** DSP0240, Table 5. */
const ERROR_INVALID_PLDM_TYPE = 0x20;
/** Of DSP0240's header, clause 7.1: the only version there is. */
const PLDM_HEADER_VERSION = 0;

/** DSP0237, Table 8. */
const PN1 = 8;

const responders: Responders = {
  ...controlResponders,
  ...optionalResponders,
  ...bridgeResponders,
  ...pldmResponders,
  ...fruResponders(correctFru),
  ...platformResponders(correctRules),
  ...firmwareResponders,
};

/** The message type of a command of ours; those of sets that a user brings are not emulated. */
function isResponderOf(command: Command, state: DeviceState): boolean {
  const type = messageTypes[command.set as keyof typeof messageTypes];
  const { messageTypes: types, commands } = classDefinitions[state.class];
  if (!types.includes(type) || !Object.hasOwn(responders, command.name)) return false;
  const discovers = (discoveryCommands as readonly string[]).includes(command.name);
  return command.set !== 'control' || (commands.includes(command.name) && !(discovers && state.binding === 'smbus'));
}

/** A block write to us of the right command, count and PEC, marked as MCTP (DSP0237 6.3, Table 1). */
function acceptsSmbus(frame: SmbusFrame): boolean {
  const { smbusCommandCode, sourceFlag, byteCount, actualCount, pecStatus } = frame;
  const marked = smbusCommandCode === MCTP_COMMAND_CODE && sourceFlag === 1;
  return marked && byteCount === actualCount && pecStatus === 'good';
}

/** Rq and TO say that it is a request, D that it wants an answer, IC that nothing follows (DSP0236 11.7, Table 11). */
function acceptsMessage(header: FieldValues, wholeInOnePacket: boolean, tagOwner: number): boolean {
  if (header.integrityCheck !== 0 || tagOwner !== 1) return false;
  if (header.messageType === messageTypes.control) {
    return wholeInOnePacket && header.request === 1 && header.datagram === 0;
  }
  if (header.messageType !== messageTypes.pldm) return true;
  return header.request === 1 && header.datagram === 0 && header.pldmHeaderVersion === PLDM_HEADER_VERSION;
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
  bridging: correctBridging,
  messageType: (octet) => octet & 0x7f,
  acceptsMessage: (header, packet) => acceptsMessage(header, packet.eom === 1, packet.tagOwner),
  supports: isResponderOf,
  wrongLength: () => ERROR_INVALID_LENGTH,
  respond: (request, commands) => responders[request.command.name]?.(request, commands) ?? success(),
  unknownCommand: ({ messageType, pldmType }, state) => {
    const foreign =
      messageType === messageTypes.pldm && !classDefinitions[state.class].pldmTypes.includes(Number(pldmType));
    return foreign ? ERROR_INVALID_PLDM_TYPE : ERROR_UNSUPPORTED_COMMAND;
  },
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
    ...firmwareRequests(request, state),
  ],
  message: (message) => [message],
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
