// Tests mctp-relay against a kernel with AF_MCTP, mctp-i2c, mctp-serial, slave-mqueue and two virtual I2C segments
// (i2c-0 with i2c-1, i2c-2 with i2c-3): node kernel-test.mjs --binary PATH, as root, inside the lab's guest.
// The far side is a second relay in a network namespace of its own. The slave-mqueue has a buffer of 120 octets.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { attributes, greeting, hex, message, settings, start, tx, u32 } from './relay-process.mjs';

const { values } = parseArgs({ options: { binary: { type: 'string' } } });
settings.binary = values.binary ?? settings.binary;

const [HELLO, TX_DONE, RX, COUNTERS, CONTROL_DONE, ERROR, GOODBYE] = [1, 3, 4, 6, 8, 0x0b, 0x0c];
const [MESSAGES, PACKETS, FRAMES] = [0, 1, 2];
const [UP, ADD, REMOVE] = [1, 1, 0];
const bus = '/sys/bus/i2c/devices';
const knob = (segment, name, value) => writeFileSync(`/sys/kernel/debug/i2c-vseg/seg${segment}/${name}`, `${value}`);

let id = 1;
/** A relay behind a hello; `ask` sends a control and gives its result, `send` a tx. */
async function open(words, wrapper = []) {
  settings.wrapper = wrapper;
  const relay = start(...words);
  settings.wrapper = [];
  const hello = await relay.find(HELLO);
  relay.write(greeting());
  const kept = [];
  const find = async (type, fits = () => true) => {
    const at = kept.findIndex((each) => each[4] === type && fits(each));
    if (at >= 0) return kept.splice(at, 1)[0];
    for (;;) {
      const one = await relay.next();
      assert.ok(one, `no message of type ${type}`);
      if (one[4] === type && fits(one)) return one;
      kept.push(one);
    }
  };
  return {
    relay,
    hello,
    find,
    async ask(action, ...parts) {
      relay.write(message(7, u32(++id), [action], ...parts));
      const done = await find(CONTROL_DONE);
      const text = done.subarray(23).toString();
      return { status: done[9], value: done[10], errno: done.readUInt16BE(11), text };
    },
    async send(plane, octets, how) {
      relay.write(tx(++id, plane, octets, how));
      const done = await find(TX_DONE);
      return { status: done[9], tag: done[10], errno: done.readUInt16BE(11), text: done.subarray(31).toString() };
    },
    async receive(plane, own = false) {
      const one = await find(RX, (each) => each[5] === plane && (each[6] & 1) === Number(own));
      const size = one[17];
      return { eid: one[7], tag: one[8], address: one.subarray(18, 18 + size), octets: one.subarray(18 + size) };
    },
    /** The first captured packet that ends in these octets: give its header too, for answers alike came before. */
    async packet(ending) {
      await find(RX, (each) => each[5] === PACKETS && each.toString('hex').endsWith(ending));
    },
    async counters() {
      relay.write(message(5, u32(++id)));
      const one = await find(COUNTERS);
      const named = {};
      for (let at = 19; at < one.length; ) {
        const name = one.subarray(at + 1, at + 1 + one[at]).toString();
        at += 1 + one[at];
        named[name] = Number(one.readBigUInt64BE(at));
        at += 8;
      }
      return named;
    },
    async end() {
      relay.finish();
      const goodbye = await find(GOODBYE);
      const { code, errors } = await relay.end;
      return { code, errors, restored: goodbye.readUInt16BE(6), failed: goodbye.readUInt16BE(8) };
    },
  };
}

const failures = [];
async function test(name, body) {
  try {
    await body();
    console.log(`ok   ${name}`);
  } catch (error) {
    failures.push(name);
    console.log(`FAIL ${name}: ${error.stack}`);
  }
}

const link = (up, mtu = 0) => [0x33, [up], u32(mtu)];
const address = (there, eid) => [0x30, [there, eid]];
const route = (there, first, last = first) => [0x31, [there, first, last], u32(0)];
const neighbour = (there, eid, lladdr) => [0x32, there ? [1, eid, 1, lladdr] : [0, eid, 0]];
const request = { eid: 9, tag: 8 };
const getEndpointId = hex('008102');

writeFileSync(`${bus}/i2c-0/new_device`, 'mctp-i2c-interface 0x1010');
const far = await open(
  ['mctp', 'mctpi2c1/8'],
  ['unshare', '-n', 'sh', '-c', `echo mctp-i2c-interface 0x101d > ${bus}/i2c-1/new_device && exec "$0" "$@"`],
);
for (const action of [link(UP), address(ADD, 9), route(ADD, 8), neighbour(ADD, 8, 0x10), [0x22, [0]]]) {
  const done = await far.ask(...action);
  assert.deepEqual([done.status, done.text], [0, '']);
}
let near = await open(['mctp', 'mctpi2c0/9?address=0x1d']);

await test('hello tells the interface', async () => {
  const said = attributes(near.hello);
  assert.equal(said.interface, 'mctpi2c0');
  assert.equal(said.state, 'down');
  assert.equal(near.hello[5 + 6], 1);
  assert.equal(near.hello[5 + 7], 3);
  assert.deepEqual([...near.hello.subarray(5 + 42, 5 + 47)], [1, 0x10, 1, 0x1d, 0]);
});

await test('each way of not being able to send is one line that says what to type', async () => {
  const expect = async (pattern, how = request) => {
    const done = await near.send(MESSAGES, getEndpointId, how);
    assert.equal(done.status, 3);
    assert.match(done.text, pattern);
  };
  await expect(/route to EID 9|no EID of its own/);
  await expect(/mctp addr add 8 dev mctpi2c0/, { ...request, address: [0x1d] });
  assert.equal((await near.ask(...address(ADD, 8))).status, 0);
  await expect(/mctp route add 9 via mctpi2c0/);
  assert.equal((await near.ask(...route(ADD, 9))).status, 0);
  await expect(/mctp neigh add 9 dev mctpi2c0 lladdr 0x1d|mctp link set mctpi2c0 up/);
  assert.equal((await near.ask(...neighbour(ADD, 9, 0x1d))).status, 0);
  await expect(/mctp link set mctpi2c0 up/);
  assert.match((await near.send(PACKETS, hex('010908c8008102'))).text, /mctp link set mctpi2c0 up/);
  assert.equal((await near.ask(...link(UP))).status, 0);
  await expect(/has 1 octets, not 2/, { ...request, address: [0x1d, 0x1d] });
  await expect(/not held/, { ...request, tag: 0x1d });
});

for (const [how, to] of [
  ['by route and neighbour', []],
  ['by physical address', [0x1d]],
]) {
  await test(`a request and its answer, ${how}, with all packets captured`, async () => {
    const done = await near.send(MESSAGES, getEndpointId, { ...request, address: to });
    assert.equal(done.status, 0, done.text);
    assert.equal(done.tag & 8, 8);
    const asked = await far.receive(MESSAGES);
    assert.deepEqual([asked.eid, asked.tag, asked.octets.toString('hex')], [8, done.tag, '008102']);
    assert.deepEqual([...asked.address], [0x10]);
    const answered = await far.send(MESSAGES, hex('00010200090000'), { eid: 8, tag: done.tag & 7 });
    assert.equal(answered.status, 0, answered.text);
    const answer = await near.receive(MESSAGES);
    assert.deepEqual([answer.eid, answer.tag, answer.octets.toString('hex')], [9, done.tag & 7, '00010200090000']);
    const out = await near.receive(PACKETS, true);
    assert.equal(out.octets.toString('hex'), `010908${(0xc0 | done.tag).toString(16)}008102`);
    assert.deepEqual([...out.address], [0x1d]);
    const back = await near.receive(PACKETS);
    assert.deepEqual([...back.address], [0x1d]);
    assert.equal(back.octets.subarray(4).toString('hex'), '00010200090000');
  });
}

await test('a long message is fragmented and comes whole', async () => {
  const body = Buffer.concat([hex('0081'), Buffer.alloc(8000, 0xa5)]);
  const done = await near.send(MESSAGES, body, request);
  assert.equal(done.status, 0, done.text);
  assert.deepEqual((await far.receive(MESSAGES)).octets, body);
  await far.send(MESSAGES, body, { eid: 8, tag: done.tag & 7 });
  assert.deepEqual((await near.receive(MESSAGES)).octets, body);
});

await test('a packet of any header goes out as it is', async () => {
  assert.equal((await near.send(PACKETS, hex('0f0908 3b 008102'))).status, 0);
  await far.packet('0f09083b008102');
});

await test('a held tag brings the answer to an injected packet', async () => {
  const held = await near.ask(0x20, [9, 5]);
  assert.deepEqual([held.status, held.value, held.text], [0, 5, '']);
  assert.equal((await near.ask(0x20, [9, 5])).status, 1);
  await near.send(PACKETS, hex('010908cd008102'));
  const asked = await far.receive(MESSAGES);
  assert.equal(asked.tag, 0x0d);
  await far.send(MESSAGES, hex('00010200090000'), { eid: 8, tag: 5 });
  assert.equal((await near.receive(MESSAGES)).tag, 5);
  const done = await near.send(MESSAGES, getEndpointId, { eid: 9, tag: 0x1d });
  assert.deepEqual([done.status, done.tag], [0, 0x0d]);
  await far.receive(MESSAGES);
  await far.send(MESSAGES, hex('00010200090000'), { eid: 8, tag: 5 });
  await near.receive(MESSAGES);
  assert.equal((await near.ask(0x21, [9, 5])).status, 0);
});

await test('a lent tag is one request long, and comes back with the answer to that', async () => {
  const lent = { eid: 9, tag: 0x2e, address: [0x1d] };
  // The driver's thread sends later than `sent` is said; an answer to something earlier does not end the loan.
  await far.send(PACKETS, hex('01080946000103'), { address: [0x10] });
  await near.packet('01080946000103');
  assert.equal((await near.send(MESSAGES, getEndpointId, lent)).status, 0);
  const asked = await far.receive(MESSAGES);
  assert.equal(asked.tag, 0x0e);
  const busy = await near.send(MESSAGES, getEndpointId, lent);
  assert.deepEqual([busy.status, busy.errno, busy.text], [3, 16, 'tag 6 towards EID 9 is taken']);
  assert.equal((await near.ask(0x20, [9, 6])).status, 1);
  await far.send(MESSAGES, hex('00010200090000'), { eid: 8, tag: 6 });
  await near.packet('010809c600010200090000');
  const held = await near.ask(0x20, [9, 6]);
  assert.deepEqual([held.status, held.value], [0, 6]);
  assert.equal((await near.ask(0x21, [9, 6])).status, 0);
});

await test('a lent tag comes back without an answer after a second, and other tags are left alone', async () => {
  assert.equal((await near.send(MESSAGES, getEndpointId, { eid: 9, tag: 0x2f, address: [0x1d] })).status, 0);
  await far.receive(MESSAGES);
  const lowest = await near.ask(0x20, [9, 0xff]);
  assert.deepEqual([lowest.status, lowest.value < 6], [0, true]);
  await near.ask(0x21, [9, lowest.value]);
  assert.equal((await near.ask(0x20, [9, 7])).status, 1);
  const until = Date.now() + 1500;
  let held = { status: 1 };
  while (held.status !== 0 && Date.now() < until) held = await near.ask(0x20, [9, 7]);
  assert.equal(held.status, 0);
  await near.ask(0x21, [9, 7]);
  assert.equal((await near.send(MESSAGES, getEndpointId, { eid: 9, tag: 0x3f })).errno, 22);
});

await test('a PLDM instance id that another program has is waited for, and ours are locked meanwhile', async () => {
  const file = '/run/pldm-ids';
  writeFileSync(file, Buffer.alloc(256 * 32));
  // Files of the machine outside cannot be written to: the database is put over them, for the relay alone.
  const here = '/usr/share/libpldm/instance-db';
  const lay = `mount -t tmpfs none /usr/share && mkdir -p ${here} && ln -s ${file} ${here}/default && exec "$0" "$@"`;
  const shared = await open(['mctp', 'mctpi2c0/9?address=0x1d'], ['unshare', '-m', 'sh', '-c', lay]);
  assert.equal(attributes(shared.hello)['pldm-ids'], 'shared');
  const other = (eid, own) => Number(execFileSync('labctl', ['pldm-id', file, eid, own], { encoding: 'utf8' }));
  const getTid = (own, tag) =>
    shared.send(MESSAGES, Buffer.from([1, 0x80 | own, 0, 2]), { eid: 9, tag: 0x28 | tag, address: [0x1d] });
  const theirs = other(9, 5);
  const busy = await getTid(5, 6);
  assert.deepEqual([busy.status, busy.errno], [3, 16]);
  assert.equal(busy.text, "PLDM instance id 5 towards EID 9 is another program's here");
  // Neither another id nor another device is meant, and the tag was given back.
  assert.equal((await getTid(6, 6)).status, 0);
  process.kill(theirs);
  process.kill(other(10, 5));
  let again = busy;
  while (again.errno === 16) again = await getTid(5, 7);
  assert.equal(again.status, 0);
  await shared.end();
  const plain = await open(['mctp', 'mctpi2c0/9?address=0x1d']);
  assert.equal(attributes(plain.hello)['pldm-ids'], undefined);
  await plain.end();
});

await test('the device asks, we answer; a second owner is told', async () => {
  assert.equal((await near.ask(0x22, [0])).status, 0);
  const done = await far.send(MESSAGES, hex('008204'), { eid: 8, tag: 8 });
  const asked = await near.receive(MESSAGES);
  assert.deepEqual([asked.eid, asked.octets.toString('hex')], [9, '008204']);
  await near.send(MESSAGES, hex('00020480'), { eid: 9, tag: asked.tag & 7 });
  assert.equal((await far.receive(MESSAGES)).tag, done.tag & 7);
  for (const network of ['', '?net=1']) {
    const again = await open(['mctp', `mctpi2c0/9${network}`]);
    assert.match((await again.ask(0x22, [0])).text, /another program receives MCTP messages of type 0x00/);
    await again.end();
  }
  const other = await open(['mctp', 'mctpi2c0/9']);
  assert.equal((await other.end()).code, 0);
  assert.equal((await near.ask(0x23, [0])).status, 0);
});

await test('counters tell a bad PEC and an address that was not acknowledged', async () => {
  const before = await near.counters();
  knob(0, 'corrupt_next', 1);
  // The driver's thread sends later than `sent` is said.
  await far.send(PACKETS, hex('010809c800820400'), { address: [0x10] });
  let after = before;
  while (after.rx_crc_errors + after.rx_dropped === before.rx_crc_errors + before.rx_dropped)
    after = await near.counters();
  await near.send(PACKETS, hex('010908c8008102'), { address: [0x44] });
  while (after.tx_errors === before.tx_errors) after = await near.counters();
  assert.equal(after.tx_errors, before.tx_errors + 1);
  assert.equal(after.capture_drops, 0);
});

await test('too many unanswered requests are explained', async () => {
  let done = { status: 0 };
  for (let i = 0; i < 9 && done.status === 0; i++) done = await near.send(MESSAGES, getEndpointId, request);
  assert.equal(done.status, 3);
  assert.match(done.text, /all eight tags to EID 9 are taken/);
});

await test('an interface that goes down is told, and comes back', async () => {
  await near.ask(...link(0));
  const error = await near.find(ERROR);
  assert.match(error.toString(), /went down: mctp link set mctpi2c0 up/);
  assert.equal(error[7], 0);
  assert.equal((await near.ask(...link(UP))).status, 0);
  const done = await near.send(PACKETS, hex('010908c8008102'));
  assert.equal(done.status, 0, done.text);
});

await test('what was moved is put back when the input ends, after the restore list', async () => {
  const body = tx(0, MESSAGES, hex('0085010009'), { eid: 0, tag: 8, address: [0x1d] }).subarray(5);
  assert.equal((await near.ask(0x10, [0x40], body)).status, 0);
  const end = await near.end();
  assert.deepEqual([end.code, end.restored, end.failed, end.errors], [0, 1, 0, '']);
  await far.find(RX, (each) => each[5] === MESSAGES && each.subarray(-5).toString('hex') === '0085010009');
  near = await open(['mctp', 'mctpi2c0/9']);
  assert.equal(attributes(near.hello).state, 'down');
  assert.deepEqual([...near.hello.subarray(5 + 42, 5 + 46)], [1, 0x10, 0, 0]);
});

await test('an address that is taken away comes back first, and a neighbour as it was', async () => {
  for (const action of [address(ADD, 8), address(ADD, 12), neighbour(ADD, 9, 0x1d)]) await near.ask(...action);
  const other = await open(['mctp', 'mctpi2c0/9']);
  assert.deepEqual([...other.hello.subarray(5 + 42, 5 + 49)], [1, 0x10, 1, 0x1d, 2, 8, 12]);
  assert.equal(attributes(other.hello).neighbours, '9 at 0x1d');
  for (const action of [address(REMOVE, 8), neighbour(ADD, 9, 0x1e), neighbour(REMOVE, 9)]) {
    assert.equal((await other.ask(...action)).status, 0);
  }
  await other.end();
  const third = await open(['mctp', 'mctpi2c0/9']);
  assert.deepEqual([...third.hello.subarray(5 + 42, 5 + 49)], [1, 0x10, 1, 0x1d, 2, 8, 12]);
  await third.end();
});

await test('hello lists routes, and says where the list is cut', async () => {
  await near.ask(...route(ADD, 20, 29));
  const other = await open(['mctp', 'mctpi2c0/9']);
  assert.match(attributes(other.hello).routes, /(^|, )20-29(,|$)/);
  await other.end();
  for (let eid = 40; eid < 80; eid++) await near.ask(...route(ADD, eid));
  const third = await open(['mctp', 'mctpi2c0/9']);
  const { routes } = attributes(third.hello);
  assert.match(routes, /, …$/);
  assert.ok(Buffer.byteLength(routes) < 128);
  await third.end();
});

await test('an interface that vanishes ends the session', async () => {
  await near.ask(...link(UP));
  writeFileSync(`${bus}/i2c-0/delete_device`, '0x1010');
  const error = await near.find(ERROR, (each) => each[7] === 1);
  assert.match(error.toString(), /mctpi2c0 is gone/);
  assert.equal((await near.relay.end).code, 1);
});
await far.end();

await test('without CAP_NET_RAW there is one line with the setcap command', async () => {
  const relay = start('mctp', 'lo/9');
  assert.match((await relay.end).errors, /no MCTP interface/);
  settings.wrapper = ['setpriv', '--reuid=1000', '--clear-groups'];
  writeFileSync(`${bus}/i2c-0/new_device`, 'mctp-i2c-interface 0x1010');
  const poor = start('mctp', 'mctpi2c0/9');
  settings.wrapper = [];
  const { errors, code } = await poor.end;
  assert.match(errors, /CAP_NET_RAW: be root, or setcap cap_net_raw,cap_net_admin,cap_net_bind_service\+ep \//);
  assert.equal(code, 1);
  writeFileSync(`${bus}/i2c-0/delete_device`, '0x1010');
});

await test('raw I2C: frames both ways, with fates, and the target node is removed', async () => {
  const host = await open(['i2c', '2@0x1d?own=0x10']);
  const device = await open(['i2c', '3@0x10?own=0x1d']);
  assert.match(attributes(host.hello).target, /2-1010, created/);
  const frame = hex('3a0f08210109 08c800810225');
  assert.equal((await host.send(FRAMES, frame)).status, 0);
  assert.deepEqual((await device.receive(FRAMES)).octets, frame);
  for (let i = 0; i < 20; i++) assert.equal((await device.send(FRAMES, [0x20, 0x0f, i])).status, 0);
  for (let i = 0; i < 20; i++) assert.deepEqual([...(await host.receive(FRAMES)).octets], [0x20, 0x0f, i]);
  const nobody = await host.send(FRAMES, hex('440f00'));
  assert.deepEqual([nobody.status, nobody.errno, nobody.text], [1, 6, 'not acknowledged']);
  knob(1, 'nak_next', 1);
  assert.equal((await host.send(FRAMES, frame)).status, 1);
  assert.match((await host.send(FRAMES, hex('3b0f'))).text, /says read/);
  const long = await host.send(FRAMES, Buffer.concat([hex('3a0f'), Buffer.alloc(150)]));
  assert.equal(long.status, 0);
  assert.match((await device.find(ERROR)).toString(), /longer than the slave-mqueue's buffer/);
  assert.equal((await host.end()).code, 0);
  assert.equal((await device.end()).code, 0);
  assert.ok(!existsSync(`${bus}/2-1010`) && !existsSync(`${bus}/3-101d`));
});

await test('raw I2C: addresses that drivers hold are named and left alone', async () => {
  writeFileSync(`${bus}/i2c-2/new_device`, 'slave-24c02 0x1010');
  const taken = await start('i2c', '2@0x1d').end;
  assert.match(taken.errors, /own address 0x10 on I2C bus 2 is held by i2c-slave-eeprom/);
  writeFileSync(`${bus}/i2c-2/delete_device`, '0x1010');
  writeFileSync(`${bus}/i2c-2/new_device`, 'slave-mqueue 0x1010');
  writeFileSync(`${bus}/i2c-2/new_device`, 'slave-24c02 0x50');
  const relay = await open(['i2c', '2@0x1d']);
  const done = await relay.send(FRAMES, hex('a00f00'));
  if (existsSync(`${bus}/2-0050/driver`)) assert.match(done.text, /0x50 on I2C bus 2 is held by/);
  await relay.end();
  assert.ok(existsSync(`${bus}/2-1010`), 'a node that was there stays');
  for (const node of ['0x1010', '0x50']) writeFileSync(`${bus}/i2c-2/delete_device`, node);
  assert.match((await start('i2c', '9@0x1d').end).errors, /no \/dev\/i2c-9/);
});

await test('mctp-serial: the interface of a pty, packets without a link header', async () => {
  const line = await open(['pty']);
  const path = attributes(line.hello).pty;
  const script =
    'open(my $t, "+<", $ARGV[0]) or die; ioctl($t, 0x5423, my $n = pack("i", 28)) or die "$!"; print "on\n"; <STDIN>;';
  const attach = spawn('perl', ['-e', `$| = 1; ${script}`, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => attach.stdout.once('data', resolve));
  assert.match((await start('serial', path).end).errors, /mctp-serial driver/);
  const [name] = readFileSync('/proc/net/dev', 'utf8').match(/mctpserial\d+/);
  const stack = await open(['mctp', `${name}/9`]);
  for (const action of [link(UP), address(ADD, 8), route(ADD, 9)]) assert.equal((await stack.ask(...action)).status, 0);
  const done = await stack.send(MESSAGES, getEndpointId, request);
  assert.equal(done.status, 0, done.text);
  let octets = '';
  while (!/7e.{20}.*7e$/.test(octets)) octets += (await line.receive(FRAMES)).octets.toString('hex');
  assert.match(octets, /^7e0107010908c8008102.{4}7e$/);
  assert.equal((await stack.send(PACKETS, hex('0f0908c8008102'))).status, 0);
  octets = '';
  while (!/7e.{20}.*7e$/.test(octets)) octets += (await line.receive(FRAMES)).octets.toString('hex');
  assert.match(octets, /^7e01070f0908c8008102/);
  await stack.end();
  attach.stdin.end();
  await line.end();
});

await test('hello tells of network interfaces that reach their card by NC-SI', async () => {
  const card = '/sys/class/net/eth7/device/of_node';
  const relay = await open(
    ['loop'],
    [
      'unshare',
      '-m',
      'sh',
      '-c',
      `mount -t tmpfs none /sys/class/net && mkdir -p ${card} /sys/class/net/eth8 &&
      : >${card}/use-ncsi && exec "$0" "$@"`,
    ],
  );
  assert.equal(attributes(relay.hello).ncsi, 'eth7');
  await relay.end();
  const plain = await open(['loop']);
  assert.equal(attributes(plain.hello).ncsi, undefined);
  await plain.end();
});

console.log(failures.length === 0 ? 'all passed' : `${failures.length} failed: ${failures.join(', ')}`);
// What a failed test left open must not keep the guest.
process.exit(failures.length > 0 ? 1 : 0);
