import { z } from 'zod';
import { deviceClasses, planes } from '../names';
import { claimsSchema } from './claims-schema';
import { parametersSchema } from './parameters';

const id = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected lower-case letters, digits and -');

/** `profile: ID`: what a class of device must satisfy. */
export const profileSchema = z.strictObject({
  profile: id,
  title: z.string().min(1),
  class: z.enum(deviceClasses),
  includes: z.array(id).min(1).optional().describe('profiles whose suites, claims and parameters hold here too'),
  suites: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('suite ids or their first segments, or paths relative to this file, in plan order'),
  claims: claimsSchema.optional(),
  parameters: parametersSchema.optional(),
  demands: z.enum(planes).optional().describe('the plane without which a run does not count'),
});

/** `device: ID`: one device and how to reach it. */
export const deviceSchema = z.strictObject({
  device: id,
  profile: id,
  uri: z.string().min(1).optional(),
  claims: claimsSchema.optional(),
  parameters: parametersSchema.optional(),
  hooks: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), z.string().min(1))
    .optional()
    .describe("the user's own commands, by what they do: reset, ac-cycle"),
});
