import { z } from 'zod';
import { capabilityLevels, deviceClasses, hookNames, planes } from '../names';
import { profileCapabilitiesSchema, tiersSchema } from './capabilities-schema';
import { claimsSchema } from './claims-schema';
import { durationSchema, parametersSchema } from './parameters';

const id = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected lower-case letters, digits and -');

/** `profile: ID`: what a class of device must satisfy. */
export const profileSchema = z.strictObject({
  profile: id,
  title: z.string().min(1),
  class: z.enum(deviceClasses),
  others: z
    .partialRecord(z.enum(deviceClasses), id)
    .optional()
    .describe("profiles that take this one's place for emulated devices of other classes"),
  includes: z.array(id).min(1).optional().describe('profiles whose suites, claims and parameters hold here too'),
  suites: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('suite ids or their first segments, or paths relative to this file, in plan order'),
  claims: claimsSchema.optional(),
  parameters: parametersSchema.optional(),
  demands: z.enum(planes).optional().describe('the plane without which a run does not count'),
  level: z.enum(capabilityLevels).optional().describe('the level without which a run does not count'),
  'read-only': z
    .literal(true)
    .optional()
    .describe('well-formed messages alone, and nothing is moved: beside a BMC stack that runs'),
  capabilities: profileCapabilitiesSchema.optional(),
  tiers: tiersSchema.optional().describe('what --tier smoke and --tier gate leave'),
});

const command = z.string().min(1);

/** `device: ID`: one device and how to reach it. */
export const deviceSchema = z.strictObject({
  device: id,
  profile: id,
  uri: z.string().min(1).optional(),
  claims: claimsSchema.optional(),
  parameters: parametersSchema.optional(),
  hooks: z
    .partialRecord(
      z.enum(hookNames),
      z.union([command, z.strictObject({ run: command, timeout: durationSchema.optional() })]),
    )
    .optional()
    .describe("the user's own commands, by what they do; a shell runs them (time-out: 2m)"),
});
