import { createHash } from 'node:crypto';
import type { CampaignResult } from '../../harness/record/campaign-result';
import { embeddedJson } from '../html';
import { fill, trusted } from '../html/templating';
import { css, page, script } from './assets';
import { matrixTable } from './client';
import { matrixData } from './matrix';
import type { CampaignWords } from './view';
import { campaignView } from './view';

const hashSource = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/** A campaign as one file that loads nothing; the reports of its runs are linked where they lie beside it. */
export function renderCampaignHtml(result: CampaignResult, words: CampaignWords): string {
  const matrix = matrixData(result, words.link);
  const { tool, campaign, verdict, counts } = result;
  const csp = `default-src 'none'; script-src ${hashSource(script)}; style-src ${hashSource(css)}; base-uri 'none'; form-action 'none'`;
  return fill(page, {
    ...campaignView(result, matrix, words),
    css: trusted(css),
    script: trusted(script),
    csp,
    summary: trusted(embeddedJson({ tool, campaign, verdict, counts })),
    data: trusted(embeddedJson(matrix)),
    matrix: matrix.rows.length === 0 ? '' : trusted(matrixTable(matrix, { suites: new Set(), alike: false })),
  });
}
