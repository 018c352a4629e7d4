import { z } from 'zod';
import type { CampaignResult } from '../../harness/record/campaign-result';
import { givenSchema } from '../statement/given';
import { PREDICATE_TYPE, STATEMENT_TYPE } from '../statement/statement';
import { assessorText, limitTexts } from '../statement/wording';
import { acceptanceNames, demandText } from './words';

/** Of what follows from a campaign's result: what is computed otherwise gets another number. */
const FORMAT = 1;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What whoever signs a campaign adds to its result. */
export const campaignGivenSchema = givenSchema
  .omit({ evidence: true, powerState: true, omits: true })
  .extend({ files: z.record(z.string(), hash).describe('Of the report, by name') });
export type CampaignGiven = z.infer<typeof campaignGivenSchema>;

/** The parts of a campaign's statement from which the rest can be computed again. */
export const campaignStatementSchema = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.looseObject({ kind: z.literal('campaign'), format: z.literal(FORMAT), given: campaignGivenSchema }),
});
export type CampaignStatement = z.infer<typeof campaignStatementSchema>;

/** Files of a run that a campaign's statement is about, as far as it has them. */
const subjects = ['record.ndjson', 'statement.json'];

/** The statement about a campaign: all but `given` follows from its result, and that from the records of its runs. */
export function buildCampaignStatement(result: CampaignResult, given: CampaignGiven): object {
  const of = (verdict: keyof CampaignResult['counts']['devices']): readonly string[] =>
    result.devices.filter((device) => device.verdict === verdict).map(({ name }) => name);
  const noted = result.devices.some(({ reasons }) => reasons.length > 0);
  return {
    _type: STATEMENT_TYPE,
    subject: result.jobs.flatMap(({ outcome }) => {
      const { path, files } = outcome?.evidence ?? { path: '', files: {} };
      return subjects.flatMap((name) => {
        const file = files[name];
        return file === undefined ? [] : [{ name: `${path}/${name}`, digest: { sha256: file.sha256 } }];
      });
    }),
    predicateType: PREDICATE_TYPE,
    predicate: {
      kind: 'campaign',
      format: FORMAT,
      result: result.verdict !== 'accepted' ? 'FAILED' : noted ? 'WARNED' : 'PASSED',
      configuration: [{ name: 'tool', digest: { sha256: given.toolHash } }],
      passedTests: of('accepted'),
      failedTests: [...of('not-accepted'), ...of('incomplete')],
      acceptance: {
        verdict: result.verdict,
        reasons: result.reasons,
        campaign: result.campaign,
        counts: result.counts,
        devices: result.devices.map(({ name, verdict, reasons, level, executed }) => ({
          name,
          verdict,
          reasons: reasons.map(({ text }) => text),
          level,
          executed,
        })),
      },
      wording: [
        `${acceptanceNames[result.verdict]}: ${result.reasons.join('; ')}. Demanded: ${demandText(result)}.`,
        assessorText(given),
        'The statement applies to these units with their firmware, as they were on the day of their runs.',
        ...limitTexts(given),
      ],
      given,
    },
  };
}
