import type { CapabilityLevel, CapabilityNeed, DeviceClass } from '../names';
import type { TemplateMap } from '../suite/template';

/** What a capability is, wherever it is demanded: one row of the unified command set. */
export interface CapabilityEntry {
  readonly id: string;
  readonly title: string;
  /** Classes that it is about; empty: all. */
  readonly classes: readonly DeviceClass[];
  readonly level: CapabilityLevel;
  readonly need: CapabilityNeed;
  readonly expected: string;
  /** How products have been seen to differ, by deviation code. */
  readonly differs: readonly { readonly code: string; readonly seen: string }[];
  readonly source: string;
}

/** `oem`: a vendor's own, documented way; nobody who needs one gets above L1. */
export type WayRank = 1 | 2 | 3 | 'oem';

/** One of the ranked ways to meet a capability. */
export interface Way {
  readonly rank: WayRank;
  /** Ids of cases or suites, or their first segments: all of them have to pass. */
  readonly cases: readonly string[];
  /** Values for `$with.x` of those cases. */
  readonly with?: TemplateMap;
  readonly note?: string;
}

/** A capability as a profile demands it. */
export interface Capability {
  readonly id: string;
  readonly title: string;
  readonly level: CapabilityLevel;
  readonly need: CapabilityNeed;
  /** Of a conditional one: the claim expression. */
  readonly when?: string;
  /** Best first. */
  readonly any: readonly Way[];
  /** Why there is no way yet. */
  readonly untested?: string;
}

/** What `--tier` leaves of a profile: these cases, and none that is expected to take longer. */
export interface TierLimit {
  readonly cases?: readonly string[];
  /** Nanoseconds on the bus. */
  readonly longest?: number;
}

/** One rule of a buyer's programme, mapped to what is tested here. */
export interface OverlayRule {
  readonly id: string;
  readonly title: string;
  readonly need: 'required' | 'recommended';
  /** Whether the wording was read in the document itself or confirmed by several sources. */
  readonly confirmed: boolean;
  readonly source: string;
  /** All of these have to be met. */
  readonly capabilities: readonly string[];
  readonly requirements: readonly string[];
  /** Why this tool cannot say. */
  readonly outside?: string;
}

/** A buyer's programme: rows in the result beside the profile's. */
export interface Overlay {
  readonly id: string;
  readonly title: string;
  readonly version: string;
  /** Classes of devices that it is about; empty: all. */
  readonly classes: readonly DeviceClass[];
  readonly rules: readonly OverlayRule[];
}
