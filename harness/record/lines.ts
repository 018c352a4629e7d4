import type { CommandSets } from '../codec/command';
import type { Binding, CaseVerdict, CheckVerdict, Effect, HookName, Level, Plane, RunVerdict } from '../names';
import type { Claims, CompiledCase, ExpectedFailure, Parameters, Requirement, Waiver } from '../suite/compiled';
import type { Delivery } from '../transport/transport';
import type { LifeProbe, Observation, ReceivedMessage } from './observation';
import type { Program } from './program';

/** One check of a case, judged. */
export interface Check {
  /** `CASE#STEP.PATH[loop=value,…]`. */
  readonly id: string;
  readonly requirement: string;
  readonly level: Level;
  readonly verdict: CheckVerdict;
  readonly expected: string;
  readonly actual: string;
  /** The octets that decided, as hex, and which of them. */
  readonly octets?: string;
  readonly highlight?: { readonly offset: number; readonly length: number };
  /** Why the verdict is milder than the level, or how silence was shown. */
  readonly note?: string;
  readonly step: number;
}

export interface Scope {
  readonly binding: Binding;
  readonly plane: Plane;
  readonly acknowledge: boolean;
  /** Whether our side can refuse a frame of the device. */
  readonly refusal?: boolean;
  readonly exclusive: boolean;
  readonly effects: readonly Effect[];
  /** Octets of the longest packet, header included, that the way to the device takes; missing: any. */
  readonly packetUnit?: number;
  /** What can be done to the device from outside. */
  readonly hooks?: readonly HookName[];
  /** MCTP bridges between us and the device. */
  readonly hops: number;
  readonly owner: 'self' | 'other';
}

/** The device as read over the wire. */
export interface Identity {
  readonly eid: number;
  readonly uuid?: string;
  readonly types: readonly number[];
  readonly versions: readonly string[];
  /** As the device names it, where a command was found that tells. */
  readonly firmware?: string;
}

/** What the unit says of itself, as cases have read it. */
export interface UnitFacts {
  readonly manufacturer?: string;
  readonly model?: string;
  readonly partNumber?: string;
  readonly serialNumber?: string;
  readonly firmware?: string;
}

export type PlannedCase = (
  | { readonly decision: 'run'; readonly case: CompiledCase }
  | { readonly decision: 'not-applicable' | 'unreachable'; readonly case: CompiledCase; readonly reason: string }
) & {
  /** Capabilities to which it is a way, where it is in the plan for nothing else. */
  readonly serves?: readonly string[];
};

/** How a run was asked to go about it. */
export interface RunOptions {
  readonly strict: boolean;
  readonly thorough: boolean;
  readonly select: readonly string[];
  /** Attempts at each case, where it is more than one. */
  readonly repeat?: number;
  /** Nanoseconds from the start of one attempt to that of the next, at least. */
  readonly pace?: number;
}

/** Something that is claimed, that the device lists, and that it does: undefined where nobody said. */
export interface ClaimRow {
  readonly what: string;
  readonly name: string;
  readonly claimed?: boolean;
  readonly advertised?: boolean;
  readonly behaves?: boolean;
  /** Where they do not agree. */
  readonly finding?: string;
}

/** What the frame was for. */
export type Purpose = 'stimulus' | 'twin' | 'probe' | 'restore' | 'discovery' | 'answer' | 'received';

/** What a run moves and puts back: the device's EID, the MCTP transmission unit of one of its ports (NVMe-MI). */
export type Moved = 'eid' | 'transmission-unit' | 'effecter-state';

/** The record: one JSON object per line; `at` is nanoseconds since this segment's `run.start`. */
export type RecordLine =
  | {
      readonly type: 'run.start';
      readonly at: number;
      readonly format: 1;
      readonly tool: { readonly name: string; readonly version: string; readonly node: string };
      readonly wall: string;
      readonly segment: number;
      readonly seed: number;
      readonly uri: string;
      /** The program, kernel and machine beside the device, in their own words. */
      readonly machine?: string;
      /** Id of the device file, where there was one. */
      readonly device?: string;
      readonly profile: {
        readonly id: string;
        readonly title: string;
        readonly hash: string;
        readonly class: string;
        readonly demands?: Plane;
      };
      readonly hashes: { readonly [what: string]: string };
      readonly scope: Scope;
      readonly attested: boolean;
      readonly options: RunOptions;
    }
  | { readonly type: 'device'; readonly at: number; readonly identity: Identity }
  | {
      readonly type: 'plan';
      readonly at: number;
      readonly cases: readonly PlannedCase[];
      readonly requirements: { readonly [id: string]: Requirement };
      readonly commands: CommandSets;
      readonly parameters: Parameters;
      readonly claims: Claims;
      /** Capabilities, levels, buyers' programmes; a record without it knows of none. */
      readonly program?: Program;
    }
  /** What was accepted beforehand; a record without it knows of nothing. */
  | {
      readonly type: 'waivers';
      readonly at: number;
      readonly waivers: readonly Waiver[];
      readonly expectedFailures: readonly ExpectedFailure[];
    }
  | { readonly type: 'case.start'; readonly at: number; readonly case: string; readonly attempt: number }
  | {
      readonly type: 'frame';
      readonly at: number;
      readonly direction: 'tx' | 'rx';
      readonly plane: Plane;
      readonly octets: string;
      /** The MCTP packets that these octets carry or completed, from the header version on. */
      readonly packets: readonly string[];
      readonly purpose: Purpose;
      readonly delivery?: Delivery;
      readonly note?: string;
    }
  | { readonly type: 'observation'; readonly at: number; readonly case: string; readonly observation: Observation }
  | { readonly type: 'unit'; readonly at: number; readonly case: string; readonly unit: UnitFacts }
  | { readonly type: 'life'; readonly at: number; readonly case: string; readonly life: LifeProbe }
  | { readonly type: 'check'; readonly at: number; readonly case: string; readonly check: Check }
  | {
      readonly type: 'late';
      readonly at: number;
      readonly case: string;
      readonly step: number;
      readonly loop: Observation['loop'];
      readonly message?: string;
      readonly received: ReceivedMessage;
    }
  | {
      readonly type: 'case.end';
      readonly at: number;
      readonly case: string;
      readonly verdict: CaseVerdict;
      readonly reason?: string;
    }
  /** Claimed, advertised, behaves: what the device was asked at the end. */
  | { readonly type: 'claims'; readonly at: number; readonly rows: readonly ClaimRow[] }
  /** What was there before something is moved, written before it is; `restored` closes it. */
  | {
      readonly type: 'journal';
      readonly at: number;
      readonly what: Moved;
      readonly value: number;
      /** Of a transmission unit: the port that has it. */
      readonly port?: number;
      readonly physicalAddress: number;
    }
  | {
      readonly type: 'restored';
      readonly at: number;
      readonly what: Moved;
      readonly value: number;
      readonly port?: number;
      readonly note?: string;
    }
  /** By how much counters of the interface to the device changed during a case. */
  | {
      readonly type: 'counters';
      readonly at: number;
      readonly case: string;
      readonly counters: { readonly [name: string]: number };
    }
  | { readonly type: 'note'; readonly at: number; readonly text: string }
  | {
      readonly type: 'run.end';
      readonly at: number;
      readonly wall: string;
      readonly verdict: RunVerdict;
      readonly reason?: string;
      readonly interrupted?: boolean;
    };

type OmitAt<T> = T extends unknown ? Omit<T, 'at'> : never;
/** A line before it is written: the writer adds the time. */
export type RecordEntry = OmitAt<RecordLine>;

/**
 * Where a run writes. Lines are on their way to the disk when `flush` returns, which is called before anything is sent, and
 * by themselves at the end of the turn of the event loop that brought them: a killed run loses nothing that it saw.
 */
export interface RecordSink {
  write(entry: RecordEntry): void;
  flush?(): void;
}
