import { createBridge } from './bridge';
import { ADDRESS, ask, commands } from './testing/lab';

/** Vectors from the layouts of DSP0236 12.4 to 12.19: on SMBus, our address 0x10, the bridge's 0x1d. */

const BRIDGE_EID = '09';
const SET_EID = `00810100${BRIDGE_EID}`;
const FORCE_POOL = '008108010860';

function bridge(...requests: readonly string[]) {
  const device = createBridge({ class: 'bridge', binding: 'smbus', address: ADDRESS, commands, deviations: [] });
  for (const request of requests) ask(device, request);
  return device;
}

describe('Set and Get Endpoint ID of a bridge', () => {
  it('calls itself a bridge', () => {
    expect(ask(bridge(SET_EID), '008102')).toBe('00010200091000');
  });

  it('asks for a pool, then has it, each time with its size', () => {
    const device = bridge();
    expect(ask(device, SET_EID)).toBe('00010100010908');
    ask(device, FORCE_POOL);
    expect(ask(device, SET_EID)).toBe('00010100020908');
  });
});

describe('Allocate Endpoint IDs', () => {
  it.each([
    ['allocates', '008108000860', '00010800000860'],
    ['allocates fewer than its pool holds', '008108000260', '00010800000860'],
    ['takes a forced pool', '008108010880', '00010800000880'],
    ['reports that it has none', '00810802ffff', '00010800000800'],
    ['ignores the reserved bits of the operation', '008108fc0860', '00010800000860'],
    ['refuses the reserved operation', '008108030160', '00010802'],
    ['refuses more than its pool holds', '008108000960', '00010802'],
    ['refuses a range that holds its own EID', '008108000808', '00010802'],
    ['refuses a range beyond the last EID', '0081080008fc', '00010802'],
    ['refuses EIDs that are reserved', '008108000102', '00010802'],
    ['takes none', '008108000000', '00010800000800'],
    ['refuses a request that is too short', '0081080008', '00010803'],
  ])('%s', (_title, request, answer) => {
    expect(ask(bridge(SET_EID), request)).toBe(answer);
  });

  it('queries without a change', () => {
    const device = bridge(SET_EID, FORCE_POOL);
    expect(ask(device, '00810802ffff')).toBe('00010800000860');
    expect(ask(device, '008108020000')).toBe('00010800000860');
  });

  it('has no EID to give after a pool of none', () => {
    const device = bridge(SET_EID, FORCE_POOL, '008108010000');
    expect(device.state.bridge?.downstream.map(({ eid }) => eid)).toEqual([0, 0]);
    expect(ask(device, '008108020000')).toBe('00010800000800');
    expect(ask(device, SET_EID)).toBe('00010100020908');
  });

  it('gives the endpoints behind it EIDs of a new pool when it is forced', () => {
    const device = bridge(SET_EID, FORCE_POOL, '008108010880');
    expect(device.state.bridge?.downstream.map(({ eid }) => eid)).toEqual([0x80, 0x81]);
  });
});

describe('Get Routing Table Entries', () => {
  it('lists its bus owner, on SMBus and with a shifted address, before it has a pool', () => {
    expect(ask(bridge(SET_EID), '00810a00')).toBe('00010a00ff01' + '01080001030120');
  });

  it('lists nothing before it has an EID', () => {
    expect(ask(bridge(), '00810a00')).toBe('00010a00ff00');
  });

  it('takes two answers for three entries, serial ones without an address', () => {
    const device = bridge(SET_EID, FORCE_POOL);
    expect(ask(device, '00810a00')).toBe('00010a000102' + '01080001030120' + '016001052400');
    expect(ask(device, '00810a01')).toBe('00010a00ff01' + '016102052400');
    expect(ask(device, '00810a02')).toBe('00010a02');
    expect(ask(device, '00810afe')).toBe('00010a02');
  });

  it('marks no route as configured and gives every port its number', () => {
    const serial = createBridge({ class: 'bridge', binding: 'serial', address: ADDRESS, commands, deviations: [] });
    expect(serial.state.bridge?.downstream.map(({ port, address }) => [port, address])).toEqual([
      [1, '40'],
      [1, '42'],
    ]);
  });
});

describe('Resolve Endpoint ID and Query Hop', () => {
  const device = () => bridge(SET_EID, FORCE_POOL);

  it.each([
    ['an endpoint of our bus to itself', '00810708', '000107000820'],
    ['one behind the bridge to the bridge', '00810760', '00010700093a'],
    ['the bridge to itself', '00810709', '00010700093a'],
    ['no EID that it does not know', '00810768', '00010702'],
    ['not the null EID', '00810700', '00010702'],
    ['not the broadcast EID', '008107ff', '00010702'],
  ])('resolves %s', (_title, request, answer) => {
    expect(ask(device(), request)).toBe(answer);
  });

  it.each([
    ['the target behind it', '00810f6000', '00010f00600000000000'],
    ['nothing to itself', '00810f0900', '00010f00000000000000'],
    ['nothing to our bus, with the type that was asked for', '00810f0801', '00010f00000100000000'],
    ['no hop to the null EID', '00810f0000', '00010f02'],
    ['no hop to the broadcast EID', '00810fff00', '00010f02'],
    ['no hop to an EID that it does not know', '00810f6800', '00010f02'],
  ])('names %s as next hop', (_title, request, answer) => {
    expect(ask(device(), request)).toBe(answer);
  });
});

describe('Resolve UUID', () => {
  const uuids = { first: 'a3c5d0b27e414f0e8d3b2f6a90c1e701', own: 'd24b8f605c1e4a879f027c8e13b5a6d9' };

  it('lists the endpoint behind it, and itself', () => {
    const device = bridge(SET_EID, FORCE_POOL);
    expect(ask(device, `008110${uuids.first}00`)).toBe('00011000ff01' + '60052400');
    expect(ask(device, `008110${uuids.own}00`)).toBe('00011000ff01' + '090103013a');
  });

  it('lists nothing that it does not know, and has no further handle', () => {
    const device = bridge(SET_EID);
    expect(ask(device, `008110${uuids.first}00`)).toBe('00011000ff00');
    expect(ask(device, `008110${uuids.own}01`)).toBe('00011002');
  });
});

describe('Routing Information Update', () => {
  it('takes routes, replaces them, and leaves those behind it alone', () => {
    const device = bridge(SET_EID, FORCE_POOL);
    expect(ask(device, '008109010001303c')).toBe('00010900');
    expect(ask(device, '008109020001303e00013140')).toBe('00010900');
    expect(ask(device, '00810730')).toBe('00010700303e');
    expect(ask(device, '00810731')).toBe('000107003140');
    expect(ask(device, '008109010001603c')).toBe('00010900');
    expect(ask(device, '00810760')).toBe('00010700093a');
  });

  it.each([
    ['a count without entries', '00810902', '00010903'],
    ['a count that is too large', '008109020001303c', '00010903'],
    ['half an entry', '00810901000130', '00010903'],
    ['a range of no EID', '008109010100303c', '00010902'],
    ['a single endpoint of two EIDs', '008109010002303c', '00010902'],
    ['the null EID', '008109010001003c', '00010902'],
    ['a range beyond the last EID', '0081090101f0703c', '00010902'],
  ])('refuses %s', (_title, request, answer) => {
    expect(ask(bridge(SET_EID), request)).toBe(answer);
  });

  it('says that its table is full and keeps what it has', () => {
    const device = bridge(SET_EID);
    const update = (first: number): string =>
      ask(device, `00810908${[...Array(8).keys()].map((index) => `0001${(first + index).toString(16)}3c`).join('')}`);
    expect([0x80, 0x88, 0x90, 0x98].map(update)).toEqual(['00010900', '00010900', '00010900', '00010980']);
    expect(ask(device, '00810780')).toBe('00010700803c');
    expect(ask(device, '00810798')).toBe('00010702');
  });
});
