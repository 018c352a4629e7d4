import type { Effect } from '../names';
import type { ByteOrder, Codes, FieldSpec, FieldValue, FieldValues } from './field-spec';

/**
 * One upper layer, or MCTP control itself: `profiles/commands/ID.yaml`. A message is the type octet, the header, what
 * every request or answer begins with, the command's own fields, and the trailer.
 */
export interface CommandSet {
  readonly id: string;
  readonly title: string;
  readonly document: string;
  readonly messageType: number;
  readonly byteOrder: ByteOrder;
  /** IC of well-formed messages; none: 0. */
  readonly integrityCheck?: number;
  readonly header: readonly FieldSpec[];
  /** Header values that tell sets of one message type apart, as a vendor's id. */
  readonly identity?: FieldValues;
  /** The header field that counts the octets between header and trailer. */
  readonly length?: string;
  /** Header fields that a correct request may choose. */
  readonly selects?: readonly string[];
  readonly requests?: { readonly header?: FieldValues; readonly begins?: readonly FieldSpec[] };
  readonly answers?: AnswerRules;
  readonly trailer?: readonly FieldSpec[];
  /** Layouts that belong to no one command: of assembled data. */
  readonly structures?: { readonly [name: string]: readonly FieldSpec[] };
  readonly completionCodes: Codes;
  readonly commands: { readonly [name: string]: Command };
}

/** How an answer follows from its request. */
export interface AnswerRules {
  readonly header?: FieldValues;
  /** Header fields that are as in the request; none: `instanceId` and the command's own. */
  readonly echoes?: readonly string[];
  /** What the command code becomes; none: it stays. */
  readonly code?: { readonly or?: number; readonly and?: number };
  /** What every answer begins with; none: `completionCode` in one octet. */
  readonly begins?: readonly FieldSpec[];
  /** Which of these is the completion code. */
  readonly completionCode?: string;
  /** What an answer that failed has besides. */
  readonly failure?: readonly FieldSpec[];
  /** Failures have a command code of their own, and their completion code in a header field. */
  readonly error?: { readonly code: number; readonly completionCode: string };
  /** An answer that asks for time, after which the final one comes: the field that says how much, in units of nanoseconds. */
  readonly interim?: { readonly code: number; readonly wait: string; readonly unit: number };
}

export interface Command {
  /** `getEndpointId`; outside control with its set: `pldm/getTid`. */
  readonly name: string;
  readonly set: string;
  readonly title: string;
  readonly clause: string;
  readonly code: number;
  /** Command code of the answer where no rule of the set gives it. */
  readonly answerCode?: number;
  /** Header fields that belong to the command, as `pldmType`. */
  readonly header: FieldValues;
  /** Header fields that nobody chose. */
  readonly defaults?: FieldValues;
  readonly request: readonly FieldSpec[];
  readonly response: readonly FieldSpec[];
  /** Completion codes of this command alone. */
  readonly completionCodes: Codes;
  /** More names for values of what its answers begin with. */
  readonly codes?: { readonly [field: string]: Codes };
  /** What it moves by its nature. */
  readonly effect?: Effect;
  /** What it tells changes only with the device itself: cases may share one walk over it. */
  readonly stable?: boolean;
  /** The device sends it of its own; `answered`: and wants an answer. */
  readonly from?: 'device';
  readonly answered?: boolean;
}

/** All sets that a run knows, by id. */
export type CommandSets = { readonly [id: string]: CommandSet };

/** `getEndpointId` or `pldm/getTid`; undefined where no set has it. */
export function findCommand(sets: CommandSets, name: string): Command | undefined {
  const slash = name.indexOf('/');
  const set = slash < 0 ? 'control' : name.slice(0, slash);
  return sets[set]?.commands[name];
}

const COMPLETION_CODE: readonly FieldSpec[] = [{ name: 'completionCode', type: 'uint8' }];

/** What every answer of a set begins with. */
export function answerBegins(set: CommandSet): readonly FieldSpec[] {
  return set.answers?.begins ?? COMPLETION_CODE;
}

/** The field that is the completion code: one of those that answers begin with, or of the header. */
export function completionField(set: CommandSet): string {
  return set.answers?.completionCode ?? set.answers?.error?.completionCode ?? 'completionCode';
}

/** The code that answers to a command code carry. */
export function answerCodeOf(set: CommandSet, code: number, command?: Pick<Command, 'answerCode'>): number {
  if (command?.answerCode !== undefined) return command.answerCode;
  const { or = 0, and = 0xff } = set.answers?.code ?? {};
  return (code & and) | or;
}

/** Header values of requests, by which they differ from answers; the request bit where there is one. */
export function requestHeader(set: CommandSet): FieldValues {
  return factsOf(set).requestHeader;
}

export function answerHeader(set: CommandSet): FieldValues {
  return factsOf(set).answerHeader;
}

/** What every message asks of its set: found once. */
interface Facts {
  readonly requestHeader: FieldValues;
  readonly answerHeader: FieldValues;
  readonly marks: readonly (readonly [string, FieldValue])[];
  /** Codes of what the device sends of its own. */
  readonly ownCodes: ReadonlySet<number>;
  readonly byCode: { readonly [D in 'request' | 'response']: ReadonlyMap<FieldValue | undefined, readonly Command[]> };
}

/** By key, in order. */
export function grouped<T, K>(all: readonly T[], keyOf: (each: T) => K): Map<K, readonly T[]> {
  const groups = new Map<K, readonly T[]>();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}

const facts = new WeakMap<CommandSet, Facts>();

function factsOf(set: CommandSet): Facts {
  const known = facts.get(set);
  if (known !== undefined) return known;
  const bit = set.header.some((field) => 'bits' in field && field.bits.some(({ name }) => name === 'request'));
  const commands = Object.values(set.commands);
  const header = set.requests?.header ?? (bit ? { request: 1 } : {});
  const made = {
    requestHeader: header,
    answerHeader: set.answers?.header ?? (bit ? { request: 0 } : {}),
    marks: Object.entries(header),
    ownCodes: new Set(commands.flatMap(({ from, code }) => (from === 'device' ? [code] : []))),
    byCode: {
      request: grouped(commands, ({ code }): FieldValue | undefined => code),
      response: grouped(commands, (command): FieldValue | undefined => answerCodeOf(set, command.code, command)),
    },
  };
  facts.set(set, made);
  return made;
}

/** Whether headers of requests differ from those of answers. */
export function tellsRequests(set: CommandSet): boolean {
  return factsOf(set).marks.length > 0 || set.answers?.code !== undefined;
}

/** Whether the header is one of a request, or of what the device sends of its own, and not of an answer. */
export function isRequestHeader(set: CommandSet, header: FieldValues): boolean {
  const { marks, ownCodes } = factsOf(set);
  const { or, and } = set.answers?.code ?? {};
  const code = Number(header.commandCode ?? 0);
  if (!tellsRequests(set)) return false;
  if (marks.some(([name, value]) => header[name] !== value)) return false;
  const own = ownCodes.has(code);
  return own || ((or === undefined || (code & or) === 0) && (and === undefined || (code & ~and) !== 0));
}

/** The command whose request, or whose answer, has this header. */
export function commandByHeader(
  set: CommandSet,
  header: FieldValues,
  direction: 'request' | 'response' = 'request',
): Command | undefined {
  const alike = factsOf(set).byCode[direction].get(header.commandCode);
  return alike?.find((command) => Object.entries(command.header).every(([name, value]) => header[name] === value));
}

/** The name of a completion code in a set or command, or its number in hex. */
export function completionCodeName(set: CommandSet, command: Command | undefined, code: number): string {
  const all = { ...set.completionCodes, ...command?.completionCodes };
  const found = Object.entries(all).find(([, value]) => value === code);
  return found === undefined ? `0x${code.toString(16).padStart(2, '0')}` : found[0];
}

const following = new WeakMap<Command, boolean>();

/** Whether the layout of its answers follows from what was asked. */
export function followsRequest(command: Command): boolean {
  const known = following.get(command);
  if (known !== undefined) return known;
  const found = JSON.stringify(command.response).includes('"request.');
  following.set(command, found);
  return found;
}

/** The header fields of an answer that are as in its request. */
export function echoed(set: CommandSet, command: Pick<Command, 'header'>, request: FieldValues): FieldValues {
  const names = set.answers?.echoes ?? ['instanceId', ...Object.keys(command.header)];
  return picked(request, names);
}

/** Those of the values that are there, by name. */
export function picked(values: FieldValues, names: Iterable<string>): FieldValues {
  const found: { [name: string]: FieldValue } = {};
  for (const name of names) if (values[name] !== undefined) found[name] = values[name];
  return found;
}
