/** Numbers that the standards name. Received values stay numbers; names are for people and for YAML. */

/** MCTP message types (DSP0239 1.12, Table 1), by the names that suites, claims and reports use. */
export const messageTypes = {
  control: 0x00,
  pldm: 0x01,
  'nc-si': 0x02,
  ethernet: 0x03,
  'nvme-mi': 0x04,
  spdm: 0x05,
  'secured-messages': 0x06,
  'cxl-fm-api': 0x07,
  'cxl-cci': 0x08,
  'pcie-mi': 0x09,
  'vendor-pci': 0x7e,
  'vendor-iana': 0x7f,
} as const;

/** The name of a message type, or its number as two hex digits. */
export function messageTypeName(value: number): string {
  const found = Object.entries(messageTypes).find(([, code]) => code === value);
  return found === undefined ? `0x${value.toString(16).padStart(2, '0')}` : found[0];
}

/** Special endpoint IDs (DSP0236 8.3, Table 2). */
export const NULL_EID = 0x00;
export const BROADCAST_EID = 0xff;

/** Payload octets that every endpoint accepts in one packet, type octet included (DSP0236 8.4.2). */
export const BASELINE_TRANSMISSION_UNIT = 64;

/** DMTF transport bindings that have a codec here. */
export const bindings = ['smbus', 'serial'] as const;
export type Binding = (typeof bindings)[number];

/** What a transport lets us form and see, each containing the one before. */
export const planes = ['messages', 'packets', 'frames'] as const;
export type Plane = (typeof planes)[number];

/** Whether a transport that reaches `has` can do what needs `needs`. */
export function reaches(has: Plane, needs: Plane): boolean {
  return planes.indexOf(has) >= planes.indexOf(needs);
}

/** Volatile effects need exclusive use of the device; the others need `--allow NAME` each. */
export const volatileEffects = ['eid', 'tid', 'nc-si-initial-state', 'event-receiver', 'assembly-exhaustion'] as const;
export const lastingEffects = ['reset', 'firmware', 'persistent', 'bus-disruptive'] as const;
export const effects = [...volatileEffects, ...lastingEffects] as const;
export type Effect = (typeof effects)[number];

export const levels = ['mandatory', 'conditional', 'recommended', 'optional'] as const;
export type Level = (typeof levels)[number];

export const confidences = ['high', 'medium', 'low'] as const;
export type Confidence = (typeof confidences)[number];

/** `complete`: an endpoint with every optional part of DSP0236, for cases that no plain class reaches. */
export const deviceClasses = ['endpoint', 'bridge', 'nic', 'hba', 'ssd', 'complete'] as const;
export type DeviceClass = (typeof deviceClasses)[number];

/** How the reason of a case begins that met nothing to look at: nothing was wrong, and its clause was not exercised. */
export const NOTHING_SHOWN = 'nothing was shown';

/** Verdicts of one check, and of one case. */
export const checkVerdicts = ['pass', 'info', 'warn', 'fail'] as const;
export type CheckVerdict = (typeof checkVerdicts)[number];

export const caseVerdicts = [
  'pass',
  'warn',
  'fail',
  'not-applicable',
  'unreachable',
  'blocked',
  'error',
  'waived',
] as const;
export type CaseVerdict = (typeof caseVerdicts)[number];

/** One letter for each, where there are many. */
export const verdictLetters: { readonly [V in CaseVerdict]: string } = {
  pass: 'p',
  warn: 'w',
  fail: 'f',
  'not-applicable': 'n',
  unreachable: 'u',
  blocked: 'b',
  error: 'e',
  waived: 'v',
};

const executedVerdicts = ['pass', 'warn', 'fail', 'waived'] as const;
type ExecutedVerdict = (typeof executedVerdicts)[number];

/** Whether the device was exercised and judged. */
export function isExecuted(verdict: CaseVerdict): verdict is ExecutedVerdict {
  const executed: readonly CaseVerdict[] = executedVerdicts;
  return executed.includes(verdict);
}

export const runVerdicts = ['conformant', 'not-conformant', 'partial', 'incomplete', 'error'] as const;
export type RunVerdict = (typeof runVerdicts)[number];

/** How far a device goes with the unified command set: transport, identity, monitor, event, update, trust. */
export const capabilityLevels = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5'] as const;
export type CapabilityLevel = (typeof capabilityLevels)[number];

export const capabilityNeeds = ['mandatory', 'conditional', 'optional'] as const;
export type CapabilityNeed = (typeof capabilityNeeds)[number];

export const capabilityStatuses = ['met', 'met-with-note', 'not-met', 'not-tested', 'not-applicable'] as const;
export type CapabilityStatus = (typeof capabilityStatuses)[number];

/** What the user's own commands can do to a device. */
export const hookNames = ['reset', 'ac-cycle', 'hot-plug', 'link-down', 'link-up', 'heat'] as const;
export type HookName = (typeof hookNames)[number];

/** How much of a profile runs: minutes, a firmware release's gate, everything. */
export const tiers = ['smoke', 'gate', 'full'] as const;
export type Tier = (typeof tiers)[number];
