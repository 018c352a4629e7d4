import type { CampaignJob, CampaignResult, DeviceAcceptance } from '../../harness/record/campaign-result';
import { took } from '../html/page-view';
import { runTones } from '../html/tones';
import { clip } from '../visible';
import { caseVerdictNames, runVerdictNames, verdictOrder } from '../words';
import type { MatrixData } from './matrix';
import { markedCases } from './matrix';
import { acceptanceOrder } from './order';
import { acceptanceNames, acceptanceTones, campaignDemonstration, demandText, reasonTone } from './words';

const MAX_STRING = 600;
const MOST_NAMED = 12;

const short = (text: string): string => clip(text, MAX_STRING);
const listed = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

/** Where the folder of a run lies, from the report; undefined where it is not with it. */
export type Link = (path: string) => string | undefined;

export interface CampaignWords {
  readonly link: Link;
  /** Titles of cases, where they are known. */
  readonly titles: ReadonlyMap<string, string>;
}

export function campaignView(result: CampaignResult, matrix: MatrixData, { link, titles }: CampaignWords) {
  const { campaign, verdict, counts, devices } = result;
  const sorted = acceptanceOrder.flatMap((own) => devices.filter((device) => device.verdict === own));
  return {
    tool: `${result.tool.name} ${result.tool.version}`,
    title: short(campaign.title),
    verdict: {
      name: acceptanceNames[verdict],
      tone: acceptanceTones[verdict],
      demand: `Demanded: ${demandText(result)}`,
      reasons: result.reasons.join('; '),
      demonstration: campaignDemonstration(result) ?? '',
    },
    totals: totalsOf(result),
    facts: factsOf(result),
    filters: acceptanceOrder
      .filter((own) => counts.devices[own] > 0)
      .map((own) => ({ verdict: own, name: acceptanceNames[own], count: String(counts.devices[own]) })),
    total: String(devices.length),
    devices: sorted.map((device) => deviceView(device, result, link)),
    marked: markedCases(matrix).map((entry) => ({
      id: entry.id,
      title: short(titles.get(entry.id) ?? ''),
      flaky: entry.flaky === 0 ? '' : `differs between repeats of ${entry.flaky} device${entry.flaky === 1 ? '' : 's'}`,
      groups: entry.groups.map(({ letter, name, tone, rows }) => ({
        name,
        tone,
        count: String(rows.length),
        // Who passes is told by their number.
        rows: 'pnu.'.includes(letter) ? [] : rows.slice(0, MOST_NAMED),
        left: 'pnu.'.includes(letter) || rows.length <= MOST_NAMED ? '' : String(rows.length - MOST_NAMED),
      })),
    })),
  };
}

function totalsOf({ counts }: CampaignResult) {
  const total = Math.max(1, counts.devices.accepted + counts.devices['not-accepted'] + counts.devices.incomplete);
  let x = 0;
  const parts = acceptanceOrder.filter((own) => counts.devices[own] > 0);
  return {
    bar: parts.map((own) => {
      const width = (counts.devices[own] * 1000) / total;
      x += width;
      return { tone: acceptanceTones[own], x: (x - width).toFixed(2), width: width.toFixed(2) };
    }),
    counts: parts.map((own) => ({
      tone: acceptanceTones[own],
      count: String(counts.devices[own]),
      name: acceptanceNames[own],
    })),
    text: parts.map((own) => `${counts.devices[own]} ${acceptanceNames[own]}`).join(', '),
    executed: String(counts.executed),
    jobs: String(counts.jobs),
  };
}

function factsOf({ campaign, jobs, devices }: CampaignResult) {
  const times = jobs.flatMap(({ startedAt, endedAt }) => [startedAt, endedAt]).filter((time) => time !== undefined);
  const sorted = [...times].sort();
  const spent = jobs.reduce((sum, { outcome }) => sum + (outcome?.durationMs ?? 0), 0);
  const firmware = listed(jobs.map(({ outcome }) => outcome?.unit.firmware));
  const stations = listed(jobs.map(({ station }) => station));
  const flaky = devices.reduce((sum, device) => sum + device.flaky.length, 0);
  const all = [
    { name: 'Campaign', value: campaign.id, code: true },
    { name: 'Profiles', value: listed(jobs.map(({ profile }) => profile)).join(', ') },
    { name: 'Firmware', value: firmware.join(', ') },
    { name: 'Stations', value: stations.length > 6 ? `${stations.length}` : stations.join(', ') },
    { name: 'Submitted', value: campaign.submittedAt },
    { name: 'First run began', value: sorted[0] ?? '' },
    { name: 'Last run ended', value: sorted.at(-1) ?? '' },
    { name: 'Deadline', value: campaign.deadlineAt ?? '' },
    { name: 'Cancelled', value: campaign.cancelledAt ?? '' },
    { name: 'Time of the runs, in all', value: took(spent) },
    { name: 'Flakes', value: flaky === 0 ? 'none' : String(flaky) },
  ];
  return all.filter(({ value }) => value !== '').map((fact) => ({ ...fact, value: short(fact.value) }));
}

function deviceView(device: DeviceAcceptance, { jobs }: CampaignResult, link: Link) {
  const own = device.jobs.flatMap((index) => jobs[index] ?? []);
  const units = own.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome.unit]));
  const product = listed(
    units.map(({ manufacturer, model }) => [manufacturer, model].filter(Boolean).join(' ') || undefined),
  );
  return {
    name: short(device.name),
    state: device.verdict,
    verdict: acceptanceNames[device.verdict],
    tone: acceptanceTones[device.verdict],
    level: device.level ?? '',
    product: short([...product, ...listed(units.map(({ serialNumber }) => serialNumber))].join(', ')),
    firmware: short(listed(units.map(({ firmware }) => firmware)).join(', ')),
    station: short(listed(own.map(({ station }) => station)).join(', ')),
    reasons: device.reasons.map(({ code, text }) => ({ tone: reasonTone(code), text: short(text) })),
    flaky: device.flaky.map((entry) => ({
      id: entry.case,
      outcomes: verdictOrder
        .filter((verdict) => entry.outcomes[verdict] !== undefined)
        .map((verdict) => `${entry.outcomes[verdict]} ${caseVerdictNames[verdict]}`)
        .join(', '),
    })),
    runs: own.map((job) => runView(job, link)),
  };
}

function runView(job: CampaignJob, link: Link) {
  const { outcome } = job;
  const path = outcome?.evidence?.path;
  const folder = path === undefined ? undefined : link(path);
  return {
    name: `${short(job.profile)} ${job.key.repeat}`,
    verdict: outcome === undefined ? job.status : runVerdictNames[outcome.verdict],
    tone: outcome === undefined ? 'idle' : runTones[outcome.verdict],
    href: folder === undefined ? '' : `${folder}/report.html`,
    attempts: job.attempts > 1 ? `attempt ${job.attempts}` : '',
    took: outcome === undefined ? '' : took(outcome.durationMs),
    record: outcome?.evidence?.files['record.ndjson']?.sha256.slice(0, 12) ?? '',
  };
}
