import type { CommandSets } from '../codec/command';
import { decodeBody, echoed, encodeResponse, setOf } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { fragment } from '../codec/packet';
import { BASELINE_TRANSMISSION_UNIT, messageTypes } from '../names';
import type { Gathered } from './gather';
import type { OwnAnswers } from './own-answers';

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

/** A request of the device's own, and what it is told. */
export interface OwnersAnswer {
  /** As the tables name it. */
  readonly command: string | undefined;
  /** None: it wants none, or it is not ours to answer. */
  readonly packets: readonly Packet[];
}

/**
 * Of upper layers we take what the tables say that devices send, as PLDM events, and what the case at hand has an answer to.
 */
export function busOwnerAnswer(
  gathered: Gathered,
  sets: CommandSets,
  ownEid: number,
  wrong = false,
  answers?: OwnAnswers,
): OwnersAnswer {
  const { first, body } = gathered;
  const type = (body[0] ?? 0xff) & 0x7f;
  const set = setOf(sets, type, body);
  if (set === undefined) return { command: undefined, packets: [] };
  const { command, header, fields } = decodeBody(set, body, 'request');
  const none = { command: command?.name, packets: [] };
  if (header.datagram === 1 || typeof header.commandCode !== 'number') return none;
  const own = command?.from === 'device' ? answers?.(command.name, fields) : undefined;
  if (own === 'unanswered') return none;
  const answered = own !== undefined || (command?.from === 'device' && command.answered === true);
  if (type !== messageTypes.control && !answered) return none;
  const known = command ?? { code: header.commandCode, header: {}, response: [] };
  const shape = wrong ? { ...known, code: known.code ^ ANOTHER_COMMAND } : known;
  const answer = own ?? (type === messageTypes.control ? fieldsFor(command?.name, fields, ownEid) : {});
  const payload = encodeResponse(set, shape, answer, echoed(set, shape, header), fields);
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 0, messageTag: first.messageTag };
  const to = { reserved: 0, headerVersion: 1, destinationEid: first.sourceEid, sourceEid: ownEid, ...flags };
  return { command: command?.name, packets: fragment(payload, to, BASELINE_TRANSMISSION_UNIT) };
}
