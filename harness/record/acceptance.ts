import type { CaseVerdict } from '../names';
import { capabilityLevels, isExecuted } from '../names';
import type {
  AcceptanceVerdict,
  CampaignJob,
  CampaignOutcome,
  CampaignResult,
  DeviceAcceptance,
  Reason,
  ReasonCode,
} from './campaign-result';
import { reasonWeights } from './campaign-result';

/** What a campaign's jobs came to, as far as acceptance asks. */
export type AcceptanceInput = Pick<CampaignResult, 'campaign' | 'plans' | 'jobs'>;
export type Accepted = Pick<CampaignResult, 'verdict' | 'reasons' | 'attested' | 'counts' | 'devices'>;

/** A run that says something of the device. */
type Run = CampaignJob & { readonly outcome: CampaignOutcome };

/**
 * Whether the devices of a campaign are accepted, each with its reasons. A device is accepted only where every run that
 * was asked for was executed, is home with its evidence, and shows what the campaign demands; without a run nothing is.
 */
export function judgeAcceptance(input: AcceptanceInput): Accepted {
  return judgeTogether(
    [...jobsByDevice(input.jobs)].map(([name, jobs]) => judgeDevice(name, jobs, input)),
    input,
  );
}

/** Which jobs are about which device. */
export function jobsByDevice(jobs: readonly CampaignJob[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  jobs.forEach((job, index) => {
    const name = deviceOf(job);
    const own = groups.get(name);
    if (own === undefined) groups.set(name, [index]);
    else own.push(index);
  });
  return groups;
}

/** The campaign, from what each of its devices came to. */
export function judgeTogether(devices: readonly DeviceAcceptance[], input: AcceptanceInput): Accepted {
  const count = (verdict: AcceptanceVerdict): number => devices.filter((entry) => entry.verdict === verdict).length;
  const counts = {
    accepted: count('accepted'),
    'not-accepted': count('not-accepted'),
    incomplete: count('incomplete'),
  };
  const outcomes = input.jobs.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  const executed = devices.reduce((sum, device) => sum + device.executed, 0);
  return {
    verdict: verdictOf(counts, executed),
    reasons: reasonsOf(counts, input.jobs.length),
    attested: outcomes.length > 0 && outcomes.every(({ attested }) => attested),
    counts: { devices: counts, jobs: input.jobs.length, executed },
    devices,
  };
}

function verdictOf(counts: CampaignResult['counts']['devices'], executed: number): AcceptanceVerdict {
  if (counts['not-accepted'] > 0) return 'not-accepted';
  return counts.incomplete > 0 || counts.accepted === 0 || executed === 0 ? 'incomplete' : 'accepted';
}

function reasonsOf(counts: CampaignResult['counts']['devices'], jobs: number): readonly string[] {
  if (jobs === 0) return ['nothing was to be run'];
  const total = counts.accepted + counts['not-accepted'] + counts.incomplete;
  const say = (count: number, what: string): readonly string[] =>
    count === 0 ? [] : [`${count} of ${devicesText(total)} ${count === 1 ? 'is' : 'are'} ${what}`];
  return [
    ...say(counts['not-accepted'], 'not accepted'),
    ...say(counts.incomplete, 'incomplete'),
    ...say(counts.accepted, 'accepted'),
  ];
}

const devicesText = (count: number): string => (count === 1 ? '1 device' : `${count} devices`);
export const deviceOf = (job: CampaignJob): string => job.device ?? job.key.device;

/** One device, from the jobs that are about it. */
export function judgeDevice(name: string, indices: readonly number[], input: AcceptanceInput): DeviceAcceptance {
  const jobs = indices.flatMap((index) => input.jobs[index] ?? []);
  const runs = jobs.filter(isRun);
  const flaky = flakyCases(runs, input.plans);
  const disturbed = new Set(flaky.map(({ profile, case: id }) => `${profile}\n${id}`));
  const red = (run: Run, flakes: boolean): readonly string[] =>
    redCases(run, input.plans).filter((id) => disturbed.has(`${run.profile}\n${id}`) === flakes);
  const steady = runs.filter((run) => red(run, true).length === 0);
  const level = lowest(steady.map(({ outcome }) => outcome.level));
  const reasons = [
    ...notRun(jobs, runs.length),
    ...redReasons(runs, (run) => red(run, false)),
    ...runs.flatMap((run) => conclusion(run, input.campaign.parts, redCases(run, input.plans).length > 0)),
    ...flakeReasons(flaky, input.campaign.accept.flakes),
    ...levelReasons(level, steady, runs.length, input.campaign.accept.level),
    ...unitReasons(runs),
    ...evidenceReasons(runs),
    ...waiverReasons(runs, input.plans),
  ];
  const told = merged(reasons);
  const has = (weight: 'against' | 'open'): boolean => told.some(({ code }) => reasonWeights[code] === weight);
  const verdict = has('against') ? 'not-accepted' : has('open') || runs.length === 0 ? 'incomplete' : 'accepted';
  return { name, verdict, reasons: told, level, executed: runs.length, flaky, jobs: indices };
}

function isRun(job: CampaignJob): job is Run {
  const { status, outcome } = job;
  return (status === 'passed' || status === 'failed') && outcome !== undefined && executedCases(outcome) > 0;
}

function executedCases({ verdicts }: CampaignOutcome): number {
  return verdicts.filter(isExecuted).length;
}

const reason = (code: ReasonCode, text: string, cases?: readonly string[]): Reason =>
  cases === undefined ? { code, text } : { code, text, cases };

/** Gravest first, the same words once. */
function merged(reasons: readonly Reason[]): readonly Reason[] {
  const order = ['against', 'open', 'note'];
  const seen = new Set<string>();
  return reasons
    .filter(({ code, text }) => !seen.has(`${code} ${text}`) && seen.add(`${code} ${text}`))
    .map((entry, index) => ({ entry, index }))
    .sort(
      (a, b) =>
        order.indexOf(reasonWeights[a.entry.code]) - order.indexOf(reasonWeights[b.entry.code]) || a.index - b.index,
    )
    .map(({ entry }) => entry);
}

/** Jobs that say nothing of the device, and why. */
function notRun(jobs: readonly CampaignJob[], executed: number): readonly Reason[] {
  const of = (count: number): string => `${count} of ${jobs.length} run${jobs.length === 1 ? '' : 's'}`;
  const found: Reason[] = executed === 0 ? [reason('never-ran', 'no run of it was executed')] : [];
  const pending = jobs.filter(({ status }) => status === 'waiting' || status === 'running').length;
  if (pending > 0) found.push(reason('not-ended', `${of(pending)} not ended`));
  for (const job of jobs) {
    const why = job.reason ?? job.outcome?.reason;
    const text = (what: string): string => `${runText(job)} ${what}${why === undefined ? '' : `: ${why}`}`;
    if (job.status === 'cancelled')
      found.push(reason(/deadline/.test(why ?? '') ? 'deadline-missed' : 'cancelled', text('was cancelled')));
    else if (job.status === 'refused') found.push(reason('refused', text('was refused')));
    else if (job.status === 'error') found.push(reason('error', text('ended with an error')));
    else if (job.status !== 'waiting' && job.status !== 'running' && !isRun(job))
      found.push(reason('error', text('executed no case')));
  }
  return found;
}

const runText = ({ profile, key }: CampaignJob): string => `${profile}, repeat ${key.repeat},`;

function redCases({ outcome }: Run, plans: CampaignResult['plans']): readonly string[] {
  const ids = plans[outcome.plan] ?? [];
  return ids.filter((_, index) => isRedCase(outcome.verdicts[index]));
}

/** An `error` is the harness's fault: it leaves the run open, and speaks against nobody. */
function isRedCase(verdict: CaseVerdict | undefined): boolean {
  return verdict === 'fail' || verdict === 'blocked';
}

function redReasons(runs: readonly Run[], red: (run: Run) => readonly string[]): readonly Reason[] {
  const ids = [...new Set(runs.flatMap(red))];
  return ids.length === 0 ? [] : [reason('red-cases', `${casesText(ids.length)} red: ${some(ids)}`, ids)];
}

const casesText = (count: number): string => (count === 1 ? '1 case is' : `${count} cases are`);

function some(ids: readonly string[]): string {
  return ids.length <= 3 ? ids.join(', ') : `${ids.slice(0, 3).join(', ')} and ${ids.length - 3} more`;
}

/** What a run came to beyond its red cases. */
function conclusion(run: Run, parts: readonly string[], hasRed: boolean): readonly Reason[] {
  const { verdict, exitCode, reason: why } = run.outcome;
  switch (verdict) {
    case 'not-conformant':
      return hasRed
        ? []
        : [reason('not-conformant', `${runText(run)} is not conformant${why === undefined ? '' : `: ${why}`}`)];
    case 'error':
    case 'incomplete':
      return [reason('error', `${runText(run)} is ${verdict}${why === undefined ? '' : `: ${why}`}`)];
    case 'partial':
    case 'conformant': {
      const act =
        exitCode === 0 || hasRed
          ? []
          : [
              reason(
                'waivers-to-act',
                `${runText(run)} ended with code ${exitCode}: a waiver or an expected failure is out of date`,
              ),
            ];
      if (verdict === 'conformant') return act;
      const asked = why !== undefined && parts.includes(why);
      return [
        ...act,
        asked
          ? reason('part-asked-for', `${run.profile} ran in part, as asked for: ${why}`)
          : reason('only-a-part', `${run.profile} ran in part${why === undefined ? '' : `: ${why}`}`),
      ];
    }
  }
}

/** Cases whose verdict differs between repeats of one profile. */
function flakyCases(runs: readonly Run[], plans: CampaignResult['plans']): DeviceAcceptance['flaky'] {
  const profiles = new Map<string, Run[]>();
  for (const run of runs) {
    const name = `${run.profile}\n${run.key.profileHash}`;
    profiles.set(name, [...(profiles.get(name) ?? []), run]);
  }
  return [...profiles.values()].flatMap((repeats) => {
    const outcomes = new Map<string, { [V in CaseVerdict]?: number }>();
    for (const { outcome } of repeats) {
      (plans[outcome.plan] ?? []).forEach((id, index) => {
        const verdict = outcome.verdicts[index];
        if (verdict === undefined) return;
        const own = outcomes.get(id) ?? {};
        own[verdict] = (own[verdict] ?? 0) + 1;
        outcomes.set(id, own);
      });
    }
    const profile = repeats[0]?.profile ?? '';
    return [...outcomes]
      .filter(([, own]) => Object.keys(own).length > 1)
      .map(([id, own]) => ({ profile, case: id, outcomes: own }));
  });
}

/** The budget is for one device and profile. */
function flakeReasons(flaky: DeviceAcceptance['flaky'], allowed: number): readonly Reason[] {
  return [...new Set(flaky.map(({ profile }) => profile))].map((profile) => {
    const ids = flaky.filter((entry) => entry.profile === profile).map((entry) => entry.case);
    const text = `${profile}: ${ids.length === 1 ? '1 case differs' : `${ids.length} cases differ`} between repeats, ${allowed} allowed: ${some(ids)}`;
    return reason(ids.length > allowed ? 'flakes' : 'flakes-allowed', text, ids);
  });
}

type Level = CampaignOutcome['level'];
const rank = (level: Level): number => (level === null ? -1 : capabilityLevels.indexOf(level));

function lowest(levels: readonly Level[]): Level {
  return levels.reduce<Level>((found, own, index) => (index === 0 || rank(own) < rank(found) ? own : found), null);
}

function levelReasons(
  level: Level,
  steady: readonly Run[],
  runs: number,
  demanded: CampaignResult['campaign']['accept']['level'],
): readonly Reason[] {
  if (demanded === undefined || runs === 0) return [];
  if (steady.length === 0) return [reason('level-not-shown', `no repeat without a flake shows level ${demanded}`)];
  if (rank(level) >= rank(demanded)) return [];
  const text = `level ${level ?? 'none'} is reached, ${demanded} is demanded`;
  // What was not run cannot be held against the device.
  const short = steady.filter(({ outcome }) => rank(outcome.level) < rank(demanded));
  return [reason(short.every(({ outcome }) => outcome.verdict === 'partial') ? 'level-not-shown' : 'level', text)];
}

function unitReasons(runs: readonly Run[]): readonly Reason[] {
  const facts = ['uuid', 'serialNumber', 'firmware'] as const;
  return facts.flatMap((fact) => {
    const values = [...new Set(runs.map(({ outcome }) => outcome.unit[fact] ?? 'none'))];
    return values.length < 2
      ? []
      : [reason('unit-changed', `the runs are not about one unit: ${fact} ${values.join(', ')}`)];
  });
}

function evidenceReasons(runs: readonly Run[]): readonly Reason[] {
  const missing = runs.filter(({ outcome }) => outcome.evidence === undefined);
  return missing.map((run) =>
    reason('evidence-missing', `the evidence of ${run.profile}, repeat ${run.key.repeat}, is not in the store`),
  );
}

function waiverReasons(runs: readonly Run[], plans: CampaignResult['plans']): readonly Reason[] {
  const ids = [
    ...new Set(
      runs.flatMap(({ outcome }) =>
        (plans[outcome.plan] ?? []).filter((_, index) => outcome.verdicts[index] === 'waived'),
      ),
    ),
  ];
  return ids.length === 0 ? [] : [reason('waivers-used', `${casesText(ids.length)} waived: ${some(ids)}`, ids)];
}
