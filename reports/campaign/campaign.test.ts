import { campaignResultSchema } from '../../harness/record/campaign-result';
import { campaignResult, job, outcome } from '../../harness/record/testing/campaign-fixture';
import { hostile } from '../../harness/record/testing/record-fixture';
import { campaignSample, sampleIds } from '../testing/campaign-sample';
import { golden } from '../testing/golden';
import { renderCampaignHtml } from './html';
import { markedCases, matrixData, matrixView } from './matrix';
import { renderCampaignText } from './text';

const titles = new Map([['DSP0236/packet-header/3', 'drops a packet whose header version it does not support']]);
const link = (path: string): string | undefined => (path.includes('card-04') ? undefined : `runs/${path}`);
const render = (result = campaignSample()): string => renderCampaignHtml(result, { link, titles });
const nothing = { suites: new Set<string>(), alike: false };

/** The page without what is the same in every one. */
const body = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '<style></style>')
    .replace(/<script>[\s\S]*?<\/script>/, '<script></script>')
    .replace(/sha256-[\w+/=]+/g, 'sha256-');

test('a sample is as it was agreed', () => {
  const html = body(render());
  expect(html).toBe(golden('campaign.html', html));
});

test('a sample is as it was agreed, for a terminal', () => {
  const text = renderCampaignText(campaignSample());
  expect(text).toBe(golden('campaign.txt', text));
});

test('what it embeds for machines is the head of the result', () => {
  const result = campaignSample();
  const summary = /<script type="application\/json" id="summary">(.*?)<\/script>/.exec(render(result))?.[1];
  const { tool, campaign, verdict, counts } = result;
  expect(JSON.parse(summary ?? '')).toEqual(JSON.parse(JSON.stringify({ tool, campaign, verdict, counts })));
  expect(campaignResultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(JSON.parse(JSON.stringify(result)));
});

test('loads nothing; links only to runs that lie beside it', () => {
  const html = render();
  expect(html).toContain('default-src &#x27;none&#x27;; script-src &#x27;sha256-');
  expect(html).not.toMatch(/\bsrc=|url\(|@import/);
  const links = [...body(html).matchAll(/ href="([^"]*)"/g)].map(([, href]) => href ?? '');
  expect(
    links.filter((href) => !/^(#|runs\/rack-7\/card-0[1-356]\/[\w.-]+\/report\.html(#case:[\w/.@-]+)?$)/.test(href)),
  ).toEqual([]);
  expect(links).toContain('runs/rack-7/card-02/aaaaaaaaaaaaaaaa-1.1/report.html#case:DSP0236/packet-header/3');
  expect(html).not.toContain('runs/rack-7/card-04');
});

test('hostile strings are text everywhere', () => {
  const result = campaignSample(hostile);
  expect(render(result)).not.toContain('<img');
  expect(render(result).match(/<\/script>/g)).toHaveLength(3);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is what is asked
  expect(renderCampaignText(result)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('the table shows what is marked case by case, the rest of a suite in one column, what passes everywhere in one', () => {
  const data = matrixData(campaignSample(), link);
  const { groups, columns, rows } = matrixView(data, nothing);
  expect(groups.map(({ title, span, action }) => [title, span, action])).toEqual([
    ['DSP0236/packet-header', '3', 'open'],
    ['DSP0236/get-endpoint-uuid', '2', 'open'],
    ['pldm/get-tid', '3', 'open'],
    ['13 suites without a mark', '1', 'open'],
  ]);
  expect(columns.map(({ text }) => text)).toEqual(['3', '6', '+4', '3', '+2', '2', '4', '+2', '13']);
  const of = (name: string): readonly string[] | undefined =>
    rows.find((row) => row.name === name)?.cells.map(({ text }) => text);
  expect(of('card-02')).toEqual(['F', '·', '4', 'F', '2', '·', '·', '2', '13']);
  expect(of('card-03')).toEqual(['·', '·', '4', '·', '2', 'F~', '·', '2', '13']);
  expect(of('card-04')).toEqual(['·', '·', '4', '·', '2', '·', 'V', '2', '12']);
  expect(of('card-06')).toEqual(['', '', '', '', '', '', '', '', '']);
});

test('suites unfold, those without a mark too, and every case has its column once', () => {
  const data = matrixData(campaignSample(), link);
  const all = { suites: new Set(data.suites.map(({ id }) => id)), alike: true };
  const { columns, rows } = matrixView(data, all);
  const names = columns.slice(0, -1).map(({ name }) => name);
  expect([...names].sort()).toEqual([...sampleIds].sort());
  for (const row of rows) expect(row.cells).toHaveLength(columns.length);
});

test('devices under several profiles have a row for each; the worst of the repeats stands, from the run that it is of', () => {
  const run = (repeat: number, letters: string, profile: string, path: string) => ({
    ...job('card', repeat, { outcome: { ...outcome(letters), evidence: { path, files: {} } } }),
    profile,
  });
  const result = campaignResult([run(1, 'pppp', 'nic', 'a'), run(2, 'pfpp', 'nic', 'b'), run(1, 'wppp', 'gate', 'c')]);
  const { rows } = matrixData(result, (path) => path);
  expect(rows).toEqual([
    { name: 'card', profile: 'nic', letters: 'pfpp', flaky: [1], links: { 1: 'b' } },
    { name: 'card', profile: 'gate', letters: 'wppp', flaky: [], links: { 0: 'c' } },
  ]);
});

test('what is red comes first among the marked cases; who passes is only counted', () => {
  const marks = markedCases(matrixData(campaignSample(), link));
  expect(marks.map(({ id, worst }) => `${worst} ${id}`)).toEqual([
    'f DSP0236/packet-header/3',
    'f DSP0236/get-endpoint-uuid/3',
    'f pldm/get-tid/2',
    'w DSP0236/packet-header/6',
    'v pldm/get-tid/4',
  ]);
  expect(marks[0]?.groups.map(({ name, rows }) => [name, rows.length])).toEqual([
    ['fail', 1],
    ['pass', 4],
    ['no result', 1],
  ]);
});
