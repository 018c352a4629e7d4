import type { CapabilityLevel, CapabilityNeed, Plane, Tier } from '../names';
import type { CapabilityEntry, Overlay, WayRank } from '../profile/capability';

/** One way to meet a capability, with the cases of this plan that it stands on. */
export interface PlannedWay {
  readonly rank: WayRank;
  readonly cases: readonly string[];
  readonly note?: string;
}

export interface PlannedCapability {
  readonly id: string;
  readonly title: string;
  readonly level: CapabilityLevel;
  readonly need: CapabilityNeed;
  /** Of a conditional one: what it depends on, with the claims' values, and whether it holds; open claims do not decide. */
  readonly condition?: { readonly text: string; readonly holds: boolean };
  readonly ways: readonly PlannedWay[];
  /** Why there is no way yet. */
  readonly untested?: string;
  readonly differs: CapabilityEntry['differs'];
}

/** What a run is held against besides its cases: capabilities, the level that is demanded, buyers' programmes. */
export interface Program {
  readonly capabilities: readonly PlannedCapability[];
  /** The level without which the run does not count as conformant. */
  readonly demands?: { readonly level: CapabilityLevel; readonly by: 'profile' | 'user' };
  readonly tier?: Tier;
  readonly overlays: readonly Overlay[];
  /** Planes that the profile keeps to, where it keeps to less than the transport reaches. */
  readonly keepsTo?: Plane;
}
