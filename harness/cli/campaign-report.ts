import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CertifyError } from '../errors';
import type { EvidenceStore } from '../fleet/evidence-store';
import type { CampaignState, Evidence } from '../fleet/model';
import type { FleetStore } from '../fleet/store';
import { toolVersion } from '../version';
import type { SigningFlags } from './signing';
import { addSigningOptions, readSigning } from './signing';

export interface CampaignReportFlags extends SigningFlags {
  readonly out?: string;
  readonly json: boolean;
}

export function addCampaignReportOptions(command: Command): Command {
  return addSigningOptions(command).option('--out <dir>', 'where to (default: reports/out/CAMPAIGN)');
}

/**
 * Writes the report of a campaign into a folder, with the evidence of its runs below it, and prints the acceptance.
 * Exit code 0: accepted, 1: not accepted, 3: incomplete.
 */
export async function reportCampaign(
  store: FleetStore,
  state: CampaignState,
  flags: CampaignReportFlags,
): Promise<0 | 1 | 3> {
  const { campaignResult } = require('../fleet/acceptance') as typeof import('../fleet/acceptance');
  const { writeCampaignReport } =
    require('../../reports/campaign/write') as typeof import('../../reports/campaign/write');
  const { RUNS_FOLDER } = require('../../reports/campaign/sign') as typeof import('../../reports/campaign/sign');
  const { id } = state.campaign;
  const [single] = (['omit', 'powerState'] as const).filter((name) => flags[name] !== undefined);
  if (single !== undefined) {
    const option = single === 'omit' ? '--omit' : '--power-state';
    throw new CertifyError('USAGE', `${option} is for the statement about one run, not about a campaign`);
  }
  const nonce = flags.nonce ?? (flags.sign === undefined ? undefined : state.nonce);
  const signing = readSigning({ ...flags, ...(nonce === undefined ? {} : { nonce }) }, '', new Date());
  const directory = resolve(flags.out ?? join('reports', 'out', id.replace(/[^A-Za-z0-9._-]+/g, '-')));
  refuseOthers(directory);
  const tool = { name: 'mctp-certify', version: toolVersion() };
  const result = await campaignResult(state, store.jobs(id), tool);
  const { home, titles } = await bringAll(store, id, join(directory, RUNS_FOLDER));
  const written = write();
  if (flags.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    const { renderCampaignText } =
      require('../../reports/campaign/text') as typeof import('../../reports/campaign/text');
    const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
    process.stdout.write(renderCampaignText(result, { colour, report: join(directory, 'report.html') }));
  }
  for (const line of written) process.stderr.write(`${line}\n`);
  return result.verdict === 'accepted' ? 0 : result.verdict === 'not-accepted' ? 1 : 3;

  /** Where there is a statement, or why there is none: the report stands either way. */
  function write(): readonly string[] {
    writeCampaignReport(result, { directory, home, titles });
    if (signing === undefined) return [];
    const { signCampaign } = require('../../reports/campaign/sign') as typeof import('../../reports/campaign/sign');
    try {
      return [`statement ${signCampaign(directory, result, signing)}`];
    } catch (thrown) {
      if (thrown instanceof CertifyError && thrown.code === 'USAGE') return [thrown.message];
      throw thrown;
    }
  }
}

/** A folder with something else in it is left alone; that of an earlier report is written anew. */
function refuseOthers(directory: string): void {
  if (!existsSync(directory) || existsSync(join(directory, 'campaign.json'))) return;
  if (readdirSync(directory).length > 0)
    throw new CertifyError('USAGE', `${directory} holds something else: name another folder with --out`, { directory });
}

/** The evidence of every run, and the titles of the cases from one result of each plan. */
async function bringAll(
  store: FleetStore,
  id: string,
  directory: string,
): Promise<{ readonly home: ReadonlySet<string>; readonly titles: ReadonlyMap<string, string> }> {
  const { bringHome } = require('../fleet/evidence/bring-home') as typeof import('../fleet/evidence/bring-home');
  const { openEvidenceStore } = require('../fleet/evidence/open') as typeof import('../fleet/evidence/open');
  const stores = new Map<string, EvidenceStore>();
  const storeOf = (evidence: Evidence): EvidenceStore => {
    const place = JSON.stringify(evidence.store);
    const own = stores.get(place) ?? openEvidenceStore(evidence.store);
    stores.set(place, own);
    return own;
  };
  const home = new Set<string>();
  const titles = new Map<string, string>();
  try {
    for await (const { outcome } of store.jobs(id)) {
      const evidence = outcome?.evidence;
      if (outcome === undefined || evidence === undefined) continue;
      await bringHome(storeOf(evidence), evidence, directory);
      home.add(evidence.path);
      if (outcome.cases.ids.some((own) => !titles.has(own)))
        for (const [own, title] of titlesIn(join(directory, evidence.path, 'result.json'))) titles.set(own, title);
    }
  } finally {
    for (const own of stores.values()) own.close();
  }
  return { home, titles };
}

function titlesIn(path: string): readonly (readonly [string, string])[] {
  try {
    const { cases } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly cases: readonly { id: string; title: string }[];
    };
    return cases.map(({ id, title }) => [id, title]);
  } catch {
    // Without a result the cases keep their ids.
    return [];
  }
}
