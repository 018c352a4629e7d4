import { decodeBody } from '../codec/command';
import type { Command } from '../codec/command-set';
import { findCommand } from '../codec/command-set';
import type { FieldValues } from '../codec/field-spec';
import { fromHex } from '../codec/octets';
import { messageTypeName, messageTypes } from '../names';
import type { Requester } from '../requester/requester';
import { NOWHERE } from '../resolve';
import type { TemplateMap } from '../suite/compiled';

/** Whether a device has a command: it said so by an answer, denied it, or said nothing. */
export type Has = 'yes' | 'no' | 'silent';

/** What a device tells of itself when it is asked for nothing but that. Names as in claims. */
export interface Survey {
  readonly eid: number;
  readonly role: 'endpoint' | 'bridge';
  readonly staticEid: boolean;
  readonly uuid?: string;
  /** As it lists them, control besides. */
  readonly types: readonly number[];
  /** Whether it knows a version of each. */
  readonly versions: { readonly [messageType: string]: readonly string[] };
  readonly vendors: readonly { readonly format: number; readonly id: string }[];
  /** Control commands and those of other sets, by name, that were asked. */
  readonly commands: { readonly [command: string]: Has };
  readonly pldmTypes: readonly number[];
  /** PLDM commands that its bitmaps list. */
  readonly pldmCommands: readonly string[];
  readonly channels: readonly number[];
  readonly ncsiVersion?: string;
  readonly nvmeVersion?: string;
  /** Optional NVMe-MI and Admin commands that it lists. */
  readonly nvmeCommands?: readonly string[];
  readonly spdmVersions: readonly string[];
  /** What is wrong with it at first sight. */
  readonly wrong: readonly string[];
}

interface Answer {
  readonly has: Has;
  readonly code?: number;
  readonly fields?: FieldValues;
  /** Of a refusal of NC-SI. */
  readonly reason?: number;
}

type Ask = (command: string, fields?: TemplateMap) => Promise<Answer>;

/** Completion codes by which a set says that it has no such command. */
const UNSUPPORTED: { readonly [set: string]: readonly number[] } = {
  control: [0x05],
  pldm: [0x05, 0x20],
  'nc-si': [0x03],
  'nvme-mi': [0x03],
  spdm: [0x07],
};

/** Control commands that move nothing and that an endpoint may have or not. */
const ENDPOINT_COMMANDS = ['getNetworkId', 'queryRateLimit', 'querySupportedInterfaces'] as const;
const BRIDGE_COMMANDS = ['resolveEndpointId', 'getRoutingTableEntries', 'queryHop', 'resolveUuid'] as const;
/** PLDM commands that move nothing, by the type that has them. */
const PLDM_COMMANDS: { readonly [type: number]: readonly string[] } = {
  0: ['getTid', 'getPldmVersion', 'getPldmTypes', 'getPldmCommands'],
  2: ['getPdrRepositoryInfo', 'getPdr', 'eventMessageSupported'],
  4: ['getFruRecordTableMetadata'],
  5: ['queryDeviceIdentifiers', 'getFirmwareParameters', 'getStatus'],
};
/** NC-SI's reason before Clear Initial State (DSP0222, Table 30): the channel is there. */
const INITIALIZATION_REQUIRED = 1;
const MOST_VENDORS = 32;
const MOST_CHANNELS = 8;

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const num = (value: unknown): number => (typeof value === 'number' ? value : 0);

function asker(requester: Requester): Ask {
  return async (command, fields = {}) => {
    const known = findCommand(requester.sets, command);
    const set = known && requester.sets[known.set];
    if (known === undefined || set === undefined) return { has: 'no' };
    const spec = { command, fields, message: {}, packet: {}, frame: {} };
    const { sent, response } = await requester.request(requester.build(spec, NOWHERE), 'discovery');
    if (response === undefined) return { has: 'silent' };
    // Some answers are laid out by what was asked.
    const asked = decodeBody(set, fromHex(sent.body), 'request', known).fields;
    const answer = decodeBody(set, fromHex(response.body), 'response', known, asked);
    const { completionCode: code = 0, fields: found } = answer;
    const denied = UNSUPPORTED[known.set]?.includes(code) === true;
    if (denied) return { has: 'no', code };
    return { has: 'yes', code, ...(code === 0 ? { fields: found } : { reason: num(found.reasonCode) }) };
  };
}

/** `F1 F3 F1 00` as 1.3.1: each digit is BCD with F for nothing before it (DSP0236 12.6). */
function versionText(entry: unknown): string {
  const { major, minor, update } = entry as { major?: unknown; minor?: unknown; update?: unknown };
  const digits = (octet: unknown): string => {
    const value = num(octet);
    return value >> 4 === 0xf ? String(value & 0xf) : `${value >> 4}${value & 0xf}`;
  };
  const parts = [digits(major), digits(minor), ...(num(update) === 0xff ? [] : [digits(update)])];
  return parts.join('.');
}

/** Asks a device what it is and what it has, by requests that move nothing. */
export async function survey(requester: Requester): Promise<Survey> {
  const ask = asker(requester);
  const wrong: string[] = [];
  const commands: { [command: string]: Has } = {};
  const note = async (command: string, fields?: TemplateMap): Promise<Answer> => {
    const answer = await ask(command, fields);
    commands[command] = answer.has;
    if (answer.has === 'silent') wrong.push(`says nothing to ${command}`);
    return answer;
  };
  const id = (await note('getEndpointId')).fields ?? {};
  const role = num(id.endpointType) === 1 ? 'bridge' : 'endpoint';
  const uuid = (await note('getEndpointUuid')).fields?.uuid;
  if (typeof uuid === 'string' && /^[0-]*$/.test(uuid)) wrong.push('its UUID is nil');
  const types = list((await note('getMessageTypeSupport')).fields?.types).filter((each) => typeof each === 'number');
  const versions = await readVersions(types, note, wrong);
  const vendors = await walkVendors(note, wrong);
  for (const command of [...ENDPOINT_COMMANDS, ...(role === 'bridge' ? BRIDGE_COMMANDS : [])]) {
    await note(command, targetOf(command, num(id.eid)));
  }
  const pldm = types.includes(messageTypes.pldm) ? await readPldm(note, requester, wrong) : undefined;
  const ncsi = types.includes(messageTypes['nc-si']) ? await readNcsi(note, requester) : undefined;
  const nvme = types.includes(messageTypes['nvme-mi']) ? await readNvme(note, requester) : undefined;
  // Beside another owner it is not asked for versions: that ends what it had agreed with the device.
  const asksSpdm = types.includes(messageTypes.spdm) && requester.settings.answersAsOwner;
  const spdm = asksSpdm ? await readSpdm(note) : undefined;
  return {
    eid: num(id.eid),
    role,
    staticEid: num(id.eidType) !== 0,
    ...(typeof uuid === 'string' ? { uuid } : {}),
    types,
    versions,
    vendors,
    commands,
    pldmTypes: pldm?.types ?? [],
    pldmCommands: pldm?.commands ?? [],
    channels: ncsi?.channels ?? [],
    ...(ncsi?.version === undefined ? {} : { ncsiVersion: ncsi.version }),
    ...(nvme?.version === undefined ? {} : { nvmeVersion: nvme.version }),
    ...(nvme === undefined ? {} : { nvmeCommands: nvme.listed }),
    spdmVersions: spdm ?? [],
    wrong,
  };
}

function targetOf(command: string, eid: number): TemplateMap {
  if (command === 'queryHop') return { targetEid: eid, messageType: 0 };
  return {};
}

type Note = (command: string, fields?: TemplateMap) => Promise<Answer>;

async function readVersions(types: readonly number[], note: Note, wrong: string[]): Promise<Survey['versions']> {
  const found: { [type: string]: readonly string[] } = {};
  for (const type of [0xff, messageTypes.control, ...types]) {
    const { fields } = await note('getMctpVersionSupport', { messageType: type });
    const texts = list(fields?.versions).map(versionText);
    const name = type === 0xff ? 'base' : messageTypeName(type);
    if (texts.length > 0) found[name] = texts;
    else if (!name.startsWith('vendor')) wrong.push(`tells no version of ${name}, which it lists`);
  }
  return found;
}

async function walkVendors(note: Note, wrong: string[]): Promise<Survey['vendors']> {
  const found: { format: number; id: string }[] = [];
  const seen = new Set<number>();
  let selector = 0;
  while (selector !== 0xff) {
    if (seen.has(selector) || found.length >= MOST_VENDORS) {
      wrong.push('its vendor selectors never end');
      return found;
    }
    seen.add(selector);
    const { fields } = await note('getVendorDefinedMessageSupport', { selector });
    if (fields === undefined) return found;
    found.push({ format: num(fields.format), id: typeof fields.vendorId === 'string' ? fields.vendorId : '' });
    selector = num(fields.nextSelector ?? 0xff);
  }
  return found;
}

/** The numbers of the bits that are set, where a table gives a bitmap as numbers or as octets. */
function bits(value: unknown): readonly number[] {
  if (Array.isArray(value)) return value.filter((each) => typeof each === 'number');
  if (typeof value !== 'string') return [];
  return [...fromHex(value)].flatMap((octet, at) =>
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bit) => ((octet >> bit) & 1 ? [8 * at + bit] : [])),
  );
}

async function readPldm(
  note: Note,
  requester: Requester,
  wrong: string[],
): Promise<{ readonly types: readonly number[]; readonly commands: readonly string[] }> {
  const answer = await note('pldm/getPldmTypes');
  const types = bits(answer.fields?.types);
  if (types.length === 0) wrong.push('lists PLDM and no PLDM type');
  const table = Object.values(requester.sets.pldm?.commands ?? {});
  const commands: string[] = [];
  for (const type of types) {
    const version = await note('pldm/getPldmVersion', { transferHandle: 0, operation: 1, pldmType: type });
    const portion = version.fields?.portion;
    const first = typeof portion === 'string' && portion.length >= 8 ? portion.slice(0, 8) : undefined;
    if (first === undefined) {
      wrong.push(`tells no version of PLDM type ${type}, which it lists`);
      continue;
    }
    const asked = { pldmType: type, version: first };
    const numbers = bits((await note('pldm/getPldmCommands', asked)).fields?.commands);
    if (numbers.length === 0) wrong.push(`lists no command of PLDM type ${type}, which it lists`);
    commands.push(...table.filter((each) => isOf(each, type, numbers)).map((each) => each.name.slice('pldm/'.length)));
    for (const command of PLDM_COMMANDS[type] ?? []) {
      if (commands.includes(command) && !Object.hasOwn({ getPldmVersion: 1, getPldmCommands: 1 }, command)) {
        await note(`pldm/${command}`, command === 'getPdr' ? { requestCount: 64, operation: 1 } : undefined);
      }
    }
  }
  return { types, commands };
}

function isOf({ header, code, from }: Command, type: number, numbers: readonly number[]): boolean {
  return header.pldmType === type && numbers.includes(code) && from !== 'device';
}

/** NC-SI refuses most of it before Clear Initial State, which moves something: then nothing is said of its commands. */
async function readNcsi(
  note: Note,
  requester: Requester,
): Promise<{ readonly channels: readonly number[]; readonly version?: string }> {
  const channels: number[] = [];
  for (let channel = 0; channel < MOST_CHANNELS; channel += 1) {
    const answer = await note('nc-si/getVersionId', { channel });
    if (answer.has !== 'yes' || (answer.fields === undefined && answer.reason !== INITIALIZATION_REQUIRED)) break;
    channels.push(channel);
  }
  const version = (await note('nc-si/getVersionId', { channel: 0 })).fields;
  const names = Object.keys(requester.sets['nc-si']?.commands ?? {}).filter((name) => name.startsWith('nc-si/get'));
  for (const name of channels.length === 0 ? [] : names) {
    if (name !== 'nc-si/getVersionId') await note(name);
  }
  const text = version === undefined ? undefined : ncsiVersion(version);
  return { channels, ...(text === undefined ? {} : { version: text }) };
}

function ncsiVersion(fields: FieldValues): string | undefined {
  const digits = (octet: unknown): string => String(num(octet) >> 4 === 0xf ? num(octet) & 0xf : num(octet));
  const { major, minor, ncsiMajor, ncsiMinor } = fields;
  const [first, second] = [ncsiMajor ?? major, ncsiMinor ?? minor];
  return first === undefined || second === undefined ? undefined : `${digits(first)}.${digits(second)}`;
}

/** Read NVMe-MI Data Structure: the optional commands (NVMe-MI 5.7). */
const OPTIONAL_COMMANDS = 4;

async function readNvme(
  note: Note,
  requester: Requester,
): Promise<{ readonly version?: string; readonly listed: readonly string[] }> {
  const reads = Object.keys(requester.sets['nvme-mi']?.commands ?? {}).filter((name) => /\/(read|.*Poll$)/.test(name));
  let version: string | undefined;
  for (const name of reads) {
    const { fields } = await note(name);
    const { majorVersion, minorVersion } = (fields ?? {}) as { majorVersion?: unknown; minorVersion?: unknown };
    if (typeof majorVersion === 'number') version ??= `${majorVersion}.${num(minorVersion)}`;
  }
  const { fields } = await note('nvme-mi/readDataStructure', { structure: OPTIONAL_COMMANDS });
  const commands = Object.values(requester.sets['nvme-mi']?.commands ?? {});
  const listed = list(fields?.optionalCommandList).flatMap((entry) => {
    const { type, opcode } = entry as { readonly type?: unknown; readonly opcode?: unknown };
    const known = commands.find(({ header, code }) => header.nmimt === type && code === opcode);
    return known === undefined ? [] : [known.name.slice('nvme-mi/'.length)];
  });
  return { listed, ...(version === undefined ? {} : { version }) };
}

async function readSpdm(note: Note): Promise<readonly string[]> {
  const { fields } = await note('spdm/getVersion');
  return list(fields?.versions).flatMap((entry) => {
    const { major, minor } = entry as { major?: unknown; minor?: unknown };
    return typeof major === 'number' && typeof minor === 'number' ? [`${major}.${minor}`] : [];
  });
}
