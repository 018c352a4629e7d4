import { z } from 'zod';
import { capabilityLevels, capabilityNeeds, deviceClasses } from '../names';
import { durationSchema } from './parameters';

const text = z.string().min(1);
const capabilityId = z
  .string()
  .regex(/^[A-Z][A-Z0-9]*(\.[A-Z0-9]+)+$/, 'expected capitals, digits and . as in NIC.TEMP.ASIC');
const code = z.string().regex(/^D-[A-Z]{2,8}$/, 'expected a deviation code such as D-ABS');
const caseIds = z.union([text, z.array(text).min(1)]);

const scalar = z.union([z.number(), z.boolean(), z.string()]);
const withValue = z.union([scalar, z.array(scalar).min(1), z.record(z.string(), scalar)]);

const waySchema = z.strictObject({
  rank: z.literal([1, 2, 3, 'oem']).describe('1 is the best; oem: own way'),
  cases: caseIds.describe('cases or suites that all have to pass'),
  with: z.record(z.string(), withValue).optional().describe('values for $with.x of those cases'),
  note: text.optional(),
});

/** `capabilities:` of a profile. Title, level and need are those of the catalogue unless they stand here. */
export const profileCapabilitiesSchema = z
  .array(
    z.strictObject({
      id: capabilityId,
      title: text.optional(),
      level: z.enum(capabilityLevels).optional(),
      need: z.enum(capabilityNeeds).optional(),
      when: text.optional().describe('of a conditional one: claim expression'),
      any: z.array(waySchema).min(1).optional().describe('ranked ways; the first that passes meets the capability'),
      untested: text.optional().describe('why there is no way yet'),
    }),
  )
  .min(1);

const tier = z.strictObject({
  cases: z.array(text).min(1).optional().describe('cases or suites, or their first segments'),
  longest: durationSchema.optional().describe('no case that is expected to take longer on the bus'),
});

export const tiersSchema = z.strictObject({ smoke: tier.optional(), gate: tier.optional() });

/** `capabilities: ID`: the catalogue. */
export const capabilitiesSchema = z.strictObject({
  capabilities: text.describe('the set'),
  title: text,
  codes: z.record(code, text).describe('deviation codes, for reports'),
  entries: z
    .array(
      z.strictObject({
        id: capabilityId,
        title: text,
        classes: z.array(z.enum(deviceClasses)).optional(),
        level: z.enum(capabilityLevels),
        need: z.enum(capabilityNeeds),
        expected: text,
        differs: z.array(z.strictObject({ code, seen: text })).optional(),
        source: text,
      }),
    )
    .min(1),
});

/** `overlay: ID`: a buyer's programme, mapped to capabilities and requirements. */
export const overlaySchema = z.strictObject({
  overlay: z.string().regex(/^[a-z][a-z0-9.-]{0,63}$/, 'expected lower-case letters, digits, . and -'),
  title: text,
  version: z.string().min(1),
  classes: z.array(z.enum(deviceClasses)).optional(),
  rules: z
    .array(
      z.strictObject({
        id: text,
        title: text,
        need: z.enum(['required', 'recommended']),
        confirmed: z.boolean(),
        source: text,
        capabilities: z.array(capabilityId).min(1).optional(),
        requirements: z.array(text).min(1).optional(),
        outside: text.optional().describe('why this tool cannot say'),
      }),
    )
    .min(1),
});
