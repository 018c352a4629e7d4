import type { Override } from '../binding/override';
import { applyOverride } from '../binding/override';
import type { Command, CommandSet, CommandSets } from '../codec/command';
import { decodeBody, encodeRequest, findCommand, headOf, requestHeadSize } from '../codec/command';
import type { FieldSpec, FieldValue, FieldValues } from '../codec/field-spec';
import { namesOf } from '../codec/field-spec';
import { concat, fromHex } from '../codec/octets';
import type { Packet, PacketHeaderField } from '../codec/packet';
import { fragment, packetHeaderFields } from '../codec/packet';
import { CertifyError } from '../errors';
import { messageTypes } from '../names';
import type { Environment } from '../resolve';
import { mustResolve } from '../resolve';
import type { MessageSpec, Template, TemplateMap } from '../suite/compiled';

/** What the requester chooses for a message unless the step says otherwise. */
export interface MessageDefaults {
  readonly destinationEid: number;
  readonly sourceEid: number;
  readonly messageTag: number;
  readonly instanceId: number;
  readonly unit: number;
}

/** A message ready to go: its packets, what to do to their frames, and the keys by which an answer is known. */
export interface Stimulus {
  readonly command: Command;
  readonly set: CommandSet;
  readonly body: Uint8Array;
  readonly packets: readonly Packet[];
  readonly frame: { readonly [field: string]: Override | string };
  readonly messageType: number;
  readonly instanceId: number;
  readonly commandCode: number;
}

/** Get Endpoint ID by physical address. */
export const WHO_IS_THERE: MessageSpec = {
  command: 'getEndpointId',
  fields: {},
  message: {},
  packet: { destinationEid: 0 },
  frame: {},
};

type Values = { readonly [name: string]: Template };

const BODY_KEYS = ['padTo', 'truncateTo', 'append', 'body', 'payload'] as const;

function resolveMap(map: TemplateMap, env: Environment, what: string): Values {
  return mustResolve(map, env, what) as Values;
}

function override(value: Template | undefined, what: string): Override | undefined {
  if (value === undefined || typeof value === 'number' || value === 'absent') return value;
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    const { xor, add } = value as { xor?: Template; add?: Template };
    if (typeof xor === 'number') return { xor };
    if (typeof add === 'number') return { add };
  }
  throw new CertifyError('INTERNAL', `${what}: ${JSON.stringify(value)} is no override`);
}

/** A code name becomes its number; message types are known by name everywhere. */
function code(value: Template, spec: FieldSpec | undefined, name: string): FieldValue {
  if (typeof value !== 'string') return value as FieldValue;
  const codes = spec === undefined ? undefined : codesOf(spec, name);
  if (codes !== undefined && Object.hasOwn(codes, value)) return codes[value] as number;
  const isText = spec !== undefined && 'type' in spec && spec.type === 'text';
  if (!isText && Object.hasOwn(messageTypes, value)) return messageTypes[value as keyof typeof messageTypes];
  return value;
}

function codesOf(spec: FieldSpec, name: string): { readonly [name: string]: number } | undefined {
  if ('bits' in spec) return spec.bits.find((bit) => bit.name === name)?.codes;
  return 'codes' in spec ? spec.codes : undefined;
}

function specOf(fields: readonly FieldSpec[], name: string): FieldSpec | undefined {
  return fields.find((field) => namesOf(field).includes(name));
}

export function requestFields(command: Command, values: Values): FieldValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, code(value, specOf(command.request, name), name)]),
  );
}

/** What a step says of header, beginning and trailer; a change is one of what would have been there. */
function headerOf(
  { set, command }: Pick<Stimulus, 'set' | 'command'>,
  fields: FieldValues,
  overrides: Values,
  { instanceId }: MessageDefaults,
): FieldValues {
  const names = Object.keys(overrides).filter((name) => !(BODY_KEYS as readonly string[]).includes(name));
  const own = { instanceId };
  if (names.length === 0) return own;
  const correct = decodeBody(set, encodeRequest(set, command, fields, own), 'request', command).header;
  const trailer = new Set((set.trailer ?? []).flatMap(namesOf));
  const specs = [...set.header, ...(set.requests?.begins ?? []), ...(set.trailer ?? [])];
  const out: { [name: string]: FieldValue } = { ...own };
  for (const name of names) {
    const value = overrides[name] as Template;
    const spec = specOf(specs, name);
    if (trailer.has(name) && typeof value === 'string') out[name] = value;
    else {
      const current = correct[name];
      const known = override(code(value, spec, name) as Template, name);
      out[name] = applyOverride(typeof current === 'number' ? current : 0, known) ?? 0;
    }
  }
  return out;
}

/** What is before the trailer, or a whole body, after a step's changes to it. */
function shape(octets: Uint8Array, { padTo, truncateTo, append, payload }: Values, headSize: number): Uint8Array {
  let out = typeof payload === 'string' ? concat(octets.subarray(0, headSize), fromHex(payload)) : octets;
  if (typeof padTo === 'number' && padTo > out.length) out = concat(out, new Uint8Array(padTo - out.length));
  if (typeof truncateTo === 'number') out = out.subarray(0, truncateTo);
  return typeof append === 'string' ? concat(out, fromHex(append)) : out;
}

/** Header fields of `packet` after a step's overrides; `unit` and `payloadLength` are no header fields. */
export function overridePacket(packet: Packet, overrides: Values): Packet {
  if (Object.keys(overrides).length === 0) return packet;
  const header: { [F in PacketHeaderField]?: number } = {};
  for (const name of packetHeaderFields)
    header[name] = applyOverride(packet[name], override(overrides[name], name)) ?? 0;
  const length = overrides.payloadLength;
  const payload =
    typeof length === 'number'
      ? concat(packet.payload.subarray(0, length), new Uint8Array(Math.max(0, length - packet.payload.length)))
      : packet.payload;
  return { ...(header as { readonly [F in PacketHeaderField]: number }), payload };
}

/** The body where the step changes its octets; length, pad and checksum follow unless all of it is given. */
function bodyOf(
  { set, command }: Pick<Stimulus, 'set' | 'command'>,
  fields: FieldValues,
  header: FieldValues,
  message: Values,
): Uint8Array | undefined {
  if (!BODY_KEYS.some((key) => message[key] !== undefined)) return undefined;
  const headSize = requestHeadSize(set);
  if (typeof message.body === 'string') return shape(fromHex(message.body), message, headSize);
  return encodeRequest(set, command, fields, header, (octets) => shape(octets, message, headSize));
}

/** Builds a message: valid by default, wrong exactly where the step says so. */
export function buildStimulus(
  spec: MessageSpec,
  sets: CommandSets,
  defaults: MessageDefaults,
  env: Environment,
): Stimulus {
  const command = findCommand(sets, spec.command);
  const set = command && sets[command.set];
  if (command === undefined || set === undefined) throw new CertifyError('INTERNAL', `unknown command ${spec.command}`);
  const message = resolveMap(spec.message, env, `${spec.command} message`);
  const packetOverrides = resolveMap(spec.packet, env, `${spec.command} packet`);
  const fields = requestFields(command, resolveMap(spec.fields, env, `${spec.command} fields`));
  const header = headerOf({ set, command }, fields, message, defaults);
  const encoded = encodeRequest(set, command, fields, header);
  const body = bodyOf({ set, command }, fields, header, message) ?? encoded;
  const unit = typeof packetOverrides.unit === 'number' ? packetOverrides.unit : defaults.unit;
  const { packetSequence, ...rest } = packetOverrides;
  const base = {
    reserved: 0,
    headerVersion: 1,
    destinationEid: defaults.destinationEid,
    sourceEid: defaults.sourceEid,
    som: 1,
    eom: 1,
    packetSequence: applyOverride(0, override(packetSequence, 'packetSequence')) ?? 0,
    tagOwner: 1,
    messageTag: defaults.messageTag,
  };
  const packets = fragment(body, base, unit).map((packet) => overridePacket(packet, rest));
  // Without a change of the header it is known what stands there.
  const plain = { messageType: set.messageType, commandCode: command.code, instanceId: defaults.instanceId };
  const sent: FieldValues = Object.keys(message).length === 0 ? plain : headOf(set, encoded, 'request').value;
  const number = (name: string): number => {
    const value = sent[name];
    return typeof value === 'number' ? value : 0;
  };
  return {
    command,
    set,
    body,
    packets,
    frame: frameOverrides(spec.frame, env),
    messageType: number('messageType'),
    instanceId: typeof sent.instanceId === 'number' ? sent.instanceId : defaults.instanceId,
    commandCode: number('commandCode'),
  };
}

export function frameOverrides(map: TemplateMap, env: Environment): Stimulus['frame'] {
  const values = resolveMap(map, env, 'frame');
  return values as { readonly [field: string]: Override | string };
}

/** The spec without what makes it wrong: command and fields stay. */
export function heal<S extends MessageSpec>(spec: S): S {
  return { ...spec, message: {}, packet: {}, frame: {} };
}

/** Whether the healed stimulus proves anything: the same message type on the same path, and something was healed. */
export function hasTwin(spec: MessageSpec): boolean {
  if (Object.hasOwn(spec.message, 'messageType') || Object.hasOwn(spec.message, 'body')) return false;
  return [spec.message, spec.packet, spec.frame].some((map) => Object.keys(map).length > 0);
}

/** Its packets, to an EID that may be another than the one that it was built for. */
export function outgoing(
  { packets, frame }: Stimulus,
  destinationEid: number,
): readonly { readonly packet: Packet; readonly frame: Stimulus['frame'] }[] {
  return packets.map((packet) => ({ packet: { ...packet, destinationEid }, frame }));
}
