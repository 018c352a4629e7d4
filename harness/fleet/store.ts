import type { CampaignState, FleetEvent, HistoryEntry, JobState, StationState } from './model';

/** What is read back of a fleet. Lists are streamed, so that ten thousand jobs take no more memory than ten. */
export interface FleetStore {
  /** Newest first. */
  campaigns(): Promise<readonly CampaignState[]>;
  campaign(id: string): Promise<CampaignState | undefined>;
  /** In the order of the campaign. */
  jobs(campaign: string): AsyncIterable<JobState>;
  stations(): Promise<readonly StationState[]>;
  /** Names of devices of which there is a history. */
  devices(): Promise<readonly string[]>;
  history(device: string, limit: number): Promise<readonly HistoryEntry[]>;
  /** Calls `listener` for every change until the function that is returned is called. */
  subscribe(listener: (event: FleetEvent) => void): () => void;
  /** Calls `listener` for every change of a campaign, which is not read for it. */
  watch(campaign: string, listener: () => void): () => void;
  close(): Promise<void>;
}
