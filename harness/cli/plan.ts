import type { Command } from 'commander';
import type { Effect } from '../names';
import { planRun } from '../plan';
import type { PlannedCase, Scope } from '../record/lines';
import type { Reach } from '../run/session';
import { scopeOf } from '../run/session';
import { parseUri } from '../transport/uri';
import { expectedReach } from '../transport/uri-reach';
import { addTargetOptions, deviceUri, openDevice } from './run';
import type { Target } from './select-profile';
import { selectTarget } from './select-profile';

interface PlanFlags {
  readonly device?: string;
  readonly config?: string;
  readonly select: readonly string[];
  readonly exclusive: boolean;
  readonly allow: readonly Effect[];
  readonly json: boolean;
}

/** What a run at `uri` could reach. A line or a bridge is not opened for that: a plan leaves the device alone. */
async function scopeAt(target: Target, uri: string, flags: PlanFlags): Promise<Scope> {
  const device = parseUri(uri);
  if (device.scheme === 'sim' || device.scheme === 'replay') {
    const transport = await openDevice(target, uri, () => undefined);
    try {
      return scopeOf(transport, target.parameters, flags);
    } finally {
      await transport.close();
    }
  }
  const facts: Reach = { ...expectedReach(device), disposable: false };
  return scopeOf(facts, target.parameters, flags);
}

/** What would run, and why not the rest. */
export async function runPlan(profile: string, flags: PlanFlags): Promise<number> {
  const { device, config } = flags;
  const target = await selectTarget({ profile, device, ...(config === undefined ? {} : { config }) });
  const { library, claims, parameters } = target;
  const uri = deviceUri(target, flags.device);
  const scope = await scopeAt(target, uri, flags);
  const planned = planRun({ profile: target.profile, library, claims, parameters, scope, select: flags.select });
  if (flags.json) {
    const cases = planned.map((entry) => ({
      id: entry.case.id,
      title: entry.case.title,
      decision: entry.decision,
      ...(entry.decision === 'run' ? {} : { reason: entry.reason }),
    }));
    process.stdout.write(`${JSON.stringify({ profile: target.profile.id, uri, scope, cases }, undefined, 2)}\n`);
  } else process.stdout.write(describePlan(planned, target.profile.title, scope));
  return 0;
}

function describePlan(planned: readonly PlannedCase[], title: string, scope: Scope): string {
  const of = (decision: PlannedCase['decision']): readonly PlannedCase[] =>
    planned.filter((entry) => entry.decision === decision);
  const lines = [`${title}: ${scope.binding}, ${scope.plane}${scope.exclusive ? ', exclusive' : ''}`, ''];
  for (const entry of of('run')) lines.push(`run  ${entry.case.id}  ${entry.case.title}`);
  for (const decision of ['not-applicable', 'unreachable'] as const) {
    const entries = of(decision);
    if (entries.length > 0) lines.push('', `${decision}:`);
    for (const entry of entries) {
      lines.push(`  ${entry.case.id}  ${entry.decision === 'run' ? '' : entry.reason}`);
    }
  }
  const counts = `${of('run').length} to run, ${of('not-applicable').length} not applicable, ${of('unreachable').length} unreachable`;
  return `${[...lines, '', `${planned.length} cases: ${counts}`].join('\n')}\n`;
}

export function register(program: Command): void {
  const command = program
    .command('plan')
    .description('shows what would run, and why not the rest')
    .argument('<profile>', 'endpoint, nic, … or the path of a profile of your own');
  addTargetOptions(command)
    .option('--json', 'prints the plan as JSON', false)
    .action(async (profile: string, flags: PlanFlags) => {
      process.exitCode = await runPlan(profile, flags);
    });
}
