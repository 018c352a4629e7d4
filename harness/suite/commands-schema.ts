import { z } from 'zod';
import { uintSize } from '../codec/field-spec';

/** `commands: ID`: one command set, `profiles/commands/ID.yaml`. */

export const nameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'expected a name of letters, digits and _');
const octet = z.int().min(0).max(255);
const codesSchema = z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/), z.int().min(0));
const byteOrder = z.enum(['big', 'little']);
const uintType = z.enum(Object.keys(uintSize) as (keyof typeof uintSize)[]);
const countSchema = z.union([z.int().min(0), z.literal('rest'), z.strictObject({ field: nameSchema })]);

const uintSchema = z.strictObject({
  name: nameSchema,
  type: uintType,
  byteOrder: byteOrder.optional(),
  codes: codesSchema.optional(),
  default: z.int().min(0).optional(),
  compute: z
    .union([
      z.strictObject({ count: nameSchema }),
      z.strictObject({ length: nameSchema }),
      z.strictObject({ checksum: z.enum(['crc8', 'crc32', 'crc32c']), of: nameSchema }),
    ])
    .optional(),
  optional: z.boolean().optional(),
});

const bitsSchema = z.strictObject({
  bits: z
    .array(
      z.strictObject({
        name: nameSchema,
        width: z.int().min(1).max(64),
        codes: codesSchema.optional(),
        default: z.int().min(0).optional(),
      }),
    )
    .min(1),
  byteOrder: byteOrder.optional(),
});

const bytesSchema = z.strictObject({
  name: nameSchema,
  type: z.literal('bytes'),
  length: z.union([
    z.int().min(0),
    z.literal('rest'),
    z.strictObject({ field: nameSchema }),
    z.strictObject({ by: nameSchema, of: z.record(z.string(), z.int().min(0)) }),
  ]),
  format: z.enum(['hex', 'ascii', 'uuid']).optional(),
  default: z.string().optional(),
});

const listSchema = z.strictObject({
  name: nameSchema,
  get list(): z.ZodUnion<[typeof uintType, z.ZodArray<typeof fieldSchema>]> {
    return z.union([uintType, z.array(fieldSchema).min(1)]);
  },
  count: countSchema,
  byteOrder: byteOrder.optional(),
});

const tlvSchema = z.strictObject({
  name: nameSchema,
  tlv: z.strictObject({ type: uintType, length: uintType }),
  count: countSchema,
  byteOrder: byteOrder.optional(),
});

export const fieldSchema = z
  .union([uintSchema, bitsSchema, bytesSchema, listSchema, tlvSchema])
  .meta({ id: 'field', description: 'One field of a message, in the order on the wire' });

const commandSchema = z.strictObject({
  code: octet,
  title: z.string().min(1),
  clause: z.string().min(1),
  header: z.record(nameSchema, z.int().min(0)).optional().describe('header fields that belong to the command'),
  request: z.array(fieldSchema),
  response: z.array(fieldSchema),
  completionCodes: codesSchema.optional().describe('codes of this command alone'),
});

export const commandsSchema = z.strictObject({
  commands: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and -'),
  title: z.string().min(1),
  document: z.string().min(1),
  messageType: z.int().min(0).max(127),
  byteOrder,
  header: z.array(fieldSchema).min(1),
  completionCodes: codesSchema,
  table: z.record(nameSchema, commandSchema),
});
