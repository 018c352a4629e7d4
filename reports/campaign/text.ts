import { createColors } from 'picocolors';
import type { CampaignResult, DeviceAcceptance } from '../../harness/record/campaign-result';
import { clip, visible } from '../visible';
import { acceptanceOrder } from './order';
import { acceptanceNames, acceptanceTones, campaignDemonstration, demandText } from './words';

export interface CampaignTextOptions {
  readonly colour?: boolean;
  /** Devices that are told one by one. */
  readonly limit?: number;
  /** Where the report lies, named at the end. */
  readonly report?: string;
}

const MOST_DEVICES = 20;
const MOST_REASONS = 4;
const MAX_STRING = 400;

const safe = (text: string): string => clip(visible(text), MAX_STRING);

/** A campaign for a terminal: the devices that are not accepted with their reasons, then the verdict. */
export function renderCampaignText(result: CampaignResult, options: CampaignTextOptions = {}): string {
  const colours = createColors(options.colour === true);
  const paint = { good: colours.green, bad: colours.red, warn: colours.yellow, idle: colours.dim };
  const word = (verdict: DeviceAcceptance['verdict']): string =>
    paint[acceptanceTones[verdict]](acceptanceNames[verdict].toUpperCase());
  const told = acceptanceOrder
    .filter((verdict) => verdict !== 'accepted')
    .flatMap((verdict) => result.devices.filter((device) => device.verdict === verdict));
  const limit = options.limit ?? MOST_DEVICES;
  const { devices, executed, jobs } = result.counts;
  const demonstration = campaignDemonstration(result);
  const counts = acceptanceOrder
    .filter((verdict) => devices[verdict] > 0)
    .map((verdict) => `${devices[verdict]} ${acceptanceNames[verdict]}`);
  const lines = [
    ...told.slice(0, limit).flatMap((device) => deviceLines(device, word(device.verdict))),
    ...(told.length > limit ? [`and ${told.length - limit} more devices that are not accepted`, ''] : []),
    `${word(result.verdict)}  ${safe(result.campaign.title)}`,
    `  demanded  ${demandText(result)}`,
    `  devices   ${counts.length === 0 ? 'none' : counts.join(', ')}`,
    `  runs      ${executed} of ${jobs} executed`,
    ...(demonstration === undefined ? [] : [`  ${demonstration}`]),
    ...(options.report === undefined ? [] : [`  report    ${options.report}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function deviceLines({ name, reasons }: DeviceAcceptance, word: string): readonly string[] {
  const left = reasons.length - MOST_REASONS;
  return [
    `${word}  ${safe(name)}`,
    ...reasons.slice(0, MOST_REASONS).map(({ text }) => `    ${safe(text)}`),
    ...(left > 0 ? [`    and ${left} more reasons`] : []),
    '',
  ];
}
