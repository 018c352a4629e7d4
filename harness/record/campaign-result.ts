import { z } from 'zod';
import { capabilityLevels, caseVerdicts, runVerdicts } from '../names';
import { productFields, resultSchema, shippedSchema, tool } from './result-schema';

/** The schema of `campaign.json`: the source of its type and of `profiles/schema/campaign-result.json`. */

/** `incomplete`: nothing speaks against it, and not everything that was asked for has been shown. */
export const acceptanceVerdicts = ['accepted', 'not-accepted', 'incomplete'] as const;
export type AcceptanceVerdict = (typeof acceptanceVerdicts)[number];

/** Each with what it does to the verdict: speaks against the device, leaves it open, or is told only. */
export const reasonWeights = {
  'red-cases': 'against',
  level: 'against',
  flakes: 'against',
  'not-conformant': 'against',
  'waivers-to-act': 'against',
  'never-ran': 'open',
  'not-ended': 'open',
  'deadline-missed': 'open',
  cancelled: 'open',
  refused: 'open',
  error: 'open',
  'level-not-shown': 'open',
  'only-a-part': 'open',
  'unit-changed': 'open',
  'evidence-missing': 'open',
  'waivers-used': 'note',
  'flakes-allowed': 'note',
  'part-asked-for': 'note',
} as const satisfies { readonly [code: string]: 'against' | 'open' | 'note' };
export type ReasonCode = keyof typeof reasonWeights;
const reasonCodes = Object.keys(reasonWeights) as [ReasonCode, ...ReasonCode[]];

const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const level = z.enum(capabilityLevels);
const { counts } = resultSchema.unwrap().shape;

const reason = z
  .strictObject({
    code: z.enum(reasonCodes),
    text: z.string(),
    cases: z.array(z.string()).readonly().optional().describe('Those that it is about'),
  })
  .readonly();

const unit = z
  .strictObject({
    uri: z.string(),
    uuid: z.string().optional(),
    ...productFields,
  })
  .readonly();

const evidence = z
  .strictObject({
    path: z
      .string()
      .describe('Folder of the run in the store, and below runs/ of a report that has the runs beside it'),
    files: z.record(z.string(), z.strictObject({ sha256: hash, size: count }).readonly()).readonly(),
  })
  .readonly();

const outcome = z
  .strictObject({
    attempt: z.int().min(1),
    verdict: z.enum(runVerdicts),
    level: level.nullable(),
    exitCode: z.int(),
    reason: z.string().optional(),
    counts,
    durationMs: z.number().nonnegative(),
    unit,
    attested: z.boolean(),
    scope: z.string(),
    plan: count.describe('Which of the plans it followed'),
    verdicts: z.array(z.enum(caseVerdicts)).readonly().describe('In the order of the plan'),
    evidence: evidence.optional(),
  })
  .readonly();

const job = z
  .strictObject({
    key: z.strictObject({ device: z.string(), profileHash: z.string(), repeat: z.int().min(1) }).readonly(),
    device: z.string().optional().describe('The one that ran it, where any could'),
    profile: z.string(),
    status: z.enum(['waiting', 'running', 'passed', 'failed', 'error', 'refused', 'cancelled']),
    reason: z.string().optional(),
    attempts: count,
    station: z.string().optional(),
    startedAt: z.string().optional(),
    endedAt: z.string().optional(),
    outcome: outcome.optional(),
  })
  .readonly();

const device = z
  .strictObject({
    name: z.string(),
    verdict: z.enum(acceptanceVerdicts),
    reasons: z.array(reason).readonly(),
    level: level.nullable().describe('Reached in every repeat that no flake disturbed'),
    executed: count.describe('Runs in which the device was exercised'),
    flaky: z
      .array(
        z
          .strictObject({
            profile: z.string(),
            case: z.string(),
            outcomes: z.partialRecord(z.enum(caseVerdicts), count).describe('How many repeats ended so'),
          })
          .readonly(),
      )
      .readonly(),
    jobs: z.array(count).readonly().describe('Which of the jobs are its own'),
  })
  .readonly();

export const campaignResultSchema = z
  .strictObject({
    format: z.literal(1),
    tool,
    campaign: z
      .strictObject({
        id: z.string(),
        title: z.string(),
        accept: z.strictObject({ level: level.optional(), flakes: count }).readonly(),
        parts: z.array(z.string()).readonly().describe('Of profiles that are to run in part: the part, in words'),
        submittedAt: z.string(),
        deadlineAt: z.string().optional(),
        cancelledAt: z.string().optional(),
      })
      .readonly(),
    verdict: z.enum(acceptanceVerdicts),
    reasons: z.array(z.string()).readonly(),
    attested: z.boolean().describe('Whether a statement may rest on every run'),
    counts: z
      .strictObject({
        devices: z
          .strictObject({ accepted: count, 'not-accepted': count, incomplete: count } satisfies {
            readonly [V in AcceptanceVerdict]: z.ZodType;
          })
          .readonly(),
        jobs: count,
        executed: count,
      })
      .readonly(),
    devices: z.array(device).readonly(),
    plans: z.array(z.array(z.string()).readonly()).readonly().describe('Ids of cases, each list once'),
    jobs: z.array(job).readonly(),
  })
  .readonly();

export type CampaignResult = z.infer<typeof campaignResultSchema>;
export type CampaignJob = z.infer<typeof job>;
export type CampaignOutcome = z.infer<typeof outcome>;
export type DeviceAcceptance = z.infer<typeof device>;
export type Reason = z.infer<typeof reason>;

/** The JSON Schema that ships as `profiles/schema/campaign-result.json`. */
export function campaignResultJsonSchema(): object {
  return shippedSchema(campaignResultSchema, 'campaign.json of mctp-certify');
}
