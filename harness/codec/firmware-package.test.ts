import fc from 'fast-check';
import { crc32 } from './checksum';
import { readFirmwarePackage } from './firmware-package';
import { concat, fromHex, putUint } from './octets';

/** Packages as DSP0267 lays them out, with a device of two images, the second of which is for another. */

const uuids = [
  'f018878ccb7d49439800a02f059aca02',
  '1244d2648d7d4718a030fc8a56587d5a',
  '3119ce2fe80a4a99af6d46f8b121f6bf',
  '7b291c996db64208801b0202e6463c78',
];
const u8 = (value: number) => putUint(value, 1, true);
const u16 = (value: number) => putUint(value, 2, true);
const u32 = (value: number) => putUint(value, 4, true);
const text = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
const none = new Uint8Array(0);
const image = Uint8Array.of(1, 2, 3, 4, 5);

interface Kind {
  /** Which images are for the device. */
  readonly bitmap?: number;
  readonly devices?: 0 | 1;
  readonly downstream?: number;
}

function build(revision: number, { bitmap = 1, devices = 1, downstream = 0 }: Kind = {}): Uint8Array {
  const descriptor = concat(u16(0), u16(2), u16(0x1ab4));
  const body = concat(
    u8(1),
    u32(0),
    u8(1),
    u8(3),
    u16(2),
    revision >= 4 ? u32(0) : none,
    u8(bitmap),
    text('set'),
    descriptor,
    Uint8Array.of(0xca, 0xfe),
  );
  const record = concat(u16(body.length + 2), body);
  const component = (identifier: number, offset: number) =>
    concat(
      u16(10),
      u16(identifier),
      u32(7),
      u16(1),
      u16(4),
      u32(offset),
      u32(image.length),
      u8(1),
      u8(5),
      text('1.5.0'),
      revision >= 3 ? concat(u32(1), u8(0xaa)) : none,
    );
  const rest = (size: number) =>
    concat(
      fromHex(uuids[revision - 1] ?? ''),
      u8(revision),
      u16(size),
      new Uint8Array(13),
      u16(8),
      u8(1),
      u8(4),
      text('pack'),
      u8(devices),
      devices === 1 ? record : none,
      revision >= 2 ? concat(u8(downstream), ...Array.from({ length: downstream }, () => record)) : none,
      u16(2),
      component(1, size),
      component(2, size + image.length),
    );
  const checksums = revision >= 4 ? 8 : 4;
  const size = rest(0).length + checksums;
  const header = rest(size);
  return concat(header, u32(crc32(header)), revision >= 4 ? u32(0) : none, image, image);
}

const problemOf = (octets: Uint8Array): string => {
  const result = readFirmwarePackage(octets);
  return result.ok ? '' : result.problem;
};

test.each([1, 2, 3, 4])('reads the image for its device from a package of format %d', (revision) => {
  expect(readFirmwarePackage(build(revision))).toEqual({
    ok: true,
    value: {
      revision,
      version: 'pack',
      setVersion: 'set',
      packageData: Uint8Array.of(0xca, 0xfe),
      components: [
        { classification: 10, identifier: 1, comparisonStamp: 7, options: 1, version: '1.5.0', image, size: 5 },
      ],
    },
  });
});

test.each([2, 3, 4])(
  'passes over the downstream devices of format %d, and says so of one that has no other',
  (revision) => {
    expect(readFirmwarePackage(build(revision, { downstream: 3 }))).toEqual(readFirmwarePackage(build(revision)));
    expect(problemOf(build(revision, { devices: 0, downstream: 3 }))).toMatch(/downstream devices \(it names 3\)/);
    expect(problemOf(build(revision, { devices: 0 }))).toBe('it has no record of a device');
  },
);

test('says what is wrong with one that cannot be used', () => {
  const whole = build(2);
  expect(problemOf(none)).toMatch(/identifier/);
  expect(problemOf(whole.map((octet, at) => (at === 40 ? octet ^ 1 : octet)))).toMatch(/checksum/);
  expect(problemOf(whole.subarray(0, 60))).toMatch(/not there whole/);
  expect(problemOf(whole.subarray(0, whole.length - 8))).toMatch(/ends before its image/);
  expect(problemOf(build(2, { bitmap: 0 }))).toMatch(/no image/);
});

test('throws at no octets', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(1, 2, 3, 4), (octets, revision) => {
      const whole = build(revision);
      readFirmwarePackage(concat(whole.subarray(0, 34), octets));
      readFirmwarePackage(octets);
    }),
  );
});
