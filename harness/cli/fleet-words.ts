import { stripVTControlCharacters } from 'node:util';
import type { CampaignState, JobState, StationState } from '../fleet/model';
import type { FleetStore } from '../fleet/store';

/** A fleet in words for the terminal. What devices and hosts said is shown without control characters. */
export function plain(text: string): string {
  return [...stripVTControlCharacters(text)]
    .map((char) => (char < ' ' || (char >= '\u007f' && char <= '\u009f') ? ' ' : char))
    .join('');
}

const LISTED = 20;

function countsText({ counts }: CampaignState): string {
  const said = Object.entries(counts).filter(([, count]) => count > 0);
  return said.length === 0 ? 'no jobs' : said.map(([status, count]) => `${count} ${status}`).join(', ');
}

export function progressLine(state: CampaignState): string {
  return `${plain(state.campaign.id)}: ${countsText(state)}`;
}

type Write = (text: string) => boolean;

/** Jobs that somebody has to look at are listed; the rest is counted. */
export async function writeStatus(
  store: FleetStore,
  state: CampaignState,
  verdict: readonly string[],
  write: Write,
): Promise<void> {
  const { campaign, submittedAt, deadlineAt } = state;
  write(`${verdict.join('\n')}\n`);
  write(
    `  campaign  ${campaign.id}, submitted ${submittedAt}${deadlineAt === undefined ? '' : `, deadline ${deadlineAt}`}\n`,
  );
  write(`  jobs      ${state.jobs}: ${countsText(state)}\n`);
  const notable = ['error', 'refused', 'cancelled'];
  let listed = 0;
  if (notable.some((status) => state.counts[status as keyof typeof state.counts] > 0))
    for await (const job of store.jobs(campaign.id)) {
      if (!notable.includes(job.status) || listed >= LISTED) continue;
      listed += 1;
      write(`  ${job.status.padEnd(9)} ${jobText(job)}\n`);
    }
  const stations = await store.stations();
  for (const line of stationLines(stations)) write(`${line}\n`);
}

function jobText({ key, device, profile, reason }: JobState): string {
  const where = device === undefined || device === key.device ? key.device : `${key.device} on ${device}`;
  return plain(`${where}, ${profile}, repeat ${key.repeat}${reason === undefined ? '' : `: ${reason}`}`);
}

function stationLines(stations: readonly StationState[]): readonly string[] {
  return stations.flatMap(({ name, host, devices, undelivered, note }) => {
    const counts = new Map<string, number>();
    for (const { state } of devices) counts.set(state, (counts.get(state) ?? 0) + 1);
    const states = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
    const kept = undelivered === 0 ? '' : `, ${undelivered} runs not delivered`;
    const held = devices.filter(({ state }) => state === 'in-use-by-hand').slice(0, LISTED);
    return [
      plain(`  station   ${name} on ${host}: ${states}${kept}${note === undefined ? '' : ` (${note})`}`),
      ...held.map((device) => plain(`            ${device.name}: ${device.note ?? device.state}`)),
    ];
  });
}

/** One JSON object, its jobs written as they are read. */
export async function writeStatusJson(
  store: FleetStore,
  state: CampaignState,
  exitCode: number,
  write: Write,
): Promise<void> {
  const stations = await store.stations();
  const head = JSON.stringify({ ...state, exitCode, stations });
  write(`${head.slice(0, -1)},"jobList":[`);
  let separator = '\n';
  for await (const { outcome, ...job } of store.jobs(state.campaign.id)) {
    const short = outcome === undefined ? {} : { outcome: { ...outcome, cases: undefined } };
    write(`${separator}${JSON.stringify({ ...job, ...short })}`);
    separator = ',\n';
  }
  write('\n]}\n');
}

/** All campaigns and stations. */
export function overview(campaigns: readonly CampaignState[], stations: readonly StationState[]): string {
  const lines = campaigns.map((state) => `${plain(state.campaign.id)}  ${state.submittedAt}  ${countsText(state)}`);
  return `${[...(lines.length === 0 ? ['no campaigns'] : lines), ...stationLines(stations)].join('\n')}\n`;
}
