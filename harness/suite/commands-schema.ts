import { z } from 'zod';
import { checksums } from '../codec/checksum';
import { scalarSize } from '../codec/field-spec';
import { encodingNames } from '../codec/text';
import { effects } from '../names';
import { durationSchema } from '../profile/parameters';

/** `commands: ID`: one command set, `profiles/commands/ID.yaml`. */

export const nameSchema = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'expected a name of letters, digits and _');
/** A field of the same message, or of the request that it answers. */
const referenceSchema = z
  .string()
  .regex(/^(request\.)?[A-Za-z][A-Za-z0-9_]{0,63}$/, 'expected the name of a field, or request. and a name');
const octet = z.int().min(0).max(255);
const codesSchema = z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$/), z.int());
const byteOrder = z.enum(['big', 'little']);
const scalarTypes = Object.keys(scalarSize) as (keyof typeof scalarSize)[];
const scalarType = z.enum(scalarTypes);
const countSchema = z.union([
  z.int().min(0),
  z.literal('rest'),
  z.strictObject({ field: referenceSchema }),
  z.strictObject({ while: z.int().min(1) }),
]);
const checksum = z.enum(Object.keys(checksums) as (keyof typeof checksums)[]);

const scalarSchema = z.strictObject({
  name: nameSchema,
  type: scalarType,
  byteOrder: byteOrder.optional(),
  codes: codesSchema.optional(),
  default: z.number().optional(),
  compute: z
    .union([
      z.strictObject({ count: nameSchema }),
      z.strictObject({ length: nameSchema }),
      z.strictObject({ checksum, of: nameSchema }),
      z.strictObject({ checksum, from: nameSchema }),
    ])
    .optional(),
  none: z.int().min(0).optional().describe('the value of a checksum that says that there is none'),
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

const length = [
  z.int().min(0),
  z.literal('rest'),
  z.strictObject({ field: referenceSchema }),
  z.strictObject({ by: referenceSchema, of: z.record(z.string(), z.int().min(0)) }),
  z.strictObject({ align: z.int().min(1) }),
] as const;
const lengthSchema = z.union(length);

const bytesSchema = z.strictObject({
  name: nameSchema,
  type: z.literal('bytes'),
  length: lengthSchema,
  format: z.enum(['hex', 'ascii', 'uuid']).optional(),
  default: z.string().optional(),
});

const bitmapSchema = z.strictObject({ name: nameSchema, type: z.literal('bitmap'), length: lengthSchema });

const encodingName = z.enum(encodingNames);
const encodingsSchema = z.record(z.string(), encodingName);

const textSchema = z.strictObject({
  name: nameSchema,
  type: z.literal('text'),
  length: z.union([...length, z.literal('terminated')]),
  encoding: z.union([encodingName, z.strictObject({ by: referenceSchema, of: encodingsSchema })]),
  default: z.string().optional(),
});

const listSchema = z.strictObject({
  name: nameSchema,
  get list(): z.ZodUnion<[typeof scalarType, typeof nameSchema, z.ZodArray<typeof fieldSchema>]> {
    return z.union([scalarType, nameSchema, z.array(fieldSchema).min(1)]);
  },
  count: countSchema,
  byteOrder: byteOrder.optional(),
});

const textValue = z.strictObject({
  text: z.string().describe('an encoding, or the field whose value `of` maps to one'),
  of: encodingsSchema.optional(),
});

/** A type of number, `bytes`, a structure's name, text, or fields. */
const valueSchema: z.ZodType<ValueSource> = z
  .lazy(() => z.union([nameSchema, textValue, z.array(fieldSchema)]))
  .meta({ id: 'fieldValue' });

const tlvSchema = z.strictObject({
  name: nameSchema,
  tlv: z.strictObject({
    type: scalarType,
    length: scalarType,
    lengthFirst: z.boolean().optional(),
    codes: codesSchema.optional(),
    values: z.record(z.string(), valueSchema).optional(),
    otherwise: valueSchema.optional(),
  }),
  count: countSchema,
  byteOrder: byteOrder.optional(),
});

const switchSchema = z.strictObject({
  name: nameSchema.optional(),
  switch: referenceSchema,
  cases: z.record(z.string(), valueSchema),
  otherwise: valueSchema.optional(),
  byteOrder: byteOrder.optional(),
});

const includeSchema = z.strictObject({ include: nameSchema });

export type FieldSource =
  | z.output<typeof scalarSchema>
  | z.output<typeof bitsSchema>
  | z.output<typeof bytesSchema>
  | z.output<typeof bitmapSchema>
  | z.output<typeof textSchema>
  | z.output<typeof tlvSchema>
  | z.output<typeof switchSchema>
  | z.output<typeof includeSchema>
  | {
      readonly name: string;
      readonly list: string | readonly FieldSource[];
      readonly count: z.output<typeof countSchema>;
      readonly byteOrder?: 'big' | 'little' | undefined;
    };
export type ValueSource = string | z.output<typeof textValue> | readonly FieldSource[];

export const fieldSchema: z.ZodType<FieldSource> = z
  .lazy(() =>
    z.union([
      scalarSchema,
      bitsSchema,
      bytesSchema,
      textSchema,
      bitmapSchema,
      listSchema,
      tlvSchema,
      switchSchema,
      includeSchema,
    ]),
  )
  .meta({ id: 'field', description: 'One field of a message, in the order on the wire' }) as z.ZodType<FieldSource>;

const headerValues = z.record(nameSchema, z.int().min(0));

const commandSchema = z.strictObject({
  code: octet,
  answerCode: octet.optional().describe('command code of the answer where no rule of the set gives it'),
  title: z.string().min(1),
  clause: z.string().min(1),
  header: headerValues.optional().describe('header fields that belong to the command'),
  defaults: headerValues.optional().describe('header fields that nobody chose'),
  request: z.array(fieldSchema),
  response: z.array(fieldSchema),
  completionCodes: codesSchema.optional().describe('codes of this command alone'),
  codes: z.record(nameSchema, codesSchema).optional().describe('more names for values of what its answers begin with'),
  effect: z.enum(effects).optional().describe('what it moves: cases that send it say so'),
  stable: z.boolean().optional().describe('what it tells changes only with the device: cases share one walk over it'),
  from: z.literal('device').optional().describe('what the device sends of its own'),
  answered: z.boolean().optional().describe('with from: device, whether it wants an answer'),
});

const answersSchema = z.strictObject({
  header: headerValues.optional(),
  echoes: z.array(nameSchema).optional().describe('header fields that are as in the request'),
  code: z
    .strictObject({ or: octet.optional(), and: octet.optional() })
    .optional()
    .describe('what the command code becomes'),
  begins: z.array(fieldSchema).optional().describe('what every answer begins with'),
  completionCode: nameSchema.optional().describe('the field of these that is the completion code'),
  failure: z.array(fieldSchema).optional().describe('what an answer that failed has besides'),
  error: z.strictObject({ code: octet, completionCode: nameSchema }).optional(),
  interim: z
    .strictObject({ code: z.int().min(1), wait: nameSchema, unit: durationSchema })
    .optional()
    .describe('a completion code that asks for time: the final answer follows'),
});

export const commandsSchema = z.strictObject({
  commands: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected lower-case letters, digits and -'),
  title: z.string().min(1),
  document: z.string().min(1),
  messageType: z.int().min(0).max(127),
  integrityCheck: z.int().min(0).max(1).optional(),
  byteOrder,
  header: z.array(fieldSchema).min(1),
  identity: headerValues.optional().describe('header values that tell sets of one message type apart'),
  length: nameSchema.optional().describe('the header field that counts the octets between header and trailer'),
  selects: z.array(nameSchema).optional().describe('header fields that a correct request may choose'),
  requests: z
    .strictObject({ header: headerValues.optional(), begins: z.array(fieldSchema).optional() })
    .optional()
    .describe('what every request has'),
  answers: answersSchema.optional().describe('how an answer follows from its request'),
  trailer: z.array(fieldSchema).optional().describe('after the payload: pad, checksum'),
  completionCodes: codesSchema,
  structures: z.record(nameSchema, z.array(fieldSchema).min(1)).optional(),
  table: z.record(nameSchema, commandSchema),
});
