import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadedCampaign } from './plan';
import { isContained, isLasting, jobsOf, loadCampaign } from './plan';
import { jobId } from './redis/keys';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-certify-plan-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function loaded(text: string): LoadedCampaign {
  const file = join(folder, 'campaign.yaml');
  writeFileSync(file, `campaign: rack\n${text}\n`);
  return loadCampaign(file);
}

const offered = [
  { name: 'card-1', labels: ['nic'] },
  { name: 'card-2', labels: ['nic', 'golden'] },
];

describe('the jobs of a campaign', () => {
  test('are devices × profiles × repeats, each once', () => {
    const jobs = jobsOf(
      loaded('runs: [{ devices: [card-1], all: [nic], profiles: [nic, acceptance], repeats: 2 }]'),
      offered,
    );
    expect(jobs.map(({ queue }) => queue).filter((queue) => queue === 'device.card-1')).toHaveLength(4);
    expect(jobs).toHaveLength(8);
    expect(new Set(jobs.map(({ key }) => jobId(key))).size).toBe(8);
  });

  test('for whichever device is free wait in the queue of its labels', () => {
    const jobs = jobsOf(loaded('runs: [{ any: [golden, nic], count: 2, profiles: [nic] }]'), []);
    expect(jobs.map(({ queue, key }) => [queue, key.device])).toEqual([
      ['any.golden+nic', 'any.golden+nic.1'],
      ['any.golden+nic', 'any.golden+nic.2'],
    ]);
  });

  test('for labels that nobody bears are refused', () => {
    expect(() => jobsOf(loaded('runs: [{ all: [ssd], profiles: [nic] }]'), offered)).toThrow(
      'no station offers a device with ssd',
    );
  });

  test('are others where what decides the run is another', () => {
    const hashOf = (text: string): string | undefined =>
      loaded(`runs: [{ devices: [c], profiles: [nic]${text} }]`).plan.profiles[0]?.hash;
    const hashes = ['', ', tier: smoke', ', strict: true', ', select: [DSP0236/control-message]'].map(hashOf);
    expect(new Set(hashes).size).toBe(4);
    expect(hashOf('')).toBe(hashes[0]);
  });
});

describe('a profile of one’s own', () => {
  test('travels with the campaign, with its suites and the waivers', () => {
    mkdirSync(join(folder, 'oem/suites'), { recursive: true });
    writeFileSync(
      join(folder, 'oem/profile.yaml'),
      'profile: own\ntitle: Own\nclass: nic\nincludes: [nic]\nsuites: [./suites]\n',
    );
    writeFileSync(join(folder, 'oem/suites/a.yaml'), 'suite: own/a\n');
    writeFileSync(join(folder, 'waivers.yaml'), 'waivers: []\n');
    const { plan } = loaded('runs: [{ devices: [c], profiles: [./oem/profile.yaml] }]\nwaivers: [./waivers.yaml]');
    expect(plan.sources.map(({ path }) => path).sort()).toEqual([
      'oem/profile.yaml',
      'oem/suites/a.yaml',
      'waivers.yaml',
    ]);
    expect(plan.profiles[0]).toMatchObject({ name: './oem/profile.yaml', argument: 'oem/profile.yaml' });
    expect(plan.waivers).toEqual(['waivers.yaml']);
    const before = plan.profiles[0]?.hash;
    writeFileSync(join(folder, 'oem/suites/a.yaml'), 'suite: own/b\n');
    const after = loaded('runs: [{ devices: [c], profiles: [./oem/profile.yaml] }]\nwaivers: [./waivers.yaml]').plan;
    expect(after.profiles[0]?.hash).not.toBe(before);
  });

  test('is not written outside of its folder', () => {
    expect(['a.yaml', 'a/b.yaml'].map(isContained)).toEqual([true, true]);
    expect(['../a.yaml', '/etc/a.yaml', 'a/../../b.yaml'].map(isContained)).toEqual([false, false, false]);
  });
});

test('only effects that last keep a run from being repeated', () => {
  expect(isLasting({ allow: [] })).toBe(false);
  expect(isLasting({ allow: ['nc-si-initial-state'] })).toBe(false);
  expect(isLasting({ allow: ['firmware'] })).toBe(true);
});
