import type { Command, CommandSet, CommandSets } from '../codec/command';
import { answerCodeOf, headOf, isRequestHeader, setOf } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { namesOf } from '../codec/field-spec';
import type { Gathered } from './gather';

/** By what an answer is known: the values as they were on the wire. */
export interface Key {
  readonly messageType: number;
  /** Command codes that its answer may have; undefined where answers carry none. */
  readonly commandCodes: readonly number[] | undefined;
  /** Undefined where the messages have none: then the tag alone tells them apart. */
  readonly instanceId: number | undefined;
  readonly messageTag: number;
  readonly destinationEid: number;
}

/** What an incoming message says of itself, as far as it can be read. */
export interface Marks {
  readonly messageType: number | undefined;
  readonly header: FieldValues;
  /** Whether its header is one of a request, or of what the device sends of its own. */
  readonly asks: boolean;
  readonly tagOwner: number;
  readonly messageTag: number;
  readonly sourceEid: number;
}

export function marksOf(gathered: Gathered, sets: CommandSets): Marks {
  const octet = gathered.body[0];
  const messageType = octet === undefined ? undefined : octet & 0x7f;
  const set = messageType === undefined ? undefined : setOf(sets, messageType, gathered.body);
  const header = set === undefined ? {} : headOf(set, gathered.body, 'response').value;
  const { first } = gathered;
  const asks = set !== undefined && isRequestHeader(set, header);
  // Only what decides is looked at.
  return {
    messageType,
    header,
    asks,
    messageTag: first.messageTag,
    get tagOwner() {
      return first.tagOwner;
    },
    get sourceEid() {
      return first.sourceEid;
    },
  };
}

/** The marks in the header of an answer to a request of this code. */
export function answerMarks(
  set: CommandSet,
  command: Command,
  sent: { readonly commandCode: number; readonly instanceId: number },
): Pick<Key, 'commandCodes' | 'instanceId'> {
  const { hasCommandCode, hasInstanceId } = namedIn(set);
  const { error } = set.answers ?? {};
  const own = sent.commandCode === command.code ? command : undefined;
  const codes = [answerCodeOf(set, sent.commandCode, own), ...(error === undefined ? [] : [error.code])];
  return {
    commandCodes: hasCommandCode ? codes : undefined,
    instanceId: hasInstanceId ? sent.instanceId : undefined,
  };
}

interface Named {
  readonly hasCommandCode: boolean;
  readonly hasInstanceId: boolean;
}

const named = new WeakMap<CommandSet, Named>();

/** Whether the header of a set has the fields that tell answers apart. */
function namedIn(set: CommandSet): Named {
  const known = named.get(set);
  if (known !== undefined) return known;
  const names = set.header.flatMap(namesOf);
  const made = { hasCommandCode: names.includes('commandCode'), hasInstanceId: names.includes('instanceId') };
  named.set(set, made);
  return made;
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
  const command = key.commandCodes?.includes(Number(marks.header.commandCode ?? -1)) ?? true;
  const tag = marks.messageTag === key.messageTag;
  const instance = key.instanceId === undefined ? tag : marks.header.instanceId === key.instanceId;
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
  return marks.asks && marks.tagOwner === 1;
}
