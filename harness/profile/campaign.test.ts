import { SECOND } from '../clock';
import { readSource } from '../suite/source';
import { readBench } from './bench-schema';
import { readCampaign } from './campaign-schema';

const names = { profiles: ['nic', 'acceptance'] };

function campaignOf(text: string): ReturnType<typeof readCampaign> & { readonly faults: readonly string[] } {
  const [document] = readSource({ file: 'campaign.yaml', text }).documents;
  if (document === undefined) throw new Error('not YAML');
  const read = readCampaign(document, names);
  return { ...read, faults: read.problems.map(({ line, column, message }) => `${line}:${column} ${message}`) };
}

function benchFaults(text: string): readonly string[] {
  const [document] = readSource({ file: 'bench.yaml', text }).documents;
  if (document === undefined) throw new Error('not YAML');
  return readBench(document).problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('a campaign file', () => {
  test('with the least in it asks for one run, allows nothing that lasts and accepts no flake', () => {
    const { campaign, faults } = campaignOf('campaign: a\nruns: [{ devices: [card-1, card-1], profiles: [nic] }]');
    expect(faults).toEqual([]);
    expect(campaign).toMatchObject({
      id: 'a',
      priority: 100,
      exclusive: false,
      allow: [],
      accept: { flakes: 0 },
      runs: [{ targets: [{ kind: 'device', name: 'card-1' }], repeats: 1 }],
    });
    expect(campaign?.deadline).toBeUndefined();
  });

  test('names label sets in any order: it is one set', () => {
    const { campaign } = campaignOf('campaign: a\nruns: [{ any: [b, a, b], count: 3, profiles: [nic] }]');
    expect(campaign?.runs[0]?.targets).toEqual([{ kind: 'any', labels: ['a', 'b'], count: 3 }]);
  });

  test('says its deadline as a time span or as a moment with its zone', () => {
    const deadline = (text: string): unknown =>
      campaignOf(`campaign: a\nruns: [{ devices: [c], profiles: [nic] }]\ndeadline: ${text}`).campaign?.deadline;
    expect(deadline('8h')).toEqual({ kind: 'after', duration: 8 * 3600 * SECOND });
    expect(deadline('2027-03-01T18:00:00+01:00')).toEqual({ kind: 'at', time: '2027-03-01T17:00:00.000Z' });
    expect(campaignOf('campaign: a\nruns: [{ devices: [c], profiles: [nic] }]\ndeadline: soon').faults).toHaveLength(1);
  });

  test('is told each mistake where it stands', () => {
    const text = [
      'campaign: a',
      'runs:',
      '  - profiles: [nci]',
      '  - devices: [c]',
      '    count: 2',
      '    profiles: [./own.yaml]',
      'allow: [fire]',
    ].join('\n');
    expect(campaignOf(text).faults.join('\n')).toContain('7:9');
    const without = campaignOf(text.replace('allow: [fire]', ''));
    expect([...without.faults].sort()).toEqual([
      '3:16 unknown profile "nci"; did you mean "nic"?',
      '3:5 which devices: "devices", "all" or "any"',
      '5:5 "count" goes with "any"; of others there are "repeats"',
    ]);
  });
});

describe('a bench file', () => {
  test('may be JSON on one line, as programs write it', () => {
    const devices = Array.from({ length: 100 }, (_, index) => ({ name: `c-${index}`, labels: ['a'], uri: 'sim:nic' }));
    expect(benchFaults(JSON.stringify({ bench: 'b', devices }))).toEqual([]);
  });

  test('says of each device one way to reach it, under one name', () => {
    expect(benchFaults('bench: b\ndevices: [{ name: c, uri: "sim:nic" }, { name: d, file: d.yaml }]')).toEqual([]);
    expect(
      benchFaults('bench: b\ndevices:\n  - { name: c, uri: "sim:nic", file: c.yaml }\n  - { name: c, uri: x }'),
    ).toEqual(['3:5 how it is reached: "file" or "uri", one of the two', '4:13 "c" is here twice']);
    expect(benchFaults('bench: b\ndevices: [{ name: c, file: c.yaml, parameters: { spareEid: 30 } }]')).toEqual([
      '2:36 "parameters" goes into c.yaml',
    ]);
  });
});
