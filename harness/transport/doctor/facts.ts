import { findProgram, type Machine } from './machine';

/** What a machine is and has, as far as its files tell. */
export interface Facts {
  readonly platform: string;
  readonly kernel: string;
  /** Protocol families that the kernel knows now; a module that is not loaded is not among them. */
  readonly families: { readonly mctp: boolean; readonly packet: boolean };
  readonly capabilities: readonly CapabilityName[];
  readonly interfaces: readonly MctpInterface[];
  /** Programs that are bus owners or requesters of their own, with their process ids. */
  readonly owners: readonly { readonly name: string; readonly pid: number }[];
  /** Whether PLDM instance ids are locked in a file that all programs of libpldm share. */
  readonly pldmIds: boolean;
  readonly buses: readonly I2cBus[];
  readonly slaveMqueue: { readonly driver: boolean; readonly messageSize: number | undefined };
  readonly serialPorts: readonly { readonly path: string; readonly usable: boolean }[];
  /** Network interfaces that reach their card by NC-SI. */
  readonly ncsi: readonly { readonly name: string; readonly isDefaultRoute: boolean }[];
  readonly programs: { readonly cc: string | undefined; readonly mctp: string | undefined };
}

export interface MctpInterface {
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly counters: Readonly<Record<string, number>>;
}

export interface I2cBus {
  readonly number: number;
  readonly name: string;
  readonly node: 'missing' | 'forbidden' | 'usable';
  /** Addresses that drivers hold; our own target addresses have 0x1000 added. */
  readonly held: readonly { readonly address: number; readonly holder: string }[];
  /** Of a channel behind a mux: the mux device and what it does when nobody talks. */
  readonly mux: { readonly device: string; readonly idle: string | undefined } | undefined;
}

const capabilityBits = { CAP_NET_BIND_SERVICE: 10, CAP_NET_ADMIN: 12, CAP_NET_RAW: 13 } as const;
export type CapabilityName = keyof typeof capabilityBits;

const ARPHRD_MCTP = '290';
const IFF_UP = 1;
const KNOWN_OWNERS = ['mctpd', 'pldmd', 'nvmesensor', 'nvmed', 'nsmd', 'spdmd'];
const COUNTERS = ['rx_crc_errors', 'rx_length_errors', 'rx_dropped', 'tx_errors'];
const I2C = '/sys/bus/i2c/devices';
const NET = '/sys/class/net';

export function readFacts(machine: Machine): Facts {
  return {
    platform: machine.platform,
    kernel: word(machine, '/proc/sys/kernel/osrelease'),
    families: readFamilies(machine),
    capabilities: readCapabilities(machine),
    interfaces: readInterfaces(machine),
    owners: readOwners(machine),
    pldmIds: machine.may('/usr/share/libpldm/instance-db/default', 'exist'),
    buses: readBuses(machine),
    slaveMqueue: {
      driver: machine.list('/sys/bus/i2c/drivers').some((name) => /slave-mqueue/.test(name)),
      messageSize: readMessageSize(machine),
    },
    serialPorts: readSerialPorts(machine),
    ncsi: readNcsi(machine),
    programs: { cc: findProgram(machine, 'cc'), mctp: findProgram(machine, 'mctp') },
  };
}

function word(machine: Machine, path: string): string {
  return machine.read(path)?.trim() ?? '';
}

function readFamilies(machine: Machine): Facts['families'] {
  const names = (machine.read('/proc/net/protocols') ?? '').split('\n').map((line) => line.split(/\s+/)[0]);
  return { mctp: names.includes('MCTP'), packet: names.includes('PACKET') };
}

function readCapabilities(machine: Machine): readonly CapabilityName[] {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(machine.read('/proc/self/status') ?? '')?.[1] ?? '0';
  const bits = BigInt(`0x${effective}`);
  const names = Object.entries(capabilityBits) as [CapabilityName, number][];
  return names.filter(([, bit]) => (bits >> BigInt(bit)) & 1n).map(([name]) => name);
}

function readInterfaces(machine: Machine): readonly MctpInterface[] {
  const names = machine.list(NET).filter((name) => word(machine, `${NET}/${name}/type`) === ARPHRD_MCTP);
  return names.map((name) => ({
    name,
    up: (Number(word(machine, `${NET}/${name}/flags`)) & IFF_UP) !== 0,
    mtu: Number(word(machine, `${NET}/${name}/mtu`)),
    counters: Object.fromEntries(
      COUNTERS.map((counter) => [counter, Number(word(machine, `${NET}/${name}/statistics/${counter}`))]),
    ),
  }));
}

function readOwners(machine: Machine): Facts['owners'] {
  return machine
    .list('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ name: word(machine, `/proc/${entry}/comm`), pid: Number(entry) }))
    .filter(({ name }) => KNOWN_OWNERS.includes(name));
}

function readBuses(machine: Machine): readonly I2cBus[] {
  const entries = machine.list(I2C);
  const numbers = entries.flatMap((entry) => /^i2c-(\d+)$/.exec(entry)?.[1] ?? []).map(Number);
  return numbers.map((number) => {
    const node = `/dev/i2c-${number}`;
    const usable = machine.may(node, 'use') ? 'usable' : 'forbidden';
    return {
      number,
      name: word(machine, `${I2C}/i2c-${number}/name`),
      node: machine.may(node, 'exist') ? usable : 'missing',
      held: entries.flatMap((entry) => heldAt(machine, entry, number)),
      mux: readMux(machine, number),
    };
  });
}

function heldAt(machine: Machine, entry: string, bus: number): I2cBus['held'] {
  const [, its, address] = /^(\d+)-([0-9a-f]{4})$/.exec(entry) ?? [];
  if (address === undefined || Number(its) !== bus) return [];
  const name = word(machine, `${I2C}/${entry}/name`);
  const driver = machine.link(`${I2C}/${entry}/driver`);
  return [{ address: Number.parseInt(address, 16), holder: driver ?? `${name} (no driver bound)` }];
}

function readMux(machine: Machine, bus: number): I2cBus['mux'] {
  const device = machine.link(`${I2C}/i2c-${bus}/mux_device`);
  if (device === undefined) return undefined;
  return { device, idle: machine.read(`${I2C}/${device}/idle_state`)?.trim() };
}

function readMessageSize(machine: Machine): number | undefined {
  const text = word(machine, '/sys/module/i2c_slave_mqueue/parameters/message_size');
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function readSerialPorts(machine: Machine): Facts['serialPorts'] {
  const byId = machine.list('/dev/serial/by-id').map((name) => `/dev/serial/by-id/${name}`);
  const plain = machine
    .list('/dev')
    .filter((name) => /^tty(USB|ACM|AMA|UL)\d+$/.test(name))
    .map((name) => `/dev/${name}`);
  return [...byId, ...plain].map((path) => ({ path, usable: machine.may(path, 'use') }));
}

function readNcsi(machine: Machine): Facts['ncsi'] {
  const routes = (machine.read('/proc/net/route') ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  const byDefault = routes.filter(([, destination]) => destination === '00000000').map(([name]) => name);
  return machine
    .list(NET)
    .filter((name) => machine.may(`${NET}/${name}/device/of_node/use-ncsi`, 'exist'))
    .map((name) => ({ name, isDefaultRoute: byDefault.includes(name) }));
}
