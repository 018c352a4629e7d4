import { messageTypes } from '../names';
import type { Claims, Template } from '../suite/compiled';

/** What the values of a claim are; a list says what its entries are. */
export type ClaimKind =
  | { readonly kind: 'version' | 'boolean' | 'number' | 'message-type' }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  /** The name of a command of this set, without the set. */
  | { readonly kind: 'command'; readonly set: string }
  | { readonly kind: 'list'; readonly of: ClaimKind };

/** One claim: what it can be, and what it says about the device. */
export interface Claim {
  readonly kind: ClaimKind;
  readonly title: string;
}

const list = (of: ClaimKind, title: string): Claim => ({ kind: { kind: 'list', of }, title });
const one = (kind: 'version' | 'boolean' | 'number', title: string): Claim => ({ kind: { kind }, title });

/** The vocabulary: claims by group. An optional feature gets a claim here when the first case asks for it. */
export const vocabulary: { readonly [group: string]: { readonly [name: string]: Claim } } = {
  mctp: {
    version: one('version', 'version of DSP0236 that the device implements'),
    messageTypes: list({ kind: 'message-type' }, 'message types that the device answers'),
    commands: list({ kind: 'command', set: 'control' }, 'optional control commands that the device implements'),
    role: {
      kind: { kind: 'word', words: ['endpoint', 'bridge', 'bus-owner'] },
      title: 'what the device is on its bus',
    },
    staticEid: one('boolean', 'the device has a static EID'),
    addIn: one('boolean', 'the device is an add-in card'),
    hotPlug: one('boolean', 'the device can be added while the bus runs'),
    eidPool: one('boolean', 'the device is a bridge that asks for a pool of EIDs'),
    staticRoutes: one('boolean', 'the device is a bridge with routes that are configured, not assigned'),
    requester: one('boolean', 'the device sends requests of its own'),
    concurrentAssemblies: one('number', 'messages that the device can assemble at once'),
    multiPacket: one('boolean', 'the device sends answers of more than one packet'),
  },
  smbus: {
    arp: one('boolean', 'the device takes its address by SMBus ARP'),
    frequency: one('number', 'highest bus frequency, in kHz'),
  },
  pldm: {
    types: list({ kind: 'number' }, 'PLDM types'),
    commands: list({ kind: 'command', set: 'pldm' }, 'optional PLDM commands that the device implements'),
  },
  'nc-si': {
    version: one('version', 'version of DSP0222'),
    commands: list({ kind: 'command', set: 'nc-si' }, 'optional NC-SI commands that the device implements'),
    channels: list({ kind: 'number' }, 'NC-SI channels of the package'),
  },
  'nvme-mi': {
    version: one('version', 'version of NVMe-MI'),
    commands: list({ kind: 'command', set: 'nvme-mi' }, 'optional NVMe-MI commands that the device implements'),
  },
  nic: { cages: one('number', 'cages for optical modules') },
  hba: { fibreChannel: one('boolean', 'the controller has Fibre Channel ports') },
  spdm: { versions: list({ kind: 'version' }, 'SPDM versions') },
};

/** `mctp.version` and so on. */
export const claimNames: readonly string[] = Object.entries(vocabulary).flatMap(([group, claims]) =>
  Object.keys(claims).map((name) => `${group}.${name}`),
);

export function claimKind(name: string): ClaimKind | undefined {
  const [group = '', claim = '', ...more] = name.split('.');
  const known = Object.hasOwn(vocabulary, group) ? vocabulary[group] : undefined;
  return more.length === 0 && known !== undefined && Object.hasOwn(known, claim) ? known[claim]?.kind : undefined;
}

type Mutable = { [name: string]: Template };

/** Claims as cases see them: message types are numbers. */
export function compileClaims(source: object): Claims {
  const out: { [group: string]: Mutable } = {};
  for (const [group, claims] of Object.entries(source as { [group: string]: object })) {
    const mine: Mutable = {};
    out[group] = mine;
    for (const [name, value] of Object.entries(claims)) {
      const kind = claimKind(`${group}.${name}`);
      const types = kind?.kind === 'list' && kind.of.kind === 'message-type';
      mine[name] = types ? (value as (string | number)[]).map(messageTypeNumber) : (value as Template);
    }
  }
  return out;
}

function messageTypeNumber(value: string | number): number {
  return typeof value === 'number' ? value : messageTypes[value as keyof typeof messageTypes];
}

/** The value of a claim; undefined where it is open. */
export function claimValue(claims: Claims, name: string): Template | undefined {
  const [group = '', claim = ''] = name.split('.');
  const mine = Object.hasOwn(claims, group) ? claims[group] : undefined;
  if (mine === null || typeof mine !== 'object' || Array.isArray(mine)) return undefined;
  return Object.hasOwn(mine, claim) ? (mine as Mutable)[claim] : undefined;
}

/** `over` wins, claim by claim. */
export function mergeClaims(under: Claims, over: Claims): Claims {
  const out: { [group: string]: Template } = { ...under };
  for (const [group, claims] of Object.entries(over)) {
    const before = Object.hasOwn(out, group) ? out[group] : undefined;
    out[group] = { ...(before as Mutable | undefined), ...(claims as Mutable) };
  }
  return out;
}
