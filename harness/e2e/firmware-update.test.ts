import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from '../codec/checksum';
import { concat, fromHex, putUint } from '../codec/octets';
import { packageRoot } from '../package-root';

/** A vendor's package by its path: the emulated card takes its image and runs it after a restart. */

jest.setTimeout(120_000);

const little = (value: number, size: number) => putUint(value, size, true);
const ascii = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
const string = (value: string) => concat([1, value.length], ascii(value));

/** Format 1.0, one device, one image for each version. */
function packaged(versions: readonly [string, ...string[]], image: Uint8Array): Uint8Array {
  const [version] = versions;
  const descriptor = concat(little(0, 2), little(2, 2), little(0x1ab4, 2));
  const lengths = concat([1, version.length], little(0, 2));
  const device = concat([1], little(0, 4), lengths, [(1 << versions.length) - 1], ascii(version), descriptor);
  const header = (size: number) =>
    concat(
      fromHex('f018878ccb7d49439800a02f059aca02'),
      [1],
      little(size, 2),
      new Uint8Array(13),
      little(8, 2),
      string('package'),
      [1],
      little(device.length + 2, 2),
      device,
      little(versions.length, 2),
      ...versions.map((own, index) =>
        concat(
          concat(little(10, 2), little(index + 1, 2), little(9, 4), little(0, 2), little(4, 2)),
          concat(little(size + index * image.length, 4), little(image.length, 4), string(own)),
        ),
      ),
    );
  const size = header(0).length + 4;
  const octets = header(size);
  return concat(octets, little(crc32(octets), 4), ...versions.map(() => image));
}

/** The emulated card takes what ends with its CRC-32. */
const content = Uint8Array.from({ length: 1500 }, (_, index) => index % 251);
const image = concat(content, little(crc32(content), 4));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certify-firmware-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function run(file: Uint8Array) {
  writeFileSync(join(folder, 'fw.pldm'), file);
  const parameters = '{ firmwarePackage: ./fw.pldm, firmwareTransferSize: 200 }';
  writeFileSync(join(folder, 'd.yaml'), `device: d\nprofile: nic\nuri: sim:nic\nparameters: ${parameters}\n`);
  const main = join(packageRoot(), 'dist/harness/cli/main.js');
  const args = ['run', 'nic', '--select', 'pldm/firmware-update', '--config', 'd.yaml', '--out', 'out', '--quiet'];
  return spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: 'utf8' });
}

test('is sent whole, verified, applied and activated', () => {
  expect(run(packaged(['7.7.7'], image)).status).toBe(0);
  const { cases } = JSON.parse(readFileSync(join(folder, 'out/result.json'), 'utf8')) as {
    readonly cases: readonly { readonly id: string; readonly verdict: string }[];
  };
  expect(cases.filter(({ verdict }) => verdict === 'pass')).toHaveLength(10);
  const record = readFileSync(join(folder, 'out/record.ndjson'), 'utf8');
  // The version that the package brings, as the card tells it after its restart.
  expect(record.match(/372e372e37/g)?.length ?? 0).toBeGreaterThan(6);
});

test('whose octets are not its octets any more is refused in one line', () => {
  const { status, stderr } = run(packaged(['7.7.7'], image).map((octet, at) => (at === 30 ? octet ^ 1 : octet)));
  expect(status).toBe(2);
  expect(stderr.trim()).toMatch(/firmwarePackage: \.\/fw\.pldm: the checksum of its header is wrong$/);
});

test('which has several images for the device is refused, each by its name', () => {
  const { status, stderr } = run(packaged(['7.7.7', '2.0'], image));
  expect(status).toBe(2);
  expect(stderr.trim().split('\n')).toEqual([
    expect.stringMatching(
      /fw\.pldm: it has 2 images for its first device, component 1 \(7\.7\.7\), component 2 \(2\.0\), and cases update one/,
    ),
  ]);
});
