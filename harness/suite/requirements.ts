import { z } from 'zod';
import { confidences, levels } from '../names';
import type { Requirement } from './compiled';
import type { Problem } from './problem';
import { quote } from './problem';
import type { SourceDocument } from './source';
import { checkShape } from './validate';

/** `requirements: DOCUMENT`: clause-level statements, in our own words. */

export const requirementBindings = ['smbus', 'serial', 'pcie-vdm', 'i3c', 'usb'] as const;

export const requirementRoles = [
  'endpoint',
  'endpoint-as-requester',
  'endpoint-multi-port',
  'endpoint-non-bridge',
  'endpoint-hot-plug',
  'endpoint-add-in',
  'bridge',
  'bridge-single-eid',
  'bridge-hot-plug',
  'bus-owner',
] as const;

const text = z.string().min(1);

const entrySchema = z.strictObject({
  id: z.string().regex(/^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$/, 'expected capitals, digits and - as in DSP0236-PKT-VER-01'),
  document: text.optional().describe('where it is not the one of the file'),
  version: text,
  confirmedIn: text.optional(),
  clause: text,
  level: z.enum(levels),
  confidence: z.enum(confidences),
  applies: z.strictObject({
    binding: z.union([z.literal('any'), z.array(z.enum(requirementBindings)).min(1)]),
    role: z.enum(requirementRoles),
  }),
  statement: text,
  test: z.strictObject({ stimulus: text, expect: text }).optional(),
  notes: text.optional(),
  seenIn: z.array(text).optional().describe('implementations in whose code the behaviour was read'),
  excused: z
    .strictObject({ kind: z.enum(['instrument', 'other']), reason: text })
    .optional()
    .describe('why no case exercises it'),
  unwaivable: text.optional().describe('why no waiver may cover it'),
});

export const requirementsSchema = z.strictObject({
  requirements: text.describe('the document'),
  title: text,
  entries: z.array(entrySchema).min(1),
});

export function compileRequirements(source: SourceDocument): {
  readonly requirements: readonly { readonly requirement: Requirement; readonly index: number }[];
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(requirementsSchema, source.value, source);
  if (!shape.ok) return { requirements: [], problems: shape.problems };
  const problems = [...shape.problems];
  const requirements = shape.value.entries.map((entry, index) => {
    const { applies, document, seenIn, confirmedIn, ...rest } = entry;
    const requirement: Requirement = {
      ...rest,
      document: document ?? shape.value.requirements,
      bindings: applies.binding === 'any' ? ['any'] : applies.binding,
      role: applies.role,
      ...(seenIn === undefined ? {} : { seenIn }),
      ...(confirmedIn === undefined ? {} : { confirmedIn }),
    };
    const prefix = requirement.document.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
    // Ids of DMTF documents carry their number; others have the short names of the catalogue, as PB-01.
    if (/^DSP\d/.test(entry.id) && !entry.id.startsWith(`${prefix}-`)) {
      const message = `a requirement of ${requirement.document} begins with ${quote(`${prefix}-`)}`;
      problems.push(source.problem(['entries', index, 'id'], message));
    }
    return { requirement, index };
  });
  return { requirements, problems };
}
