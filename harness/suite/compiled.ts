import type { ChecksumKind } from '../codec/checksum';
import type { CommandSets } from '../codec/command';
import type {
  Binding,
  CapabilityLevel,
  CheckVerdict,
  Confidence,
  DeviceClass,
  Effect,
  HookName,
  Level,
  Plane,
} from '../names';
import type { Capability, CapabilityEntry, Overlay, TierLimit } from '../profile/capability';
import type { Template, TemplateMap } from './template';

/**
 * What YAML becomes: plain JSON, checked and resolved, so that a run needs neither parser nor schema. A string that
 * begins with `$` is a reference (`$parameters.x`, `$claims.x`, `$saved.x`, a loop variable) until the case runs.
 */
export type { Template, TemplateMap } from './template';

export interface Requirement {
  readonly id: string;
  readonly document: string;
  readonly version: string;
  readonly clause: string;
  readonly level: Level;
  readonly confidence: Confidence;
  /** `any`, or the bindings that it holds for. */
  readonly bindings: readonly string[];
  readonly role: string;
  readonly statement: string;
  readonly notes?: string;
  readonly test?: { readonly stimulus: string; readonly expect: string };
  /** Implementations in whose code the behaviour was read. */
  readonly seenIn?: readonly string[];
  /** The later version that says the same, and where that was seen. */
  readonly confirmedIn?: string;
  /** Why no case exercises it; cases and an excuse exclude each other. */
  readonly excused?: { readonly kind: 'instrument' | 'other'; readonly reason: string };
  /** Why no waiver may cover it. */
  readonly unwaivable?: string;
}

export type Requirements = { readonly [id: string]: Requirement };

// ---- expectations ----

export type Matcher =
  /** `exact`: text is compared as it stands, and not as hex in any form. */
  | { readonly kind: 'equals'; readonly value: Template; readonly exact?: true }
  | { readonly kind: 'in'; readonly values: readonly Template[] | string; readonly exact?: true }
  | { readonly kind: 'range'; readonly min?: Template; readonly max?: Template }
  /** Bits from the most significant on: `0`, `1`, or `x` for either. */
  | { readonly kind: 'bits'; readonly pattern: string }
  | { readonly kind: 'hex'; readonly value: string }
  /** Entries of a list, octets, or `characters` of a text. */
  | { readonly kind: 'length'; readonly of: Matcher; readonly characters?: true }
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'each'; readonly of: Matcher | readonly FieldCheck[] }
  | { readonly kind: 'unique' }
  /** Equal to what stands at another path of the same answer. */
  | { readonly kind: 'equals-field'; readonly path: string }
  /** Some of the octets, by their place. */
  | { readonly kind: 'slice'; readonly from: number; readonly count: number; readonly of: Matcher }
  /** At least one entry of a list. */
  | { readonly kind: 'some'; readonly of: Matcher | readonly FieldCheck[] }
  | { readonly kind: 'near'; readonly value: Template; readonly tolerance: Template }
  /** The value of a raw reading: (raw × resolution + offset) × 10^unitModifier, of what `by` is. */
  | { readonly kind: 'scaled'; readonly by: Template; readonly of: Matcher }
  /** Text, or octets as ASCII: characters that print, none of them a space at an end. */
  | { readonly kind: 'printable'; readonly octets?: true }
  | { readonly kind: 'ordered'; readonly strictly: boolean }
  /** The same text but for what pads it. */
  | { readonly kind: 'same-text'; readonly value: Template; readonly octets?: true; readonly valueOctets?: true }
  /** The checksum of the octets, zero-padded to a multiple of `pad`. */
  | { readonly kind: 'checksum'; readonly by: ChecksumKind; readonly pad: number; readonly of: Matcher }
  | { readonly kind: 'not'; readonly of: Matcher }
  /** Nanoseconds, or a parameter that holds them. */
  | { readonly kind: 'within'; readonly limit: Template }
  | { readonly kind: 'absent' }
  | { readonly kind: 'one-of'; readonly branches: readonly MatcherBranch[] };

export interface MatcherBranch {
  readonly match: Matcher;
  readonly verdict: CheckVerdict;
  readonly reason?: string;
}

/** One check: the value at `path` in the view of what came (judge/view.ts), against a matcher. */
export interface FieldCheck {
  readonly path: string;
  readonly matcher: Matcher;
  readonly requirement?: string;
}

export type Expectation =
  | { readonly kind: 'silence'; readonly requirement?: string }
  | { readonly kind: 'anything'; readonly requirement?: string }
  | { readonly kind: 'fields'; readonly checks: readonly FieldCheck[]; readonly requirement?: string }
  | { readonly kind: 'one-of'; readonly branches: readonly ExpectationBranch[]; readonly requirement?: string };

export interface ExpectationBranch {
  readonly expect: Expectation;
  readonly verdict: CheckVerdict;
  readonly reason?: string;
}

// ---- steps ----

/** A message: a command's request, or octets. `padTo` lengthens the body with zeros to that many octets. */
export interface MessageSpec {
  readonly command: string;
  readonly fields: TemplateMap;
  /** Overrides of header fields (type octet included), and `padTo`, `truncateTo`, `append`, `body`. */
  readonly message: TemplateMap;
  /** Overrides of packet header fields, for every packet of the message; `payloadLength` cuts or pads. */
  readonly packet: TemplateMap;
  /** Overrides at frame level: the fields of `binding/`, by the binding of the run. */
  readonly frame: TemplateMap;
}

export interface ExchangeStep extends MessageSpec {
  /** `request` is well-formed; `send` may be wrong. Both are sent again while an answer that is due does not come. */
  readonly kind: 'request' | 'send';
  readonly expect: Expectation;
  readonly save: Saves;
  /** Done to the device first, by the user's own command; then the request is sent until it is answered. */
  readonly hook?: HookName;
  /** How many frames of the device our side does not acknowledge, counted from this stimulus on. */
  readonly refuse?: number | 'always';
}

/** What a step keeps for later steps: a path in its view, or more than that. */
export type Saves = { readonly [name: string]: string | SaveRule };

/** The value at `from`; of a list the first entry that fits `where`, and what is at `take` below it. */
export interface SaveRule {
  readonly from: string;
  readonly where?: readonly FieldCheck[];
  readonly take?: string;
  readonly scaled?: Template;
}

/** Packets one by one. Parts are those of their message cut by `unit`; every header field follows from that unless overridden. */
export interface PacketsStep {
  readonly kind: 'packets';
  readonly messages: readonly (MessageSpec & {
    readonly name: string;
    readonly unit: Template;
    readonly expect: Expectation;
  })[];
  readonly packets: readonly {
    readonly message: string;
    readonly part: number;
    /** Nanoseconds, or a parameter, from the packet before. */
    readonly after?: Template;
    readonly packet: TemplateMap;
    readonly frame: TemplateMap;
  }[];
}

export interface ListenStep {
  readonly kind: 'listen';
  /** Nanoseconds or a parameter. */
  readonly for: Template;
  /** Only messages of this command of the device's. */
  readonly of?: string;
  /** Ends with so many of them. */
  readonly until?: number;
  /** Ends, too, when the device has asked so often, whatever it was. */
  readonly atMost?: Template;
  /** What came is there for the next `listen` too. */
  readonly keep?: true;
  /** What the device may send of its own: judged over every message that came. */
  readonly expect: Expectation;
}

export interface WaitStep {
  readonly kind: 'wait';
  readonly for: Template;
}

/** Generated packet sequences of a request, against a model of the receive rules. */
export interface ExploreStep {
  readonly kind: 'explore';
  readonly command: string;
  /** Sequences to try. */
  readonly budget: Template;
}

/**
 * Follows a device's own continuation: entries one after the other, each perhaps in parts, until the device says that
 * there are no more, within bounds. Steps may be run for every selected entry.
 */
export interface WalkStep {
  readonly kind: 'walk';
  /** What is asked; without it `over` is walked, and nothing is asked. */
  readonly command?: string;
  readonly over?: readonly Template[] | string;
  /** Name of the entry in `steps`. */
  readonly as: string;
  readonly fields: TemplateMap;
  readonly parts?: WalkParts;
  readonly next?: WalkNext;
  /** Structure of the command's set. */
  readonly decode?: string;
  readonly entries?: string;
  readonly requirement?: string;
  readonly eachAnswer: readonly FieldCheck[];
  /** A check with the empty path is about the entry itself. */
  readonly where: readonly FieldCheck[];
  readonly atLeast: number;
  readonly label?: string;
  readonly each: readonly FieldCheck[];
  readonly expect: readonly FieldCheck[];
  readonly save: Saves;
  readonly steps: readonly Step[];
}

export interface WalkParts {
  readonly data: string;
  readonly until: readonly FieldCheck[];
  readonly size?: Template;
  readonly fields: TemplateMap;
  readonly checksum?: {
    readonly kind: ChecksumKind;
    readonly field: string;
    readonly over: 'parts' | 'all';
    readonly requirement?: string;
  };
  readonly atMost: number;
}

export interface WalkNext {
  readonly until: readonly FieldCheck[];
  readonly count?: Template;
  readonly fields: TemplateMap;
  readonly atMost: number;
}

export type Step = ExchangeStep | PacketsStep | ListenStep | WaitStep | ExploreStep | WalkStep;

/** Requests of the device's own get no answer, or one to another command. */
export const deviceRequests = ['ignored', 'misanswered'] as const;
export type DeviceRequests = (typeof deviceRequests)[number];

/** The part of some octets that the device asks for: `from` and `count` are fields of its request. */
export interface AskedPart {
  readonly partOf: Template;
  readonly from: string;
  readonly count: string;
  /** An octet with all bits turned over. */
  readonly wrongAt?: number;
}

/** Fields of an answer to a request of the device's own. */
export type OwnAnswer =
  | 'unanswered'
  | { readonly fields: TemplateMap; readonly parts: { readonly [field: string]: AskedPart } };

export interface CompiledCase {
  readonly id: string;
  readonly suite: string;
  readonly title: string;
  readonly source: { readonly file: string; readonly line: number };
  readonly requirements: readonly string[];
  readonly needs: { readonly plane: Plane; readonly acknowledge: boolean; readonly refusal?: boolean };
  readonly bindings: readonly Binding[];
  readonly effects: readonly Effect[];
  readonly hazard?: 'may-hang' | 'may-reset';
  /** What becomes of requests that the device sends of its own meanwhile; else they are answered. */
  readonly deviceRequests?: DeviceRequests;
  /** By the command that the device asks; the next each time, the last one from then on. */
  readonly answers?: { readonly [command: string]: readonly OwnAnswer[] };
  /** Source text of the claim expression. */
  readonly when?: string;
  readonly loops: readonly { readonly name: string; readonly values: readonly Template[] | string }[];
  readonly steps: readonly Step[];
  readonly deviations: readonly string[];
  /** `$with.x`: example values, which a capability replaces. */
  readonly with?: TemplateMap;
  /** Code names of the fields in which `$with.x` is used. */
  readonly withCodes?: { readonly [name: string]: { readonly [code: string]: number } };
}

export interface CompiledSuite {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly hash: string;
  readonly cases: readonly CompiledCase[];
}

// ---- profiles ----

export type Claims = { readonly [name: string]: Template };
/** Durations are nanoseconds. */
export type Parameters = { readonly [name: string]: Template };

export interface CompiledProfile {
  readonly id: string;
  readonly title: string;
  readonly class: DeviceClass;
  readonly hash: string;
  /** Profiles whose suites, claims and parameters hold here too. */
  readonly includes?: readonly string[];
  /** Profiles that take its place for emulated devices of other classes. */
  readonly others?: { readonly [C in DeviceClass]?: string | undefined };
  /** Suite ids or their first segments, in plan order. */
  readonly suites: readonly string[];
  readonly claims: Claims;
  readonly parameters: Parameters;
  /** The plane without which a run under this profile does not count. */
  readonly demands?: Plane;
  /** The level without which it does not. */
  readonly level?: CapabilityLevel;
  /** Nothing is moved, no message is malformed, nothing below messages is touched. */
  readonly readOnly?: boolean;
  readonly capabilities?: readonly Capability[];
  readonly tiers?: { readonly smoke?: TierLimit; readonly gate?: TierLimit };
}

/** A command of the user's, and the time in nanoseconds after which it counts as stuck. */
export interface Hook {
  readonly run: string;
  readonly timeout: number;
}

export interface DeviceFile {
  readonly id: string;
  readonly profile: string;
  readonly uri?: string;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly hooks: { readonly [name: string]: Hook };
}

/** A failure that somebody answers for, of one device, until a day. */
export interface Waiver {
  readonly case?: string;
  /** Instead of a case: the clause whose failed checks are accepted. */
  readonly requirement?: string;
  /** The id of a device file, or a UUID. */
  readonly device: string;
  /** Comparisons of versions, as `>=2.0 <2.2`. */
  readonly firmware?: string;
  readonly reason: string;
  readonly owner: string;
  /** The last day on which it holds, as `2027-03-01`. */
  readonly expires: string;
  readonly evidence?: string;
  readonly source: { readonly file: string; readonly line: number };
}

/** A failed check that a CI gate knows. */
export interface ExpectedFailure {
  readonly check: string;
  readonly reason: string;
  readonly source: { readonly file: string; readonly line: number };
}

/** Everything that is data, built-in and user's, as one value. */
export interface Library {
  readonly commands: CommandSets;
  readonly requirements: Requirements;
  readonly suites: readonly CompiledSuite[];
  readonly profiles: { readonly [id: string]: CompiledProfile };
  /** The catalogue of capabilities, the codes for how devices miss them, and buyers' programmes. */
  readonly capabilities: { readonly [id: string]: CapabilityEntry };
  readonly deviationCodes: { readonly [code: string]: string };
  readonly overlays: { readonly [id: string]: Overlay };
}
