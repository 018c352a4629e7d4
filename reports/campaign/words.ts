import type { AcceptanceVerdict, CampaignResult, ReasonCode } from '../../harness/record/campaign-result';
import { reasonWeights } from '../../harness/record/campaign-result';
import type { Tone } from '../html/tones';

export const acceptanceNames: { readonly [V in AcceptanceVerdict]: string } = {
  accepted: 'accepted',
  'not-accepted': 'not accepted',
  incomplete: 'incomplete',
};

export const acceptanceTones: { readonly [V in AcceptanceVerdict]: Tone } = {
  accepted: 'good',
  'not-accepted': 'bad',
  incomplete: 'warn',
};

const weightTones: { readonly [W in (typeof reasonWeights)[ReasonCode]]: Tone } = {
  against: 'bad',
  open: 'warn',
  note: 'idle',
};
export const reasonTone = (code: ReasonCode): Tone => weightTones[reasonWeights[code]];

/** `level L2 in every run, no flake`. */
export function demandText({ campaign: { accept } }: CampaignResult): string {
  const level = accept.level === undefined ? 'no red case in any run' : `level ${accept.level} in every run`;
  const flakes =
    accept.flakes === 0
      ? 'no flake'
      : `at most ${accept.flakes} flake${accept.flakes === 1 ? '' : 's'} for each device and profile`;
  return `${level}, ${flakes}`;
}

/** Emulated devices show how a campaign works, and are no evidence about a card. */
export function campaignDemonstration({ attested }: CampaignResult): string | undefined {
  return attested ? undefined : 'Demonstration: not every run is of a real device, no statement rests on this campaign';
}
