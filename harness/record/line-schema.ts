import { z } from 'zod';
import {
  bindings,
  capabilityLevels,
  capabilityNeeds,
  caseVerdicts,
  checkVerdicts,
  confidences,
  effects,
  hookNames,
  levels,
  planes,
  runVerdicts,
  tiers,
} from '../names';
import type { RecordLine } from './lines';

/**
 * Shapes of the lines as far as readers rely on them: a record may come from anywhere. Compiled steps and command tables
 * are checked down to what tells their kinds apart; who walks them further guards itself.
 */
const text = z.string().max(1_000_000);
const id = z.string().max(2_000);
const integer = z.int();
const octet = z.int().min(0).max(255);
/** Nanoseconds; a run of thirty years is none, and dates stay dates. */
const time = z.number().nonnegative().max(1e18);
const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/, 'not lower-case hex');
const binding = z.enum(bindings);
const plane = z.enum(planes);
const level = z.enum(levels);
const delivery = z.enum(['sent', 'nak', 'arbitration-lost', 'refused']);
const loop = z.record(z.string(), z.unknown());

const received = z.object({ at: time, body: hex, packets: z.array(hex), frames: z.array(hex) });
const sent = z.object({
  at: time,
  body: hex,
  packets: z.array(hex),
  frames: z.array(hex),
  command: text.optional(),
  messageType: integer,
  instanceId: integer.optional(),
  tagOwner: integer,
  messageTag: integer,
  sourceEid: integer,
  destinationEid: integer,
  delivery,
  unheld: z.literal(true).optional(),
  detail: text.optional(),
});
const exchange = z.object({
  message: text.optional(),
  sent,
  attempts: integer,
  response: received.optional(),
  also: z.array(received),
  elapsed: time.optional(),
  silence: z
    .object({
      by: z.enum(['twin', 'window']),
      waited: time,
      twin: z.object({ sent, response: received.optional() }).optional(),
    })
    .optional(),
});
const flag = z.boolean();
const arrival = z.object({
  som: flag,
  eom: flag,
  sequence: integer,
  tag: integer,
  tagOwner: flag,
  version: integer,
});
const answer = z.object({ start: integer, tag: integer });
const trial = z.object({ arrivals: z.array(arrival), came: z.array(answer), packets: z.array(hex), alive: flag });
const within = z.object({
  steps: z.array(integer),
  indexes: z.array(integer),
  entries: z.record(z.string(), z.unknown()),
  label: text,
});
const observation = z.object({
  step: integer,
  loop,
  within: within.optional(),
  eid: octet,
  exchanges: z.array(exchange),
  taken: z.object({ case: id, step: integer }).optional(),
  unsolicited: z.array(received),
  unformed: text.optional(),
  trials: z.array(trial).optional(),
  seed: integer.optional(),
  disconnected: text.optional(),
});

const check = z.object({
  id,
  requirement: id,
  level,
  verdict: z.enum(checkVerdicts),
  expected: text,
  actual: text,
  octets: hex.optional(),
  highlight: z.object({ offset: integer.min(0), length: integer.min(0) }).optional(),
  note: text.optional(),
  step: integer,
});

const scope = z.object({
  binding,
  plane,
  acknowledge: z.boolean(),
  refusal: z.boolean().optional(),
  exclusive: z.boolean(),
  effects: z.array(z.enum(effects)),
  packetUnit: integer.optional(),
  hooks: z.array(z.enum(hookNames)).optional(),
  hops: integer,
  owner: z.enum(['self', 'other']),
});

const compiledCase = z.object({
  id,
  suite: id,
  title: text,
  source: z.object({ file: text, line: integer }),
  requirements: z.array(id),
  needs: z.object({ plane, acknowledge: z.boolean(), refusal: z.boolean().optional() }),
  bindings: z.array(binding),
  effects: z.array(z.enum(effects)),
  hazard: z.enum(['may-hang', 'may-reset']).optional(),
  deviceRequests: z.enum(['ignored', 'misanswered']).optional(),
  answers: z.record(z.string(), z.array(z.unknown())).optional(),
  when: text.optional(),
  loops: z.array(z.object({ name: id, values: z.union([z.string(), z.array(z.unknown())]) })),
  steps: z.array(z.looseObject({ kind: z.enum(['request', 'send', 'packets', 'listen', 'wait', 'explore', 'walk']) })),
  deviations: z.array(id),
});

const serves = z.array(id).optional();
const planned = z.discriminatedUnion('decision', [
  z.object({ decision: z.literal('run'), case: compiledCase, serves }),
  z.object({ decision: z.literal('not-applicable'), case: compiledCase, reason: text, serves }),
  z.object({ decision: z.literal('unreachable'), case: compiledCase, reason: text, serves }),
]);

const capabilityLevel = z.enum(capabilityLevels);
const rank = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal('oem')]);
const program = z.object({
  capabilities: z.array(
    z.object({
      id,
      title: text,
      level: capabilityLevel,
      need: z.enum(capabilityNeeds),
      condition: z.object({ text, holds: z.boolean() }).optional(),
      ways: z.array(z.object({ rank, cases: z.array(id), note: text.optional() })),
      untested: text.optional(),
      differs: z.array(z.object({ code: id, seen: text })),
    }),
  ),
  demands: z.object({ level: capabilityLevel, by: z.enum(['profile', 'user']) }).optional(),
  tier: z.enum(tiers).optional(),
  overlays: z.array(
    z.object({
      id,
      title: text,
      version: id,
      classes: z.array(id),
      rules: z.array(
        z.object({
          id,
          title: text,
          need: z.enum(['required', 'recommended']),
          confirmed: z.boolean(),
          source: text,
          capabilities: z.array(id),
          requirements: z.array(id),
          outside: text.optional(),
        }),
      ),
    }),
  ),
  keepsTo: plane.optional(),
});

const requirement = z.object({
  id,
  document: id,
  version: id,
  clause: text,
  level,
  confidence: z.enum(confidences),
  bindings: z.array(id),
  role: id,
  statement: text,
  notes: text.optional(),
  excused: z.object({ kind: z.enum(['instrument', 'other']), reason: text }).optional(),
  unwaivable: text.optional(),
});

const source = z.object({ file: text, line: integer });
const waiver = z.object({
  case: id.optional(),
  requirement: id.optional(),
  device: id,
  firmware: id.optional(),
  reason: text,
  owner: id,
  expires: z.iso.date(),
  evidence: id.optional(),
  source,
});

const codes = z.record(z.string(), z.number());
const fields = z.array(z.looseObject({}));
const commandSet = z.object({
  id,
  title: text,
  document: text,
  messageType: integer,
  byteOrder: z.enum(['big', 'little']),
  header: fields,
  completionCodes: codes,
  commands: z.record(
    z.string(),
    z.object({
      name: id,
      set: id,
      title: text,
      clause: text,
      code: integer,
      header: z.record(z.string(), z.unknown()),
      request: fields,
      response: fields,
      completionCodes: codes,
    }),
  ),
});

const at = time;
const schemas: { readonly [T in RecordLine['type']]: z.ZodType } = {
  'run.start': z.object({
    at,
    format: z.literal(1, 'a record of another format: this version reads format 1'),
    tool: z.object({ name: id, version: id, node: id }),
    wall: z.iso.datetime(),
    segment: integer,
    seed: z.number(),
    uri: text,
    machine: text.optional(),
    device: id.optional(),
    profile: z.object({ id, title: text, hash: id, class: id, demands: plane.optional() }),
    hashes: z.record(z.string(), z.string()),
    scope,
    attested: z.boolean(),
    options: z.object({
      strict: z.boolean(),
      thorough: z.boolean(),
      select: z.array(text),
      repeat: z.int().min(1).optional(),
      pace: time.optional(),
    }),
  }),
  device: z.object({
    at,
    identity: z.object({
      eid: octet,
      uuid: text.optional(),
      types: z.array(octet),
      versions: z.array(text),
      firmware: text.optional(),
    }),
  }),
  plan: z.object({
    at,
    cases: z.array(planned),
    requirements: z.record(z.string(), requirement),
    commands: z.record(z.string(), commandSet),
    parameters: z.record(z.string(), z.unknown()),
    claims: z.record(z.string(), z.unknown()),
    program: program.optional(),
  }),
  waivers: z.object({
    at,
    waivers: z.array(waiver),
    expectedFailures: z.array(z.object({ check: id, reason: text, source })),
  }),
  'case.start': z.object({ at, case: id, attempt: integer }),
  frame: z.object({
    at,
    direction: z.enum(['tx', 'rx']),
    plane,
    octets: hex,
    packets: z.array(hex),
    purpose: z.enum(['stimulus', 'twin', 'probe', 'restore', 'discovery', 'answer', 'received']),
    delivery: delivery.optional(),
    note: text.optional(),
  }),
  observation: z.object({ at, case: id, observation }),
  unit: z.object({
    at,
    case: id,
    unit: z.object({
      manufacturer: id.optional(),
      model: id.optional(),
      partNumber: id.optional(),
      serialNumber: id.optional(),
      firmware: id.optional(),
    }),
  }),
  life: z.object({
    at,
    case: id,
    life: z.object({ alive: z.boolean(), recovered: text.optional(), undelivered: text.optional() }),
  }),
  check: z.object({ at, case: id, check }),
  late: z.object({ at, case: id, step: integer, loop, within: within.optional(), message: text.optional(), received }),
  'case.end': z.object({ at, case: id, verdict: z.enum(caseVerdicts), reason: text.optional() }),
  claims: z.object({
    at,
    rows: z.array(
      z.object({
        what: text,
        name: text,
        claimed: z.boolean().optional(),
        advertised: z.boolean().optional(),
        behaves: z.boolean().optional(),
        finding: text.optional(),
      }),
    ),
  }),
  journal: z.object({ at, what: id, value: integer, port: integer.optional(), physicalAddress: integer }),
  restored: z.object({ at, what: id, value: integer, port: integer.optional(), note: text.optional() }),
  counters: z.object({ at, case: id, counters: z.record(z.string(), z.number()) }),
  note: z.object({ at, text }),
  'run.end': z.object({
    at,
    wall: z.iso.datetime(),
    verdict: z.enum(runVerdicts),
    reason: text.optional(),
    interrupted: z.boolean().optional(),
  }),
};

/** Why a value is no record line, `unknown-type` where it may be one of a later version; undefined where it is one. */
export function lineProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not a JSON object';
  const type = (value as { readonly type?: unknown }).type;
  if (typeof type !== 'string') return 'a line without type';
  if (!Object.hasOwn(schemas, type)) return 'unknown-type';
  const checked = schemas[type as RecordLine['type']].safeParse(value);
  if (checked.success) return undefined;
  const issue = checked.error.issues[0];
  return `${type}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`;
}
