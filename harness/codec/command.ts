import type { ByteOrder, Codes, FieldSpec, FieldValues } from './field-spec';
import type { Layout, Span } from './layout';
import { decode, encode, layout } from './layout';
import { concat, toHex } from './octets';

/**
 * One upper layer, or MCTP control itself: `profiles/commands/ID.yaml`. The header follows the type octet and has the
 * fields `request`, `instanceId` and `commandCode`; responses begin with `completionCode`.
 */
export interface CommandSet {
  readonly id: string;
  readonly title: string;
  readonly document: string;
  readonly messageType: number;
  readonly byteOrder: ByteOrder;
  readonly header: readonly FieldSpec[];
  readonly completionCodes: Codes;
  readonly commands: { readonly [name: string]: Command };
}

export interface Command {
  /** `getEndpointId`; outside control with its set: `pldm/getTid`. */
  readonly name: string;
  readonly set: string;
  readonly title: string;
  readonly clause: string;
  readonly code: number;
  /** Header fields that belong to the command, as `pldmType`. */
  readonly header: FieldValues;
  readonly request: readonly FieldSpec[];
  readonly response: readonly FieldSpec[];
  /** Completion codes of this command alone. */
  readonly completionCodes: Codes;
}

/** All sets that a run knows, by id. */
export type CommandSets = { readonly [id: string]: CommandSet };

/** `getEndpointId` or `pldm/getTid`; undefined where no set has it. */
export function findCommand(sets: CommandSets, name: string): Command | undefined {
  const slash = name.indexOf('/');
  const set = slash < 0 ? 'control' : name.slice(0, slash);
  return sets[set]?.commands[name];
}

export function setOf(sets: CommandSets, messageType: number): CommandSet | undefined {
  return Object.values(sets).find((set) => set.messageType === messageType);
}

const typeOctet: readonly FieldSpec[] = [
  {
    bits: [
      { name: 'integrityCheck', width: 1 },
      { name: 'messageType', width: 7 },
    ],
  },
];

const COMPLETION_CODE = 'completionCode';

const layouts = new WeakMap<readonly FieldSpec[], Layout>();

function cached(fields: readonly FieldSpec[], order: ByteOrder): Layout {
  const known = layouts.get(fields);
  if (known !== undefined) return known;
  const made = layout(fields, order);
  layouts.set(fields, made);
  return made;
}

const headers = new WeakMap<CommandSet, Layout>();

/** Type octet and message header of a set. */
export function headerLayout(set: CommandSet): Layout {
  const known = headers.get(set);
  if (known !== undefined) return known;
  const made = layout([...typeOctet, ...set.header], set.byteOrder);
  headers.set(set, made);
  return made;
}

/** A well-formed request body, from the type octet on. `header` overrides single header fields. */
export function encodeRequest(set: CommandSet, command: Command, fields: FieldValues, header: FieldValues): Uint8Array {
  const head = { messageType: set.messageType, request: 1, commandCode: command.code, ...command.header, ...header };
  return concat(encode(headerLayout(set), head), encode(cached(command.request, set.byteOrder), fields));
}

/** A response body: with `completionCode` 0 all response fields follow, otherwise none (DSP0236 12.3). */
export function encodeResponse(
  set: CommandSet,
  command: Pick<Command, 'code' | 'header' | 'response'>,
  fields: FieldValues,
  header: FieldValues,
): Uint8Array {
  const head = { messageType: set.messageType, request: 0, commandCode: command.code, ...command.header, ...header };
  const code = typeof fields.completionCode === 'number' ? fields.completionCode : 0;
  const data = code === 0 ? encode(cached(command.response, set.byteOrder), fields) : new Uint8Array(0);
  return concat(encode(headerLayout(set), head), [code], data);
}

/** A message body decoded as far as it goes. Spans are offsets into the body. */
export interface DecodedBody {
  readonly set: CommandSet;
  readonly command: Command | undefined;
  /** Type octet and header fields; those beyond the end of a short body are missing. */
  readonly header: FieldValues;
  readonly completionCode: number | undefined;
  readonly fields: FieldValues;
  /** Octets after what the table describes: of an error response everything after its code. */
  readonly trailing: string;
  /** Where a short or impossible body stops making sense. */
  readonly problem: string | undefined;
  readonly spans: readonly Span[];
}

export function commandByHeader(set: CommandSet, header: FieldValues): Command | undefined {
  return Object.values(set.commands).find(
    (command) =>
      command.code === header.commandCode &&
      Object.entries(command.header).every(([name, value]) => header[name] === value),
  );
}

/**
 * Decodes by the body's own header, or as a message of `as` whatever its header says. Direction: `request` or `response`.
 * Never throws on received octets.
 */
export function decodeBody(
  set: CommandSet,
  body: Uint8Array,
  direction: 'request' | 'response',
  as?: Command | undefined,
): DecodedBody {
  const head = decode(headerLayout(set), body);
  const command = as ?? commandByHeader(set, head.value);
  const spans = [...head.spans];
  const result = { set, command, header: head.value };
  const rest = (from: number): string => toHex(body.subarray(from));
  if (!head.ok) {
    const problem = `${head.field}: expected ${head.expected}, ${head.actual}`;
    return { ...result, completionCode: undefined, fields: {}, trailing: '', problem, spans };
  }
  let offset = head.size;
  let code: number | undefined;
  if (direction === 'response') {
    if (offset >= body.length) {
      const problem = 'completionCode: expected 1 octet, 0 left';
      return { ...result, completionCode: undefined, fields: {}, trailing: '', problem, spans };
    }
    code = body[offset];
    spans.push({ path: COMPLETION_CODE, offset, length: 1 });
    offset += 1;
    if (code !== 0)
      return { ...result, completionCode: code, fields: {}, trailing: rest(offset), problem: undefined, spans };
  }
  if (command === undefined) {
    return { ...result, completionCode: code, fields: {}, trailing: rest(offset), problem: undefined, spans };
  }
  const data = decode(
    cached(direction === 'request' ? command.request : command.response, set.byteOrder),
    body,
    offset,
  );
  spans.push(...data.spans);
  return {
    ...result,
    completionCode: code,
    fields: data.value,
    trailing: data.ok ? rest(offset + data.size) : '',
    problem: data.ok ? undefined : `${data.field}: expected ${data.expected}, ${data.actual}`,
    spans,
  };
}

/** The name of a completion code in a set or command, or its number in hex. */
export function completionCodeName(set: CommandSet, command: Command | undefined, code: number): string {
  const all = { ...set.completionCodes, ...command?.completionCodes };
  const found = Object.entries(all).find(([, value]) => value === code);
  return found === undefined ? `0x${code.toString(16).padStart(2, '0')}` : found[0];
}
