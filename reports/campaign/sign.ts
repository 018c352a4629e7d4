import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertifyError } from '../../harness/errors';
import type { CampaignResult } from '../../harness/record/campaign-result';
import { writeAtomically } from '../render';
import { canonical, sha256 } from '../statement/canonical';
import { envelopeText, seal } from '../statement/envelope';
import type { Signing } from '../statement/given';
import { STATEMENT_FILE, toolHash } from '../statement/sign';
import type { CampaignGiven } from './statement';
import { buildCampaignStatement } from './statement';

/** What lies in the folder of a campaign's report. */
export const campaignFiles = { json: 'campaign.json', html: 'report.html', text: 'report.txt' } as const;

/** Folder of the runs' evidence in that of the report. */
export const RUNS_FOLDER = 'runs';

/** Writes `statement.json` beside the report of a campaign. Throws USAGE where none is due. */
export function signCampaign(directory: string, result: CampaignResult, signing: Signing): string {
  const why = whyNot(result);
  if (why !== undefined) throw new CertifyError('USAGE', `no statement: ${why}`, { directory });
  const { key, signed, omits: _omits, powerState: _powerState, ...said } = signing;
  const hashes = Object.values(campaignFiles).map((name) => [name, sha256(readFileSync(join(directory, name)))]);
  const given: CampaignGiven = {
    ...said,
    signed: signed.toISOString(),
    toolHash: toolHash(),
    files: Object.fromEntries(hashes) as CampaignGiven['files'],
  };
  const file = join(directory, STATEMENT_FILE);
  writeAtomically(file, envelopeText(seal(canonical(buildCampaignStatement(result, given)), key)));
  return file;
}

function whyNot(result: CampaignResult): string | undefined {
  if (result.verdict === 'incomplete') return 'the campaign is incomplete, and proves neither';
  const demonstrated = result.jobs.find(({ outcome }) => outcome?.attested === false);
  if (demonstrated !== undefined)
    return `${demonstrated.outcome?.unit.uri} is an emulated or recorded device: its run is a demonstration`;
  return result.attested ? undefined : 'no run is about a real device';
}
