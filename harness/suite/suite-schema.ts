import { z } from 'zod';
import { checksums } from '../codec/checksum';
import { bindings, checkVerdicts, effects, hookNames, planes } from '../names';
import { nameSchema } from './commands-schema';
import { deviceRequests } from './compiled';

/** `suite: ID`: the cases of one topic. The grammar of docs/language.md; names are checked by the compiler. */

const text = z.string().min(1);
const path = z.string().regex(/^[A-Za-z0-9.-]+(\/[A-Za-z0-9.-]+)*$/, 'expected an id such as DSP0236/packet-header');
const requirement = text.describe('id of the requirement under which this is judged');
const scalar = z.union([z.number(), z.string(), z.boolean()]);

/** A value: a number, a code name, hex, `$reference`, or a list or map of these. */
export type ValueSource = number | string | boolean | readonly ValueSource[] | { readonly [name: string]: ValueSource };
export const valueSchema: z.ZodType<ValueSource> = z
  .lazy(() => z.union([scalar, z.array(valueSchema), z.record(z.string(), valueSchema)]))
  .meta({ id: 'value', description: 'a number, code name, hex, $reference, or a list or map of these' });

const overrideSchema = z
  .union([
    scalar,
    z.strictObject({ xor: z.union([z.int(), z.string()]) }),
    z.strictObject({ add: z.union([z.int(), z.string()]) }),
  ])
  .meta({ id: 'override', description: 'a value, absent, or { xor: n } or { add: n } of what would have been sent' });
const overrides = z.record(z.string(), overrideSchema);

const verdict = z.enum(checkVerdicts);

/** Exactly one key, except that `min` and `max` go together. */
export type MatcherSource =
  | ValueSource
  | { readonly in: string | readonly ValueSource[] }
  | { readonly min?: ValueSource; readonly max?: ValueSource }
  | { readonly bits: string }
  | { readonly hex: string }
  | { readonly length: MatcherSource }
  | { readonly pattern: string }
  | { readonly each: MatcherSource | { readonly [field: string]: MatcherSource } }
  | { readonly unique: true }
  | { readonly 'equals-field': string }
  | { readonly slice: { readonly from: number; readonly count: number; readonly match: MatcherSource } }
  | { readonly some: MatcherSource | { readonly [field: string]: MatcherSource } }
  | { readonly near: { readonly value: ValueSource; readonly tolerance: ValueSource } }
  | { readonly scaled: { readonly by: ValueSource; readonly match: MatcherSource } }
  | { readonly printable: true }
  | { readonly ordered: 'ascending' | 'strictly-ascending' }
  | { readonly 'same-text': ValueSource }
  | { readonly [kind in keyof typeof checksums]: { readonly pad?: number; readonly match: MatcherSource } }
  | { readonly not: MatcherSource }
  | { readonly within: ValueSource }
  | { readonly absent: true }
  | { readonly 'one-of': readonly MatcherBranchSource[] }
  | { readonly match: MatcherSource; readonly requirement: string };

export interface MatcherBranchSource {
  readonly match: MatcherSource;
  readonly verdict: (typeof checkVerdicts)[number];
  readonly reason?: string | undefined;
}

const limit = z.union([z.number(), z.string()]);

/** How raw readings become values: a reference to what has these fields, or the fields themselves. */
const scaleSchema = z.union([
  z.string(),
  z.strictObject({ resolution: limit.optional(), offset: limit.optional(), unitModifier: limit.optional() }),
]);

export const matcherSchema: z.ZodType<MatcherSource> = z
  .lazy(() =>
    z.union([
      scalar,
      z.array(valueSchema),
      z.strictObject({ in: z.union([z.string(), z.array(valueSchema).min(1)]) }),
      z.strictObject({ min: limit, max: limit.optional() }),
      z.strictObject({ max: limit }),
      z.strictObject({ bits: text }),
      z.strictObject({ hex: z.string() }),
      z.strictObject({ length: matcherSchema }),
      z.strictObject({ pattern: text }),
      z.strictObject({ each: z.union([matcherSchema, entryMap]) }),
      z.strictObject({ unique: z.literal(true) }),
      z.strictObject({ 'equals-field': text }),
      z.strictObject({ slice: z.strictObject({ from: z.int().min(0), count: z.int().min(1), match: matcherSchema }) }),
      z.strictObject({ some: z.union([matcherSchema, entryMap]) }),
      z.strictObject({ near: z.strictObject({ value: limit, tolerance: limit }) }),
      z.strictObject({ scaled: z.strictObject({ by: scaleSchema, match: matcherSchema }) }),
      z.strictObject({ printable: z.literal(true) }),
      z.strictObject({ ordered: z.enum(['ascending', 'strictly-ascending']) }),
      z.strictObject({ 'same-text': z.string() }),
      ...Object.keys(checksums).map((kind) =>
        z.strictObject({ [kind]: z.strictObject({ pad: z.int().min(1).optional(), match: matcherSchema }) }),
      ),
      z.strictObject({ not: matcherSchema }),
      z.strictObject({ within: limit }),
      z.strictObject({ absent: z.literal(true) }),
      z.strictObject({ 'one-of': z.array(matcherBranchSchema).min(1) }),
      z.strictObject({ match: matcherSchema, requirement }),
    ]),
  )
  .meta({ id: 'matcher', description: 'a literal, a code name, or a map with one matcher' });

/** Matchers for the fields of an entry, and for those of structures in it. */
const entryMap: z.ZodType<{ readonly [field: string]: MatcherSource }> = z.lazy(() =>
  z.record(z.string(), z.union([matcherSchema, z.record(z.string(), matcherSchema)])),
) as z.ZodType<{ readonly [field: string]: MatcherSource }>;

const matcherBranchSchema = z.strictObject({ match: matcherSchema, verdict, reason: text.optional() });

const fieldMap = z.record(z.string(), matcherSchema);
const eachMap = z.strictObject({ each: fieldMap });

const mapSchema = z
  .object({
    message: fieldMap.optional().describe('header fields, length, trailing, body'),
    packet: fieldMap.optional().describe('header of the first packet, payloadLength'),
    packets: eachMap.optional().describe('the same of every packet'),
    assembly: fieldMap.optional().describe('how the packets of the answer fit together'),
    frame: fieldMap.optional().describe('the first frame'),
    frames: eachMap.optional().describe('the same of every frame'),
  })
  .catchall(matcherSchema);

export type ExpectationSource =
  | 'silence'
  | 'anything'
  | { readonly 'one-of': readonly ExpectationBranchSource[] }
  | { readonly [path: string]: unknown };

export interface ExpectationBranchSource {
  readonly expect: ExpectationSource;
  readonly verdict: (typeof checkVerdicts)[number];
  readonly reason?: string | undefined;
}

const expectationSchema: z.ZodType<ExpectationSource> = z
  .lazy(() =>
    z.union([
      z.enum(['silence', 'anything']),
      z.strictObject({
        'one-of': z.array(z.strictObject({ expect: expectationSchema, verdict, reason: text.optional() })).min(1),
      }),
      mapSchema,
    ]),
  )
  .meta({
    id: 'expectation',
    description: 'silence, anything, a map of matchers, or one-of',
  }) as z.ZodType<ExpectationSource>;

const message = {
  fields: z.record(z.string(), valueSchema).optional().describe("the command's request fields"),
  message: overrides.optional().describe('header fields of the message; padTo, truncateTo, append, body'),
  packet: overrides.optional().describe('packet header fields, payloadLength, unit'),
  frame: overrides.optional().describe('frame fields of the binding'),
};

const outcome = {
  save: z
    .record(
      z.string(),
      z.union([
        text,
        z.strictObject({
          from: text.describe('path of a field of the answer'),
          where: entryMap.optional().describe('the first entry of that list that fits'),
          take: text.optional().describe('path below it'),
          scaled: scaleSchema.optional(),
        }),
      ]),
    )
    .optional()
    .describe('names for fields of the answer'),
  requirement: requirement.optional(),
};

const requestStep = z.strictObject({
  request: text,
  hook: z
    .enum(hookNames)
    .optional()
    .describe("done first, by the user's own command; then it is asked until it answers"),
  fields: message.fields,
  expect: expectationSchema.optional(),
  ...outcome,
});
const sendStep = z.strictObject({
  send: text,
  ...message,
  refuse: z
    .union([z.int().min(1).max(1000), z.literal('always')])
    .optional()
    .describe('frames of the device that our side does not acknowledge'),
  expect: expectationSchema,
  ...outcome,
});

const packetsStep = z.strictObject({
  packets: z
    .array(
      z.strictObject({
        message: text,
        part: z.int().min(1).max(4096),
        after: text.optional().describe('time to let pass before it'),
        packet: overrides.optional(),
        frame: overrides.optional(),
      }),
    )
    .min(1),
  messages: z.record(
    z.string(),
    z.strictObject({
      request: text,
      ...message,
      padTo: limit.optional(),
      truncateTo: limit.optional(),
      append: z.string().optional(),
      body: z.string().optional(),
      unit: limit.optional(),
      expect: expectationSchema,
      requirement: requirement.optional(),
    }),
  ),
});

/** What the device is told when it asks something of its own; of a list the next each time, the last one from then on. */
const ownAnswerSchema = z.union([
  z.literal('unanswered'),
  z.record(
    z.string(),
    z.union([
      valueSchema,
      z.strictObject({
        'part-of': z.string().describe('octets'),
        from: text.describe('field of its request that says where the part begins'),
        count: text.describe('field of its request that says how long it is; zeros follow the last octet'),
        'wrong-at': z.int().min(0).optional().describe('place of an octet of which all bits are turned over'),
      }),
    ]),
  ),
]);
export type OwnAnswerSource = z.output<typeof ownAnswerSchema>;

const listenStep = z.strictObject({
  listen: text,
  of: text.optional().describe('only what the device sends of its own as this command'),
  until: z.int().min(1).optional().describe('ends as soon as so many of these have come'),
  'at-most': z
    .union([z.int().min(1), z.string()])
    .optional()
    .describe('ends, too, when the device has asked so often, whatever it was'),
  keep: z.literal(true).optional().describe('what came is there for the next listen too'),
  expect: expectationSchema,
  requirement: requirement.optional(),
});
const waitStep = z.strictObject({ wait: text });
const exploreStep = z.strictObject({ explore: text, budget: z.union([limit, text]) });

const requestFields = z.record(z.string(), valueSchema);
const bound = z.int().min(1).max(65536);

const partsSchema = z.strictObject({
  data: text.describe('the octets that are put together'),
  until: entryMap.optional().describe('what the last part says'),
  size: limit.optional().describe('or how many octets there are in all'),
  fields: requestFields.optional().describe('what the request of the next part changes'),
  checksum: z
    .strictObject({
      kind: z.enum(Object.keys(checksums) as (keyof typeof checksums)[]),
      field: text.describe('of the last answer'),
      over: z.enum(['parts', 'all']).describe('parts: only where there were several'),
      requirement: requirement.optional(),
    })
    .optional(),
  'at-most': bound.optional(),
});

const nextSchema = z.strictObject({
  until: entryMap.optional().describe('what the last entry says'),
  count: limit.optional().describe('or how many entries there are'),
  fields: requestFields.describe('what the request of the next entry changes'),
  'at-most': bound.optional(),
});

const overSchema = z.strictObject({ over: z.union([z.string(), z.array(valueSchema).min(1)]) });

const walkShape = {
  walk: z.union([text, overSchema]),
  as: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/, 'expected a name of letters and digits')
    .optional()
    .describe('name of the selected entry in `steps`'),
  fields: requestFields.optional().describe('of the first request'),
  parts: partsSchema.optional(),
  next: nextSchema.optional(),
  decode: text.optional().describe('the structure that the octets are'),
  entries: text.optional().describe('a list in what was decoded: its items are the entries'),
  requirement: requirement.optional().describe('clause of the walk itself'),
  'each-answer': entryMap.optional(),
  where: z.union([matcherSchema, entryMap]).optional().describe('selects entries'),
  'at-least': z.int().min(0).optional().describe('selected entries'),
  label: text.optional().describe('field that names an entry in check ids'),
  each: z.union([matcherSchema, entryMap]).optional().describe('matchers for every selected entry'),
  expect: fieldMap.optional().describe('the walk as a whole: count, entries, selected, octets, data, requests'),
  save: outcome.save,
};
const walkHead = z.strictObject(walkShape);
const walkStep = z.strictObject({
  ...walkShape,
  steps: z
    .array(z.lazy(() => stepSchema))
    .min(1)
    .optional()
    .describe('run for each selected entry'),
});

export type WalkSource = z.output<typeof walkHead> & { readonly steps?: readonly StepSource[] | undefined };
export type SaveSource = NonNullable<z.output<typeof outcome.save>>;
export type StepSource =
  | z.output<typeof requestStep>
  | z.output<typeof sendStep>
  | z.output<typeof packetsStep>
  | z.output<typeof listenStep>
  | z.output<typeof waitStep>
  | z.output<typeof exploreStep>
  | WalkSource;

export const stepSchema: z.ZodType<StepSource> = z
  .union([requestStep, sendStep, packetsStep, listenStep, waitStep, exploreStep, walkStep])
  .meta({ id: 'step', description: 'request, send, packets, listen, wait, explore or walk' });
export type SendSource = z.output<typeof sendStep>;
export type RequestSource = z.output<typeof requestStep>;
export type ExploreSource = z.output<typeof exploreStep>;
export type PacketsSource = z.output<typeof packetsStep>;

const loopSchema = z.union([
  z.array(valueSchema).min(1),
  z.strictObject({ from: z.int().min(0), to: z.int().min(0) }),
  z.string(),
]);
export type LoopSource = z.output<typeof loopSchema>;

export const caseSchema = z
  .strictObject({
    id: path,
    title: text,
    requirements: z.array(text).min(1).describe('the first is what a check is judged under'),
    needs: z.union([
      z.enum(planes),
      z
        .array(z.enum([...planes, 'acknowledge', 'refusal']))
        .min(1)
        .max(3),
    ]),
    bindings: z.array(z.enum(bindings)).min(1).optional(),
    effects: z.array(z.enum(effects)).min(1).optional().describe('what the case moves'),
    hazard: z.enum(['may-hang', 'may-reset']).optional(),
    'device-requests': z
      .enum(deviceRequests)
      .optional()
      .describe('what becomes of requests of the device; else answered'),
    answers: z
      .record(text, z.union([ownAnswerSchema, z.array(ownAnswerSchema).min(1)]))
      .optional()
      .describe('what the device is answered when it asks something of its own'),
    when: text.optional().describe('claim expression'),
    with: z.record(nameSchema, valueSchema).optional().describe('values that a profile may replace: $with.x'),
    'for-each': z.record(z.string(), loopSchema).optional(),
    steps: z.array(stepSchema).min(1),
    deviations: z.array(text).min(1).optional().describe('the faults of the emulated device that turn this case red'),
  })
  .meta({ id: 'case' });
export type CaseSource = z.output<typeof caseSchema>;

export const suiteSchema = z.strictObject({
  suite: path,
  title: text,
  bindings: z.array(z.enum(bindings)).min(1).optional(),
  cases: z.array(caseSchema).min(1),
});

/** The head of a suite; its cases are checked one by one, so that one broken case does not hide the others. */
export const suiteHeadSchema = suiteSchema.extend({ cases: z.array(z.unknown()).min(1) });
