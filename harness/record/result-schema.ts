import { z } from 'zod';
import {
  bindings,
  capabilityLevels,
  capabilityNeeds,
  capabilityStatuses,
  caseVerdicts,
  checkVerdicts,
  effects,
  levels,
  planes,
  runVerdicts,
  tiers,
} from '../names';

/** The schema of `result.json`: the source of its type and of `profiles/schema/result.json`. */
const count = z.int().nonnegative();
const milliseconds = z.number().nonnegative();

/** What results of runs and of campaigns share. */
export const tool = z.strictObject({ name: z.string(), version: z.string() }).readonly();
/** Of a unit, as it told over the wire. */
export const productFields = {
  manufacturer: z.string().optional(),
  model: z.string().optional(),
  partNumber: z.string().optional(),
  serialNumber: z.string().optional(),
  firmware: z.string().optional(),
};

const checkResult = z
  .strictObject({
    id: z.string().describe('CASE#STEP.PATH[loop=value,…]'),
    requirement: z.string(),
    level: z.enum(levels),
    verdict: z.enum(checkVerdicts),
    expected: z.string(),
    actual: z.string(),
    octets: z.string().optional().describe('The octets that decided, as hex'),
    highlight: z.strictObject({ offset: count, length: count }).readonly().optional(),
    note: z.string().optional(),
    step: z.int(),
  })
  .readonly();

const caseResult = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    suite: z.string(),
    verdict: z.enum(caseVerdicts),
    reason: z.string().optional(),
    requirements: z.array(z.string()).readonly(),
    level: z.enum(levels).describe('The strongest level among its requirements'),
    checks: z.array(checkResult).readonly(),
    durationMs: milliseconds,
    attempts: count,
    outcomes: z
      .partialRecord(z.enum(caseVerdicts), count)
      .optional()
      .describe('Of several attempts: how many ended so'),
    serves: z
      .array(z.string())
      .readonly()
      .optional()
      .describe('Capabilities that it decides, where it decides nothing else: then it never fails'),
  })
  .readonly();

const coverageEntry = z
  .strictObject({
    requirement: z.string(),
    level: z.enum(levels),
    verdict: z.enum([...checkVerdicts, 'waived']),
    cases: z.array(z.string()).readonly(),
  })
  .readonly();

const rank = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal('oem')]);

const wayResult = z
  .strictObject({
    rank,
    status: z.enum(['passed', 'failed', 'not-tested', 'not-applicable']),
    cases: z.array(z.string()).readonly(),
    waived: z.boolean().optional(),
    note: z.string().optional(),
    reason: z.string().optional(),
  })
  .readonly();

const capabilityResult = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    level: z.enum(capabilityLevels),
    need: z.enum(capabilityNeeds),
    status: z.enum(capabilityStatuses),
    rank: rank.optional().describe('The way by which it is met'),
    note: z.string().optional(),
    reason: z.string().optional(),
    ways: z.array(wayResult).readonly(),
    differs: z
      .array(z.strictObject({ code: z.string(), seen: z.string() }).readonly())
      .readonly()
      .optional()
      .describe('How products have been seen to miss it'),
  })
  .readonly();

const ruleResult = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    need: z.enum(['required', 'recommended']),
    confirmed: z.boolean().describe('Whether the wording is known; others decide nothing'),
    source: z.string(),
    by: z.array(z.string()).readonly().describe('Capabilities and requirements that it is mapped to'),
    status: z.enum(capabilityStatuses),
    reason: z.string().optional(),
  })
  .readonly();

const overlayResult = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    version: z.string(),
    status: z.enum(['met', 'not-met', 'not-tested']),
    rules: z.array(ruleResult).readonly(),
  })
  .readonly();

const claimRow = z
  .strictObject({
    what: z.string(),
    name: z.string(),
    claimed: z.boolean().optional(),
    advertised: z.boolean().optional(),
    behaves: z.boolean().optional(),
    finding: z.string().optional().describe('Where they do not agree'),
  })
  .readonly();

const counts = z
  .strictObject({
    pass: count,
    warn: count,
    fail: count,
    'not-applicable': count,
    unreachable: count,
    blocked: count,
    error: count,
    waived: count,
  } satisfies { readonly [V in (typeof caseVerdicts)[number]]: z.ZodType })
  .readonly();

const waiverResult = z
  .strictObject({
    case: z.string().optional(),
    requirement: z.string().optional(),
    device: z.string(),
    firmware: z.string().optional(),
    reason: z.string(),
    owner: z.string(),
    expires: z.string(),
    evidence: z.string().optional(),
    status: z
      .enum(['applied', 'not-exercised', 'other-device', 'unmatched', 'expired', 'over-broad'])
      .describe('the last three ask somebody to act and make the exit code 1'),
    note: z.string().optional(),
    cases: z.array(z.string()).readonly().describe('the failures that it covers'),
  })
  .readonly();

const expectedFailure = z
  .strictObject({
    check: z.string(),
    reason: z.string(),
    status: z.enum(['met', 'stale', 'not-exercised']).describe('a stale one makes the exit code 1'),
  })
  .readonly();

export const resultSchema = z
  .strictObject({
    tool,
    profile: z.strictObject({ id: z.string(), title: z.string(), class: z.string(), hash: z.string() }).readonly(),
    device: z
      .strictObject({
        uri: z.string(),
        id: z.string().optional().describe('the id of its device file'),
        binding: z.enum(bindings),
        eid: z.int().min(0).max(255).nullable().describe('null where the device never told'),
        uuid: z.string().optional(),
        types: z.array(z.int()).readonly(),
        ...productFields,
      })
      .readonly(),
    scope: z
      .strictObject({
        binding: z.enum(bindings),
        planes: z.array(z.enum(planes)).readonly(),
        effects: z.array(z.enum(effects)).readonly(),
        acknowledge: z.boolean(),
        exclusive: z.boolean(),
        hops: z.int(),
        owner: z.enum(['self', 'other']),
        select: z.array(z.string()).readonly(),
        strict: z.boolean(),
        thorough: z.boolean(),
        repeat: z.int().min(1).optional().describe('Attempts at each case'),
        paceMs: milliseconds.optional().describe('Between the starts of two attempts, at least'),
        tier: z.enum(tiers).optional(),
      })
      .readonly(),
    started: z.string(),
    ended: z.string().optional(),
    segments: count,
    attested: z.boolean().describe('Whether a statement may rest on this run'),
    interrupted: z.boolean(),
    verdict: z.enum(runVerdicts),
    reason: z.string().optional(),
    level: z
      .enum(capabilityLevels)
      .nullable()
      .describe('The highest level whose capabilities are all met; null without any'),
    demands: z.enum(capabilityLevels).optional().describe('The level that the run was held against'),
    capabilities: z.array(capabilityResult).readonly().optional(),
    overlays: z.array(overlayResult).readonly().optional(),
    claims: z
      .array(claimRow)
      .readonly()
      .optional()
      .describe('Claimed, advertised, behaves: as the device was asked after the last case'),
    planned: count,
    executed: count,
    counts,
    cases: z.array(caseResult).readonly(),
    waivers: z.array(waiverResult).readonly(),
    expectedFailures: z.array(expectedFailure).readonly(),
    coverage: z
      .strictObject({
        tested: z.array(coverageEntry).readonly(),
        untested: z.array(z.string()).readonly().describe('Requirements that only cases without execution name'),
      })
      .readonly(),
    timing: z
      .strictObject({
        durationMs: milliseconds,
        limitMs: milliseconds.optional().describe('MT1: the longest time to an answer'),
        commands: z
          .array(
            z
              .strictObject({
                command: z.string(),
                count: count.describe('Requests answered at the first attempt; the times are theirs'),
                late: count.describe('Of these, after more than MT1'),
                retried: count.describe('Requests sent more than once until they were answered'),
                unanswered: count.describe('Requests without an answer'),
                p50Ms: milliseconds,
                p99Ms: milliseconds,
                maxMs: milliseconds,
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  })
  .readonly();

export type Result = z.infer<typeof resultSchema>;
export type CaseResult = z.infer<typeof caseResult>;
export type CheckResult = z.infer<typeof checkResult>;
export type CoverageEntry = z.infer<typeof coverageEntry>;
export type WayResult = z.infer<typeof wayResult>;
export type CapabilityResult = z.infer<typeof capabilityResult>;
export type RuleResult = z.infer<typeof ruleResult>;
export type OverlayResult = z.infer<typeof overlayResult>;

/** The JSON Schema that ships as `profiles/schema/result.json`. */
export function resultJsonSchema(): object {
  return shippedSchema(resultSchema, 'result.json of mctp-certify');
}

export function shippedSchema(schema: z.ZodType, title: string): object {
  return { ...z.toJSONSchema(schema, { target: 'draft-2020-12' }), title };
}
