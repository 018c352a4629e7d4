import { deviceOf, jobsByDevice, judgeDevice, judgeTogether } from '../../record/acceptance';
import type { CampaignResult, DeviceAcceptance } from '../../record/campaign-result';
import { headOf, JobReader } from '../acceptance';
import type { CampaignState, FleetEvent, JobState } from '../model';
import { jobId } from '../redis/keys';
import type { FleetStore } from '../store';

/** Campaigns that are kept at hand: as many as somebody looks at. */
const KEPT = 3;
/** An event can be missed while the server is away: everything is read again so often. Milliseconds. */
const READ_AGAIN = 30_000;

/**
 * Campaigns as they are judged now. Each is read once and then follows the events of its jobs: of ten thousand jobs one
 * that changes costs a look at its device, not at all of them.
 */
export class LiveCampaigns {
  private readonly store: FleetStore;
  private readonly tool: CampaignResult['tool'];
  private readonly now: () => number;
  private readonly kept = new Map<string, { readonly at: number; readonly campaign: Promise<LiveCampaign> }>();

  constructor(store: FleetStore, tool: CampaignResult['tool'], now: () => number) {
    this.store = store;
    this.tool = tool;
    this.now = now;
  }

  async result(state: CampaignState): Promise<CampaignResult> {
    const { id } = state.campaign;
    let own = this.kept.get(id);
    if (own === undefined || this.now() - own.at >= READ_AGAIN) {
      own = { at: this.now(), campaign: LiveCampaign.read(this.store, id) };
      this.kept.delete(id);
      this.kept.set(id, own);
      const [oldest = id] = this.kept.keys();
      if (this.kept.size > KEPT) this.kept.delete(oldest);
      // What could not be read is asked for again.
      own.campaign.catch(() => this.kept.delete(id));
    }
    return { format: 1, tool: this.tool, ...(await own.campaign).judged(state) };
  }

  note(event: FleetEvent): void {
    if (event.kind === 'campaign') this.kept.delete(event.campaign);
    if (event.kind !== 'job') return;
    const { job } = event;
    this.kept.get(job.key.campaign)?.campaign.then(
      (campaign) => campaign.change(job),
      () => undefined,
    );
  }
}

class LiveCampaign {
  private readonly reader = new JobReader();
  private readonly jobs: CampaignResult['jobs'][number][] = [];
  private readonly places = new Map<string, number>();
  private readonly devices = new Map<string, DeviceAcceptance>();
  private readonly changed = new Set<string>();
  private groups: ReadonlyMap<string, readonly number[]> = new Map();

  static async read(store: FleetStore, id: string): Promise<LiveCampaign> {
    const campaign = new LiveCampaign();
    for await (const job of store.jobs(id)) campaign.change(job);
    return campaign;
  }

  change(job: JobState): void {
    const id = jobId(job.key);
    const place = this.places.get(id) ?? this.jobs.length;
    const before = this.jobs[place];
    const now = this.reader.job(job);
    this.places.set(id, place);
    this.jobs[place] = now;
    // A job for whichever device is free moves to the one that takes it.
    if (before === undefined || deviceOf(before) !== deviceOf(now)) this.groups = new Map();
    if (before !== undefined) this.changed.add(deviceOf(before));
    this.changed.add(deviceOf(now));
  }

  judged(state: CampaignState): Omit<CampaignResult, 'format' | 'tool'> {
    const input = { campaign: headOf(state), plans: this.reader.plans, jobs: this.jobs };
    if (this.groups.size === 0) this.groups = jobsByDevice(this.jobs);
    for (const name of this.changed) {
      const own = this.groups.get(name);
      if (own === undefined) this.devices.delete(name);
      else this.devices.set(name, judgeDevice(name, own, input));
    }
    this.changed.clear();
    return { ...input, ...judgeTogether([...this.devices.values()], input) };
  }
}
