import { leavesOf } from './leaves';
import { redact } from './redact';

const serial = 'SN0123456789ABCDEF';
const hex = Buffer.from(serial).toString('hex');
const line = (value: object): string => `${JSON.stringify(value)}\n`;
const hide = (lines: readonly string[], ...secrets: readonly string[]) => redact(lines, leavesOf(lines), secrets);

test('text and octets are masked in their length, and the line loses its salt', () => {
  const lines = [
    line({ type: 'check', check: { actual: `serial ${serial}`, octets: `0102${hex}03` } }),
    line({ type: 'note', text: 'nothing' }),
  ];
  const { lines: out, leaves, masked } = hide(lines, serial);
  expect(JSON.parse(out[0] ?? '')).toEqual({
    type: 'check',
    check: { actual: `serial ${'*'.repeat(serial.length)}`, octets: `0102${'0'.repeat(hex.length)}03` },
  });
  expect(out[1]).toBe(lines[1]);
  expect(leaves.map(({ salt }) => salt === undefined)).toEqual([true, false]);
  expect(masked).toBe(1);
});

test('a MAC address is found as octets, and as people write it', () => {
  const lines = [
    line({ octets: 'ff001122aabbcc00', text: 'MAC 00 11 22 aa BB cc, 00:11:22:AA:BB:CC and 001122AABBCC' }),
  ];
  const { lines: out } = hide(lines, '00:11:22:aa:bb:cc');
  expect(out[0]).not.toMatch(/1122aabb|11 22 aa|11:22:AA|1122AABB/i);
  expect(out[0]).toContain('ff00000000000000');
});

test('octets are not found in the middle of others', () => {
  const lines = [line({ octets: '0a1b2c3d40' })];
  expect(hide(lines, 'a1:b2:c3:d4').masked).toBe(0);
});

test('packets and frames over which a secret is spread are masked whole', () => {
  const half = hex.length / 2;
  const packets = [`010908c0${'11'.repeat(8)}${hex.slice(0, half)}`, `01090850${hex.slice(half)}22`];
  const frames = packets.map((packet, index) => `200f${index}f3b${packet}aa`);
  const received = { at: 1, body: `11${hex}22`, packets, frames };
  const lines = [
    line({ type: 'frame', octets: frames[0], packets: [packets[0]] }),
    line({ type: 'frame', octets: frames[1], packets: [packets[1]] }),
    line({ type: 'observation', observation: { exchanges: [{ response: received }] } }),
  ];
  const { lines: out, masked } = hide(lines, serial);
  expect(masked).toBe(3);
  for (const part of [hex.slice(0, half), hex.slice(half)]) expect(out.join('')).not.toContain(part);
});

test('a secret over two frames of which no observation tells is masked', () => {
  const half = hex.length / 2;
  const lines = [hex.slice(0, half), hex.slice(half)].map((part) =>
    line({ type: 'frame', octets: `200f103b010908c0${part}aa`, packets: [`010908c0${part}`] }),
  );
  expect(hide(lines, serial).masked).toBe(2);
});
