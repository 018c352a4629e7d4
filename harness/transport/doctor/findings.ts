import { HOW_TO_BUILD } from '../relay-binary';
import type { DeviceUri } from '../uri';
import type { Facts, I2cBus } from './facts';

/** `missing` keeps the named device from being tested; `note` is to be known before it is. */
export type Level = 'ok' | 'note' | 'missing';

export interface Finding {
  readonly topic: string;
  readonly level: Level;
  readonly text: string;
  /** What to type, where that helps. */
  readonly type?: string;
}

/** What this package has, beside the machine. */
export interface Tools {
  /** What `mctp-relay --version` says; undefined where it cannot be run. */
  readonly relay: string | undefined;
  readonly relayPath: string;
  readonly i2cBus: boolean;
  readonly serialport: boolean;
}

/** Everything worth saying. What the named device does not need cannot be missing; without a device nothing can. */
export function findingsOf(facts: Facts, tools: Tools, device?: DeviceUri): readonly Finding[] {
  if (facts.platform !== 'linux') return [notLinux(facts, device)];
  const found = [
    ...kernelFindings(facts, tools, device),
    ...interfaceFindings(facts, device),
    ...ownerFindings(facts),
    ...i2cFindings(facts, tools, device),
    ...serialFindings(facts, tools, device),
    ...ncsiFindings(facts),
    ...toolFindings(facts, tools, device),
  ];
  return found;
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;

/** Only what the device's own path needs is missing; of the rest it is good to know. */
function lacking(device: DeviceUri | undefined, ...schemes: readonly DeviceUri['scheme'][]): Level {
  return device !== undefined && schemes.includes(device.scheme) ? 'missing' : 'note';
}

function notLinux({ platform }: Facts, device: DeviceUri | undefined): Finding {
  const text = `this is ${platform}: sim:, serial:, bridge:, replay: and relay: work here; mctp: and i2c: need Linux`;
  const type = "reach a BMC from here: --device 'relay:ssh bmc mctp-relay mctp IFACE/EID'";
  return { topic: 'system', level: lacking(device, 'mctp', 'i2c'), text, type };
}

function kernelFindings(facts: Facts, { relayPath }: Tools, device: DeviceUri | undefined): readonly Finding[] {
  const { kernel, families, capabilities } = facts;
  const topic = 'kernel';
  const level = lacking(device, 'mctp');
  const found: Finding[] = [{ topic, level: 'ok', text: `Linux ${kernel}` }];
  if (families.mctp) found.push({ topic, level: 'ok', text: 'AF_MCTP is there' });
  else {
    const text = 'the kernel has no AF_MCTP now: CONFIG_MCTP is off, or a module that is not loaded';
    found.push({
      topic,
      level,
      text,
      type: 'modprobe mctp; else a kernel with CONFIG_MCTP=y and CONFIG_MCTP_TRANSPORT_I2C or _SERIAL',
    });
  }
  if (!families.packet) {
    found.push({ topic, level, text: 'the kernel has no AF_PACKET (CONFIG_PACKET)', type: 'modprobe af_packet' });
  }
  const without = (['CAP_NET_RAW', 'CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN'] as const).filter(
    (name) => !capabilities.includes(name),
  );
  if (without.length > 0) {
    // The relay's file may have them; whether it does shows when the device is opened.
    const text = `this process has no ${without.join(', ')}; mctp-relay needs CAP_NET_RAW for MCTP`;
    const type = `sudo setcap cap_net_raw,cap_net_admin,cap_net_bind_service+ep ${relayPath}, or be root`;
    found.push({ topic: 'permissions', level: 'note', text, type });
  } else found.push({ topic: 'permissions', level: 'ok', text: 'MCTP may be sent, received and configured' });
  return found;
}

function interfaceFindings({ interfaces }: Facts, device: DeviceUri | undefined): readonly Finding[] {
  const topic = 'interfaces';
  const named = device?.scheme === 'mctp' ? device.interface : undefined;
  const found: Finding[] = interfaces.map(({ name, up, mtu, counters }) => {
    const bad = Object.entries(counters).filter(([, count]) => count > 0);
    const counted = bad.length === 0 ? '' : `, ${bad.map(([counter, count]) => `${counter} ${count}`).join(', ')}`;
    const text = `${name}: ${up ? 'up' : 'down'}, mtu ${mtu}${counted}`;
    if (up) return { topic, level: 'ok', text };
    return { topic, level: name === named ? 'missing' : 'note', text, type: `mctp link set ${name} up` };
  });
  if (named !== undefined && !interfaces.some(({ name }) => name === named)) {
    const known =
      interfaces.length === 0 ? 'there is none' : `there are ${interfaces.map(({ name }) => name).join(' ')}`;
    const text = `there is no MCTP interface ${named}; ${known}`;
    const type =
      'on I2C: echo mctp-i2c-interface 0x1010 > /sys/bus/i2c/devices/i2c-N/new_device; on a line: mctp link serial /dev/ttyN';
    found.push({ topic, level: 'missing', text, type });
  }
  return found;
}

function ownerFindings({ owners, pldmIds }: Facts): readonly Finding[] {
  if (owners.length === 0) return [{ topic: 'owners', level: 'ok', text: 'no mctpd, pldmd or the like is running' }];
  const ids = pldmIds
    ? '; PLDM instance ids are locked in the database of libpldm, so that no request is taken for a retry of the other'
    : '; there is no database of libpldm to share PLDM instance ids by: a request of one may be taken for a retry of the other';
  return owners.map(({ name, pid }) => ({
    topic: 'owners',
    level: 'note',
    text: `${name} (process ${pid}) talks MCTP too: it may move EIDs, take tags, and answer the device${name === 'pldmd' ? ids : ''}`,
    type: `systemctl stop ${name}, and run with --exclusive; or leave it, and say owner: other in the device file`,
  }));
}

function i2cFindings(facts: Facts, tools: Tools, device: DeviceUri | undefined): readonly Finding[] {
  const named = device?.scheme === 'i2c' ? device : undefined;
  const found = facts.buses.flatMap((bus) => busFindings(bus, named));
  const topic = 'i2c';
  if (named === undefined) return found;
  const numbers = facts.buses.map(({ number }) => number);
  for (const bus of new Set([named.bus, named.targetBus])) {
    if (!numbers.includes(bus))
      found.push({ topic, level: 'missing', text: `there is no I2C bus ${bus}`, type: 'i2cdetect -l' });
  }
  if (!facts.slaveMqueue.driver) {
    const text =
      "the kernel has no slave-mqueue, which receives what the device sends (OpenBMC's CONFIG_I2C_SLAVE_MQUEUE)";
    const type = 'a kernel with it, an adapter with target mode; or mctp: over mctp-i2c, without the frames plane';
    found.push({ topic, level: 'missing', text, type });
  } else {
    const { messageSize } = facts.slaveMqueue;
    const size =
      messageSize === undefined ? '120 octets unless the kernel was built otherwise' : `${messageSize} octets`;
    const small = (messageSize ?? 120) < 259;
    const text = `slave-mqueue takes messages of ${size}; longer ones of the device are dropped`;
    found.push({
      topic,
      level: small ? 'note' : 'ok',
      text,
      ...(small ? { type: 'keep transmissionUnit small enough: octets less 9' } : {}),
    });
  }
  const { i2cBus } = tools;
  found.push({
    topic,
    level: i2cBus ? 'ok' : 'note',
    text: i2cBus ? 'i2c-bus is built: it writes' : 'i2c-bus is not built: the relay writes',
    ...(i2cBus ? {} : { type: 'npm rebuild i2c-bus (needs python3 make g++)' }),
  });
  return found;
}

function busFindings(bus: I2cBus, device: Extract<DeviceUri, { scheme: 'i2c' }> | undefined): readonly Finding[] {
  const { number, name, node, held, mux } = bus;
  const topic = 'i2c';
  const level: Level = device?.bus === number ? 'missing' : 'note';
  const holders = held.map(
    ({ address, holder }) => `${hex(address & 0x7f)} ${address >= 0x1000 ? 'as target ' : ''}${holder}`,
  );
  const taken = holders.length === 0 ? '' : `; held: ${holders.join(', ')}`;
  const found: Finding[] = [{ topic, level: 'ok', text: `bus ${number} (${name})${taken}` }];
  if (node === 'missing')
    found.push({ topic, level, text: `there is no /dev/i2c-${number}`, type: 'modprobe i2c-dev' });
  if (node === 'forbidden') {
    const type = 'sudo usermod -aG i2c $USER, and log in again; see docs/linux.md for a udev rule';
    found.push({ topic, level, text: `/dev/i2c-${number} may not be opened by this user`, type });
  }
  if (mux !== undefined) {
    const text = `bus ${number} is a channel of the mux ${mux.device} (idle: ${mux.idle ?? 'not said'}): another channel's traffic may come between a request and its answer, and target mode is on the root adapter only`;
    found.push({
      topic,
      level: 'note',
      text,
      type: `echo CHANNEL > /sys/bus/i2c/devices/${mux.device}/idle_state keeps it selected`,
    });
  }
  const holder = held.find(({ address }) => address === device?.address)?.holder;
  if (device?.bus === number && holder !== undefined && !/force=1/.test(device.target)) {
    const text = `address ${hex(device.address)} on bus ${number} is held by ${holder}`;
    const id = `${number}-${device.address.toString(16).padStart(4, '0')}`;
    found.push({ topic, level: 'missing', text, type: `echo ${id} > /sys/bus/i2c/drivers/${holder}/unbind` });
  }
  const ours = held.find(({ address }) => device?.targetBus === number && address === (0x1000 | device.own));
  if (ours !== undefined && !/slave-mqueue/.test(ours.holder)) {
    const text = `our own address ${hex(ours.address & 0x7f)} on bus ${number} is held by ${ours.holder}`;
    const type = `echo ${hex(ours.address)} > /sys/bus/i2c/devices/i2c-${number}/delete_device, or say another with own=`;
    found.push({ topic, level: 'missing', text, type });
  }
  return found;
}

function serialFindings(
  { serialPorts }: Facts,
  { serialport }: Tools,
  device: DeviceUri | undefined,
): readonly Finding[] {
  const found: Finding[] = serialPorts.map(({ path, usable }) =>
    usable
      ? { topic: 'serial', level: 'ok', text: path }
      : {
          topic: 'serial',
          level: device?.scheme === 'serial' && device.path === path ? 'missing' : 'note',
          text: `${path} may not be opened by this user`,
          type: 'sudo usermod -aG dialout $USER, and log in again',
        },
  );
  if (serialport) return found;
  const text = 'the serialport package does not load';
  return [
    ...found,
    { topic: 'serial', level: lacking(device, 'serial'), text, type: 'npm rebuild @serialport/bindings-cpp' },
  ];
}

function ncsiFindings({ ncsi }: Facts): readonly Finding[] {
  return ncsi.map(({ name, isDefaultRoute }) => ({
    topic: 'nc-si',
    level: 'note',
    text: `${name} reaches its card by NC-SI${isDefaultRoute ? ', and is the way to this machine' : ''}: if that card is the device, Clear Initial State cuts it off, and cases with it do not run`,
    type: 'if that card is another one: --allow nc-si-initial-state',
  }));
}

function toolFindings(
  { programs }: Facts,
  { relay, relayPath }: Tools,
  device: DeviceUri | undefined,
): readonly Finding[] {
  const topic = 'tools';
  const found: Finding[] = [];
  if (relay !== undefined) found.push({ topic, level: 'ok', text: `${relay} (${relayPath})` });
  else {
    const level = lacking(device, 'mctp', 'i2c');
    found.push({ topic, level, text: `mctp-relay cannot be executed (${relayPath})`, type: HOW_TO_BUILD });
    if (programs.cc === undefined) {
      found.push({
        topic,
        level: 'note',
        text: 'there is no C compiler to build it',
        type: 'apt-get install gcc libc6-dev',
      });
    }
  }
  if (programs.mctp === undefined) {
    const text = 'there is no mctp tool to look at and set addresses, routes and neighbours';
    found.push({ topic, level: 'note', text, type: 'build it from github.com/CodeConstruct/mctp' });
  }
  return found;
}
