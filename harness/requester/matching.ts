import type { CommandSets } from '../codec/command';
import { headerLayout, setOf } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { decode } from '../codec/layout';
import type { Gathered } from './gather';

/** By what an answer is known: the values as they were on the wire. */
export interface Key {
  readonly messageType: number;
  readonly commandCode: number;
  readonly instanceId: number;
  readonly messageTag: number;
  readonly destinationEid: number;
}

/** What an incoming message says of itself, as far as it can be read. */
export interface Marks {
  readonly messageType: number | undefined;
  readonly header: FieldValues;
  readonly tagOwner: number;
  readonly messageTag: number;
  readonly sourceEid: number;
}

export function marksOf(gathered: Gathered, sets: CommandSets): Marks {
  const octet = gathered.body[0];
  const messageType = octet === undefined ? undefined : octet & 0x7f;
  const set = messageType === undefined ? undefined : setOf(sets, messageType);
  const header = set === undefined ? {} : decode(headerLayout(set), gathered.body).value;
  const { tagOwner, messageTag, sourceEid } = gathered.first;
  return { messageType, header, tagOwner, messageTag, sourceEid };
}

/** Message type, then command, then tag and instance id alike, then the EID. */
const WEIGHT = { messageType: 16, commandCode: 8, messageTag: 3, instanceId: 3, sourceEid: 1 } as const;

/** A score that no mismatch but the EID's can reach: waiting longer cannot find a better answer. */
export const GOOD = WEIGHT.messageType + WEIGHT.commandCode + WEIGHT.messageTag + WEIGHT.instanceId;

/** Type, command and one of tag and instance id. */
export const LIKELY = WEIGHT.messageType + WEIGHT.commandCode + WEIGHT.messageTag;

/** How well a message fits a stimulus: 0 where it cannot be its answer. */
export function score(key: Key, marks: Marks): number {
  const type = marks.messageType === key.messageType;
  const command = marks.header.commandCode === key.commandCode;
  const tag = marks.messageTag === key.messageTag;
  const instance = marks.header.instanceId === key.instanceId;
  if (!(type && (command || tag || instance)) && !(tag && marks.tagOwner === 0)) return 0;
  return (
    (type ? WEIGHT.messageType : 0) +
    (type && command ? WEIGHT.commandCode : 0) +
    (tag ? WEIGHT.messageTag : 0) +
    (type && instance ? WEIGHT.instanceId : 0) +
    (marks.sourceEid === key.destinationEid || key.destinationEid === 0 ? WEIGHT.sourceEid : 0)
  );
}

/** Whether a message is a request: tag owner and request bit set. */
export function isRequest(marks: Marks): boolean {
  return marks.tagOwner === 1 && marks.header.request === 1;
}
