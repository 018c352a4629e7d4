import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CampaignResult } from '../../harness/record/campaign-result';
import { outputError } from '../../harness/record/output-error';
import { writeAtomically } from '../render';
import type { Signing } from '../statement/given';
import { STATEMENT_FILE } from '../statement/sign';
import { renderCampaignHtml } from './html';
import { campaignFiles, RUNS_FOLDER, signCampaign } from './sign';
import { renderCampaignText } from './text';

export interface CampaignReport {
  readonly directory: string;
  /** Paths of the runs whose evidence lies in `runs/` of the directory. */
  readonly home: ReadonlySet<string>;
  /** Titles of cases. */
  readonly titles: ReadonlyMap<string, string>;
  readonly signing?: Signing | undefined;
}

/** Writes the report of a campaign, signed where it is to be. Returns the files. Throws OUTPUT and USAGE (no statement). */
export function writeCampaignReport(result: CampaignResult, report: CampaignReport): readonly string[] {
  const { directory, home, titles, signing } = report;
  try {
    mkdirSync(directory, { recursive: true });
  } catch (thrown) {
    throw outputError('create', directory, thrown);
  }
  // A statement about an earlier report would speak of files that are no more.
  rmSync(join(directory, STATEMENT_FILE), { force: true });
  const link = (path: string): string | undefined => (home.has(path) ? `${RUNS_FOLDER}/${path}` : undefined);
  const contents = {
    json: `${JSON.stringify(result, undefined, 1)}\n`,
    html: renderCampaignHtml(result, { link, titles }),
    text: renderCampaignText(result, { limit: result.devices.length }),
  };
  const files = (['json', 'html', 'text'] as const).map((kind) => {
    const file = join(directory, campaignFiles[kind]);
    writeAtomically(file, contents[kind]);
    return file;
  });
  return signing === undefined ? files : [...files, signCampaign(directory, result, signing)];
}
