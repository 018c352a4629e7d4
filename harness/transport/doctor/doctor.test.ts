import { parseUri } from '../uri';
import { describeHost } from './examine';
import { readFacts } from './facts';
import { type Finding, findingsOf, type Tools } from './findings';
import type { Machine } from './machine';

/** A machine that is a few files: a text, or where a link points. */
function machine(files: Readonly<Record<string, string>>, more: Partial<Machine> = {}): Machine {
  const paths = Object.keys(files);
  return {
    platform: 'linux',
    programFolders: ['/usr/bin'],
    read: (path) => files[path],
    list: (path) =>
      [
        ...new Set(
          paths
            .filter((each) => each.startsWith(`${path}/`))
            .map((each) => each.slice(path.length + 1).split('/')[0] ?? ''),
        ),
      ].sort(),
    link: (path) => files[path]?.split('/').at(-1),
    may: (path, what) =>
      what === 'use' ? files[path] === 'rw' : paths.some((each) => each === path || each.startsWith(`${path}/`)),
    ...more,
  };
}

const bmc = {
  '/proc/sys/kernel/osrelease': '6.12.0\n',
  '/proc/net/protocols': 'protocol  size sockets\nPACKET  1 0\nMCTP  1 0\n',
  '/proc/self/status': 'Name:\tnode\nCapEff:\t0000000000003400\n',
  '/proc/net/route': 'Iface\tDestination\neth0\t00000000\t1\n',
  '/sys/class/net/eth0/type': '1\n',
  '/sys/class/net/eth0/device/of_node/use-ncsi': '',
  '/sys/class/net/mctpi2c3/type': '290\n',
  '/sys/class/net/mctpi2c3/flags': '0x1\n',
  '/sys/class/net/mctpi2c3/mtu': '68\n',
  '/sys/class/net/mctpi2c3/statistics/rx_crc_errors': '4\n',
  '/sys/class/net/mctpi2c4/type': '290\n',
  '/sys/class/net/mctpi2c4/flags': '0x0\n',
  '/proc/812/comm': 'mctpd\n',
  '/proc/900/comm': 'bash\n',
  '/sys/bus/i2c/devices/i2c-3/name': 'aspeed-i2c\n',
  '/sys/bus/i2c/devices/i2c-12/name': 'i2c-3-mux (chan_id 0)\n',
  '/sys/bus/i2c/devices/i2c-12/mux_device': '../../3-0070',
  '/sys/bus/i2c/devices/3-0070/name': 'pca9548\n',
  '/sys/bus/i2c/devices/3-0070/idle_state': '-2\n',
  '/sys/bus/i2c/devices/3-001d/driver': '../../../bus/i2c/drivers/tmp421',
  '/sys/bus/i2c/devices/3-1010/name': 'mctp-i2c-interface\n',
  '/sys/bus/i2c/drivers/i2c-slave-mqueue/bind': '',
  '/dev/i2c-3': 'rw',
  '/dev/i2c-12': 'no',
  '/dev/ttyUSB0': 'no',
  '/usr/bin/mctp': '',
};
const tools: Tools = { relay: 'mctp-relay 1', relayPath: '/x/mctp-relay', i2cBus: true, serialport: true };

function texts(found: readonly Finding[], level: Finding['level']): readonly string[] {
  return found
    .filter((each) => each.level === level)
    .map(({ text, type }) => (type === undefined ? text : `${text} → ${type}`));
}
const examine = (files: Readonly<Record<string, string>>, uri?: string, has = tools) =>
  findingsOf(readFacts(machine(files)), has, uri === undefined ? undefined : parseUri(uri));

describe('doctor: facts', () => {
  it('reads a BMC', () => {
    expect(readFacts(machine(bmc))).toMatchObject({
      kernel: '6.12.0',
      families: { mctp: true, packet: true },
      capabilities: ['CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN', 'CAP_NET_RAW'],
      interfaces: [
        { name: 'mctpi2c3', up: true, mtu: 68, counters: { rx_crc_errors: 4, rx_dropped: 0 } },
        { name: 'mctpi2c4', up: false },
      ],
      owners: [{ name: 'mctpd', pid: 812 }],
      buses: [
        { number: 12, node: 'forbidden', mux: { device: '3-0070', idle: '-2' } },
        {
          number: 3,
          node: 'usable',
          held: [
            { address: 0x1d, holder: 'tmp421' },
            { address: 0x70, holder: 'pca9548 (no driver bound)' },
            { address: 0x1010, holder: 'mctp-i2c-interface (no driver bound)' },
          ],
        },
      ],
      serialPorts: [{ path: '/dev/ttyUSB0', usable: false }],
      ncsi: [{ name: 'eth0', isDefaultRoute: true }],
    });
  });

  it('reads a machine where nothing is', () => {
    expect(readFacts(machine({}))).toMatchObject({ interfaces: [], buses: [], owners: [], capabilities: [] });
  });
});

describe('doctor: findings', () => {
  it('misses nothing where no device is named', () => {
    for (const files of [bmc, {}]) {
      expect(texts(examine(files, undefined, { ...tools, relay: undefined, i2cBus: false }), 'missing')).toEqual([]);
    }
  });

  it('misses nothing for an interface that is up', () => {
    const found = examine(bmc, 'mctp:mctpi2c3/9');
    expect(texts(found, 'missing')).toEqual([]);
    expect(texts(found, 'note')).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^mctpd \(process 812\).*→ systemctl stop mctpd.*owner: other/),
        expect.stringMatching(/^eth0 reaches its card by NC-SI, and is the way to this machine/),
      ]),
    );
    expect(texts(found, 'ok').join()).toContain('mctpi2c3: up, mtu 68, rx_crc_errors 4');
  });

  it.each([
    ['mctp:mctpi2c4/9', bmc, tools, /^mctpi2c4: down.*→ mctp link set mctpi2c4 up$/],
    ['mctp:mctpi2c7/9', bmc, tools, /^there is no MCTP interface mctpi2c7; there are mctpi2c3 mctpi2c4/],
    ['mctp:mctpi2c3/9', {}, tools, /no AF_MCTP now.*→ modprobe mctp/],
    ['mctp:mctpi2c3/9', bmc, { ...tools, relay: undefined }, /mctp-relay cannot be executed .*→ apt-get install gcc/],
    ['i2c:3@0x1d', bmc, tools, /^address 0x1d on bus 3 is held by tmp421 → echo 3-001d > .*tmp421\/unbind$/],
    ['i2c:3@0x1e', bmc, tools, /^our own address 0x10 on bus 3 is held by mctp-i2c-interface.*delete_device/],
    ['i2c:5@0x1d', bmc, tools, /^there is no I2C bus 5/],
    ['i2c:12@0x1e', bmc, tools, /^\/dev\/i2c-12 may not be opened.*usermod -aG i2c/],
    ['i2c:3@0x1d', {}, tools, /no slave-mqueue/],
    ['serial:/dev/ttyUSB0', bmc, tools, /^\/dev\/ttyUSB0 may not be opened.*dialout/],
    ['serial:/dev/ttyUSB0', {}, { ...tools, serialport: false }, /serialport package does not load/],
  ])('says what %s lacks', (uri, files, has, pattern) => {
    expect(texts(examine(files, uri, has), 'missing')).toEqual(
      expect.arrayContaining([expect.stringMatching(pattern)]),
    );
  });

  it('says of a pldmd whether its instance ids can be shared', () => {
    const beside = { ...bmc, '/proc/815/comm': 'pldmd\n' };
    const database = { '/usr/share/libpldm/instance-db/default': '' };
    expect(texts(examine(beside), 'note').join('\n')).toMatch(/^pldmd .*no database of libpldm.*stop pldmd/m);
    expect(texts(examine({ ...beside, ...database }), 'note').join('\n')).toMatch(/^pldmd .*ids are locked/m);
  });

  it('warns of a mux and of a small buffer', () => {
    const notes = texts(examine(bmc, 'i2c:12@0x1e'), 'note').join('\n');
    expect(notes).toMatch(/bus 12 is a channel of the mux 3-0070 \(idle: -2\)/);
    expect(notes).toMatch(/120 octets unless/);
  });

  it('knows the way round on another system', () => {
    const facts = readFacts(machine({}, { platform: 'darwin' }));
    expect(texts(findingsOf(facts, tools, parseUri('mctp:a/9')), 'missing')).toEqual([
      expect.stringMatching(/this is darwin.*relay:ssh bmc/),
    ]);
    expect(texts(findingsOf(facts, tools, parseUri('relay:ssh bmc mctp-relay')), 'missing')).toEqual([]);
  });

  it('tells what a relay tells of its machine, made printable', () => {
    const found = describeHost(
      {
        lowestVersion: 1,
        highestVersion: 1,
        binding: 'smbus',
        planes: ['packets'],
        capabilities: [],
        unit: 68,
        messageLimit: 0,
        receiveLimit: 0,
        mtu: 68,
        now: 0n,
        resolution: 1,
        clockId: 1,
        eid: 9,
        ownAddress: new Uint8Array(0),
        address: new Uint8Array(0),
        ownEids: Uint8Array.of(8),
        host: 'b\u001b[31mmc',
        program: 'mctp-relay 1',
        description: 'x',
        attributes: {
          state: 'down',
          interface: 'mctpi2c3',
          kernel: '6.12',
          routes: '9 mtu 68',
          neighbours: '',
          ncsi: 'eth0',
          'pldm-ids': 'shared',
        },
      },
      100_000_000,
    );
    expect(texts(found, 'ok')[0]).toBe('mctp-relay 1 on b\\x1b[31mmc (6.12): x');
    expect(texts(found, 'missing')).toEqual(['mctpi2c3 is down → there: mctp link set mctpi2c3 up']);
    expect(texts(found, 'ok')).toEqual(
      expect.arrayContaining([
        'routes: 9 mtu 68',
        'neighbours: none',
        expect.stringMatching(/^PLDM instance ids are locked/),
      ]),
    );
    expect(texts(found, 'note')).toEqual([
      expect.stringMatching(/^eth0 of .* NC-SI: .* → if .* --allow nc-si-initial-state$/),
      expect.stringMatching(/restores nothing/),
    ]);
  });
});
