import type { CommandSets } from '../codec/command';
import { decodeBody, echoed, encodeResponse, setOf } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { messageTypes } from '../names';
import type { Gathered } from './gather';

const UNSUPPORTED = 5;

/** Versions that we claim, oldest first (DSP0236 12.7.3). */
const VERSIONS = [
  { major: 0xf1, minor: 0xf0, update: 0xff, alpha: 0 },
  { major: 0xf1, minor: 0xf1, update: 0xff, alpha: 0 },
  { major: 0xf1, minor: 0xf2, update: 0xff, alpha: 0 },
  { major: 0xf1, minor: 0xf3, update: 0xf1, alpha: 0 },
];

/** What a bus owner answers; a device whose requests are ignored is deaf for seconds (stack traps 3). */
function fieldsFor(name: string | undefined, request: FieldValues, ownEid: number): FieldValues {
  switch (name) {
    case 'getEndpointId':
      return { completionCode: 0, eid: ownEid, endpointType: 1, eidType: 0, mediumSpecific: 0 };
    case 'getMctpVersionSupport':
      return request.messageType === 0xff || request.messageType === 0
        ? { completionCode: 0, versions: VERSIONS }
        : { completionCode: 0x80 };
    case 'getMessageTypeSupport':
      return { completionCode: 0, types: [] };
    case 'getEndpointUuid':
      return { completionCode: 0, uuid: '6d637470-6365-5274-9966-790000000001' };
    default:
      return { completionCode: UNSUPPORTED };
  }
}

/** Command codes differ in this bit between a request and an answer that is not meant for it. */
const ANOTHER_COMMAND = 0x40;

/**
 * The answer to a request of the device's own; undefined where it wants none or its type is not ours to answer. Of upper
 * layers we take what the tables say that devices send, as PLDM events.
 */
export function busOwnerAnswer(
  gathered: Gathered,
  sets: CommandSets,
  ownEid: number,
  wrong = false,
): Packet | undefined {
  const { first, body } = gathered;
  const type = (body[0] ?? 0xff) & 0x7f;
  const set = setOf(sets, type, body);
  if (set === undefined) return undefined;
  const { command, header, fields } = decodeBody(set, body, 'request');
  if (header.datagram === 1 || typeof header.commandCode !== 'number') return undefined;
  if (type !== messageTypes.control && (command?.from !== 'device' || command.answered !== true)) return undefined;
  const known = command ?? { code: header.commandCode, header: {}, response: [] };
  const shape = wrong ? { ...known, code: known.code ^ ANOTHER_COMMAND } : known;
  const answer = type === messageTypes.control ? fieldsFor(command?.name, fields, ownEid) : {};
  return {
    reserved: 0,
    headerVersion: 1,
    destinationEid: first.sourceEid,
    sourceEid: ownEid,
    som: 1,
    eom: 1,
    packetSequence: 0,
    tagOwner: 0,
    messageTag: first.messageTag,
    payload: encodeResponse(set, shape, answer, echoed(set, shape, header), fields),
  };
}
