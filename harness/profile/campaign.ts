import type { CapabilityLevel, Effect, Tier } from '../names';

/** A campaign as its file says it: which devices are tested how, and what is accepted. */
export interface Campaign {
  readonly id: string;
  readonly title: string;
  readonly runs: readonly CampaignRun[];
  /** 1 (first) to 1000; 100 where the file says nothing. */
  readonly priority: number;
  /** What is not begun by then is cancelled. */
  readonly deadline?: Deadline;
  /** Nothing else uses the devices: EIDs may be moved. */
  readonly exclusive: boolean;
  /** Effects that last; without any a run may be repeated after a fault. */
  readonly allow: readonly Effect[];
  /** Files of waivers, relative to the campaign's. */
  readonly waivers: readonly string[];
  readonly accept: Acceptance;
  readonly store: StoreLocation;
}

/** Devices × profiles × repeats. */
export interface CampaignRun {
  readonly targets: readonly Target[];
  /** Ids, or paths of profiles of one's own, relative to the campaign's file. */
  readonly profiles: readonly string[];
  readonly repeats: number;
  readonly options: RunOptions;
}

/** `any`: `count` runs, each by whichever device that bears the labels is free. */
export type Target =
  | { readonly kind: 'device'; readonly name: string }
  | { readonly kind: 'all'; readonly labels: readonly string[] }
  | { readonly kind: 'any'; readonly labels: readonly string[]; readonly count: number };

export interface RunOptions {
  readonly tier?: Tier;
  readonly select: readonly string[];
  readonly overlays: readonly string[];
  readonly strict: boolean;
  readonly thorough: boolean;
}

/** What counts as accepted. */
export interface Acceptance {
  /** The level that every device has to reach; `run --level`. */
  readonly level?: CapabilityLevel;
  /** Cases that may differ between repeats of one device and profile, in all. */
  readonly flakes: number;
}

/** When a campaign ends: a moment, or nanoseconds after it is submitted. */
export type Deadline =
  | { readonly kind: 'at'; readonly time: string }
  | { readonly kind: 'after'; readonly duration: number };

/** Where evidence goes. Credentials are never in it: they come from the environment of who stores and who reads. */
export type StoreLocation =
  | { readonly kind: 'directory'; readonly path: string }
  | {
      readonly kind: 's3';
      readonly bucket: string;
      readonly prefix: string;
      readonly endpoint?: string;
      readonly region?: string;
    };
