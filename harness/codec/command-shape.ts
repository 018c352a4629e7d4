import type { CommandSet, CommandSets } from './command-set';
import { grouped } from './command-set';
import type { ByteOrder, FieldSpec, Layout } from './field-spec';
import { decode, encode } from './layout';

/** What the messages of a command set have in common: type octet, header, and what requests begin with. */

const typeOctet: readonly FieldSpec[] = [
  {
    bits: [
      { name: 'integrityCheck', width: 1 },
      { name: 'messageType', width: 7 },
    ],
  },
];

const layouts = new WeakMap<readonly FieldSpec[], Layout>();

/** Tables were checked when they were compiled. */
export function cached(fields: readonly FieldSpec[], byteOrder: ByteOrder): Layout {
  const known = layouts.get(fields);
  if (known !== undefined) return known;
  const made = { fields, byteOrder };
  layouts.set(fields, made);
  return made;
}

interface Shape {
  readonly header: Layout;
  /** Header and what a request begins with. */
  readonly request: Layout;
  readonly requestBegins: readonly FieldSpec[];
  readonly trailer: readonly FieldSpec[];
}

export const NOTHING: readonly FieldSpec[] = [];
const shapes = new WeakMap<CommandSet, Shape>();

export function shapeOf(set: CommandSet): Shape {
  const known = shapes.get(set);
  if (known !== undefined) return known;
  const { byteOrder, requests, trailer = NOTHING } = set;
  const requestBegins = requests?.begins ?? NOTHING;
  const header = [...typeOctet, ...set.header];
  const request = requestBegins.length === 0 ? header : [...header, ...requestBegins];
  const made = {
    header: { fields: header, byteOrder },
    request: { fields: request, byteOrder },
    requestBegins,
    trailer,
  };
  shapes.set(set, made);
  return made;
}

/** Type octet and message header of a set. */
export function headerLayout(set: CommandSet): Layout {
  return shapeOf(set).header;
}

/** The set in whose words a message is to be read: by its type, and by the header where several share that. */
export function setOf(sets: CommandSets, messageType: number, body?: Uint8Array): CommandSet | undefined {
  for (const set of byType(sets).get(messageType) ?? []) {
    if (set.identity === undefined) return set;
    const header = body === undefined ? {} : decode(headerLayout(set), body).value;
    if (Object.entries(set.identity).every(([name, value]) => header[name] === value)) return set;
  }
  return undefined;
}

const types = new WeakMap<CommandSets, ReadonlyMap<number, readonly CommandSet[]>>();

function byType(sets: CommandSets): ReadonlyMap<number, readonly CommandSet[]> {
  const known = types.get(sets);
  if (known !== undefined) return known;
  const made = grouped(Object.values(sets), ({ messageType }) => messageType);
  types.set(sets, made);
  return made;
}

/** Type octet, header, and of a request what it begins with. */
export function headOf(set: CommandSet, body: Uint8Array, direction: 'request' | 'response') {
  return decode(direction === 'request' ? shapeOf(set).request : headerLayout(set), body);
}

/** Octets of type octet, header and what a request begins with. */
export function requestHeadSize(set: CommandSet): number {
  const { request, requestBegins } = shapeOf(set);
  return requestBegins.length === 0 ? headerSize(set) : encode(request, {}).length;
}

const headerSizes = new WeakMap<CommandSet, number>();

/** Octets of type octet and header. */
export function headerSize(set: CommandSet): number {
  const known = headerSizes.get(set);
  if (known !== undefined) return known;
  const size = encode(headerLayout(set), {}).length;
  headerSizes.set(set, size);
  return size;
}
