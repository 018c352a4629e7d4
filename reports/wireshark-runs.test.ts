import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, toHex } from '../harness/codec/octets';
import type { RecordLine } from '../harness/record/lines';
import { renderPcapng } from './pcapng';
import type { DissectedFrame, Wireshark } from './testing/wireshark-helper';
import { loadWireshark } from './testing/wireshark-helper';

/** What the emulated cards answer in whole runs, to every case, as Wireshark reads it: each message once. */

const MAIN = join(__dirname, '../harness/cli/main.js');
const SOM = 0x80;
const EOM = 0x40;
const NC_SI = 2;
const NC_SI_CHECKSUM = 4;

let folder = '';
let wireshark: Wireshark;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wireshark-'));
  wireshark = await loadWireshark();
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function recordOf(profile: string): readonly RecordLine[] {
  const out = join(folder, profile);
  const { stderr } = spawnSync(process.execPath, [MAIN, 'run', profile, '--out', out, '--quiet'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const text = readFileSync(join(out, 'record.ndjson'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordLine);
}

/** A first packet but for what tells one request from the next: instance id, and the checksum over it. */
function likeness(packet: Uint8Array): string {
  const payload = packet.slice(4);
  const type = (payload[0] ?? 0) & 0x7f;
  if (type < NC_SI) payload[1] = (payload[1] ?? 0) & 0xe0;
  if (type === NC_SI) {
    payload[4] = 0;
    if (((packet[3] ?? 0) & EOM) !== 0) payload.fill(0, payload.length - NC_SI_CHECKSUM);
  }
  return toHex(payload);
}

/** Messages of the device alone, and of those that are alike the first. */
function answersOnce(lines: readonly RecordLine[]): readonly RecordLine[] {
  const seen = new Set<string>();
  const kept = new Map<string, boolean>();
  return lines.filter((line) => {
    if (line.type !== 'frame') return true;
    const [hex, ...more] = line.packets ?? [];
    if (line.direction !== 'rx' || hex === undefined || more.length > 0) return false;
    const packet = fromHex(hex);
    const terminus = toHex(Uint8Array.of(packet[1] ?? 0, packet[2] ?? 0, (packet[3] ?? 0) & 0x0f));
    if (((packet[3] ?? 0) & SOM) === 0) return kept.get(terminus) === true;
    const fresh = !seen.has(likeness(packet));
    seen.add(likeness(packet));
    kept.set(terminus, fresh);
    return fresh;
  });
}

/** It takes the checksum behind a FRU table for octets too many, and a part that is not the first for records. */
const isBlindSpot = ({ info }: DissectedFrame): boolean =>
  /^(Unexpected bytes at end of FRU table|Unsupported or OEM FRU record type)/.test(info);

const complaint = /malformed|\[bad|incorrect|dissector bug/i;

test.each([
  ['nic', 250],
  ['hba', 250],
  ['ssd', 150],
])(
  'finds nothing malformed in what sim:%s answers in a whole run',
  (profile, atLeast) => {
    const frames = wireshark.dissect(renderPcapng(answersOnce(recordOf(profile))));
    expect(frames.length).toBeGreaterThan(atLeast);
    const wrong = frames.filter(
      (frame) => !isBlindSpot(frame) && complaint.test(`${frame.info}\n${frame.tree.join('\n')}`),
    );
    expect(wrong.map(({ comments, info }) => `${comments[0]}: ${info}`)).toEqual([]);
    const checked = frames.filter(({ protocol }) => protocol === 'NVMe-MI');
    expect(checked.length > 0).toBe(profile === 'ssd');
    for (const { tree } of checked) {
      expect(tree.find((label) => label.startsWith('Message Integrity Check'))).toMatch(/\[correct\]$/);
    }
  },
  300_000,
);
