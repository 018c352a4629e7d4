import type { CaseVerdict, RunVerdict } from '../names';
import type { Campaign, StoreLocation } from '../profile/campaign';
import type { Result } from '../record/result-schema';

/** What a fleet is made of, as it is read back: types only. Times are ISO 8601, in UTC, by the clock of who says so. */

/** One job of a campaign. A delivery or a result that bears the same key changes nothing. */
export interface JobKey {
  readonly campaign: string;
  /** A device's name; of jobs for whichever device is free `any.LABEL+LABEL.NUMBER`. */
  readonly device: string;
  /** Hash of everything that decides what is run: profile, suites, options, waivers. */
  readonly profileHash: string;
  /** From 1: which of the repeats that the campaign asks for. */
  readonly repeat: number;
}

/** One run of a job. Attempts above 1 follow a fault of the fleet's or of the harness, never a verdict. */
export interface RunKey extends JobKey {
  readonly attempt: number;
}

/**
 * `passed` and `failed` are verdicts on the device. `error`: nothing can be said of it. `refused`: it may have been begun
 * before, and has effects that last. `cancelled`: by hand, or not begun by the deadline.
 */
export const jobStatuses = ['waiting', 'running', 'passed', 'failed', 'error', 'refused', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export interface JobState {
  readonly key: JobKey;
  /** The device that runs it or did; of `any` jobs unknown before. */
  readonly device?: string;
  /** As the campaign names it. */
  readonly profile: string;
  readonly status: JobStatus;
  /** Why it is not waiting, running, passed or failed; or why it waits again. */
  readonly reason?: string;
  /** How often it was begun. */
  readonly attempts: number;
  readonly station?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly outcome?: Outcome;
}

/** What a run came to, small enough to keep ten thousand. */
export interface Outcome {
  readonly attempt: number;
  readonly verdict: RunVerdict;
  readonly level: Result['level'];
  /** Of `mctp-certify run`. */
  readonly exitCode: number;
  readonly reason?: string;
  readonly counts: Result['counts'];
  /** Wall time of the run's process. */
  readonly durationMs: number;
  /** The device as it told over the wire. */
  readonly unit: Unit;
  /** Whether a statement may rest on it: not where the device is emulated. */
  readonly attested: boolean;
  readonly scope: string;
  readonly cases: CaseVerdicts;
  /** Undefined until the evidence is in its store. */
  readonly evidence?: Evidence;
}

export interface Unit {
  readonly uri: string;
  readonly uuid?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly partNumber?: string;
  readonly serialNumber?: string;
  readonly firmware?: string;
}

/** Verdict by case, in the plan's order. Outcomes of the same plan share `ids`. */
export interface CaseVerdicts {
  readonly ids: readonly string[];
  readonly verdicts: readonly CaseVerdict[];
}

/** Files of one run where they were put; the hashes are those of the run's host, checked on arrival. */
export interface Evidence {
  readonly store: StoreLocation;
  /** Folder of the run in the store, with `/` between its parts. */
  readonly path: string;
  readonly files: { readonly [name: string]: StoredFile };
}

export interface StoredFile {
  /** Hex. */
  readonly sha256: string;
  /** Octets. */
  readonly size: number;
}

export interface CampaignState {
  readonly campaign: Campaign;
  readonly submittedAt: string;
  readonly deadlineAt?: string;
  readonly cancelledAt?: string;
  /** The random word that a signed report answers. */
  readonly nonce?: string;
  readonly jobs: number;
  readonly counts: { readonly [S in JobStatus]: number };
}

/** `in-use-by-hand`: somebody else holds the device's lock. `lost`: its station has not been heard. */
export const deviceStates = ['idle', 'running', 'in-use-by-hand', 'draining', 'lost'] as const;
export type DeviceState = (typeof deviceStates)[number];

export interface StationDevice {
  readonly name: string;
  readonly labels: readonly string[];
  readonly state: DeviceState;
  readonly job?: JobKey;
  readonly since?: string;
  readonly note?: string;
}

export interface StationState {
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly devices: readonly StationDevice[];
  /** Runs whose evidence or result is still on the station's own disk, and why. */
  readonly undelivered: number;
  readonly note?: string;
  readonly seenAt: string;
}

/** What was seen of a device in one run, of any campaign; newest first where they are listed. */
export interface HistoryEntry {
  readonly at: string;
  readonly key: RunKey;
  readonly profile: string;
  readonly firmware?: string;
  readonly verdict: RunVerdict;
  readonly counts: Result['counts'];
  /** Ids of the cases that failed; at most 50. */
  readonly failed: readonly string[];
  readonly timing: readonly CommandTime[];
  readonly evidence?: Evidence;
}

export interface CommandTime {
  readonly command: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What has changed: read it again. */
export type FleetEvent =
  | { readonly kind: 'campaign'; readonly campaign: string }
  | { readonly kind: 'job'; readonly job: JobState }
  | { readonly kind: 'station'; readonly station: StationState }
  /** One that has said good-bye. */
  | { readonly kind: 'station-gone'; readonly name: string };
