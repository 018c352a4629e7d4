import type { CommandSets, DecodedBody } from '../harness/codec/command';
import { completionCodeName, decodeMessage, setOf } from '../harness/codec/command';
import type { FieldValue, FieldValues } from '../harness/codec/field-spec';
import type { Packet } from '../harness/codec/packet';
import { messageTypeName } from '../harness/names';
import { clip } from './visible';

const MAX_FIELDS = 400;

function show(value: FieldValue): string {
  if (Array.isArray(value)) return `[${(value as readonly FieldValue[]).map(show).join(', ')}]`;
  if (typeof value === 'object') return `{${showFields(value as FieldValues)}}`;
  return String(value);
}

function showFields(fields: FieldValues): string {
  return Object.entries(fields)
    .filter(([name, value]) => !(name.startsWith('reserved') && value === 0))
    .map(([name, value]) => `${name} ${show(value)}`)
    .join(', ');
}

function describe(body: DecodedBody, whole: boolean): string {
  const { set, command, header, direction } = body;
  const code = header.commandCode === undefined ? '' : ` command ${String(header.commandCode)}`;
  const name = command?.name ?? `${set.id}${code}`;
  const result = body.completionCode === undefined ? '' : ` ${completionCodeName(set, command, body.completionCode)}`;
  const instance = header.instanceId === undefined ? '' : ` iid ${String(header.instanceId)}`;
  const fields = whole ? showFields(body.fields) : '';
  const problem = whole && body.problem !== undefined ? ` (${body.problem})` : '';
  return `${name} ${direction}${result}${instance}${fields === '' ? '' : `: ${clip(fields, MAX_FIELDS)}`}${problem}`;
}

/** The message that a start packet begins, as far as this packet tells: `getEndpointId response SUCCESS iid 1: eid 9`. */
export function messageName(packet: Packet, commands: CommandSets): string {
  if (packet.som === 0) return packet.eom === 0 ? 'continues' : 'ends';
  const first = packet.payload[0];
  if (first === undefined) return 'no message type';
  const type = messageTypeName(first & 0x7f);
  const set = setOf(commands, first & 0x7f, packet.payload);
  if (set === undefined) return `${type} message`;
  try {
    return describe(decodeMessage(set, packet.payload, packet.tagOwner === 1), packet.eom === 1);
  } catch {
    // The tables come from the record too: one that makes no sense must not cost the report.
    return `${type} message`;
  }
}
