import type { Command } from 'commander';
import { MILLISECOND } from '../clock';
import { planProgram } from '../plan';
import { expectedTime, roughTime } from '../plan/bus-time';
import type { PlannedCase, Scope } from '../record/lines';
import type { Program } from '../record/program';
import type { Reach } from '../run/session';
import { scopeOf } from '../run/session';
import { parseUri } from '../transport/uri';
import { expectedReach } from '../transport/uri-reach';
import type { TargetFlags } from './run';
import { addTargetOptions, deviceUri, openDevice, permissions, targetOptions } from './run';
import type { Target } from './select-profile';
import { selectTarget } from './select-profile';

interface PlanFlags extends TargetFlags {
  readonly json: boolean;
}

/** What a run at `uri` could reach. A line or a bridge is not opened for that: a plan leaves the device alone. */
async function scopeAt(target: Target, uri: string, flags: PlanFlags): Promise<Scope> {
  const device = parseUri(uri);
  if (device.scheme === 'sim' || device.scheme === 'replay') {
    const transport = await openDevice(target, uri, () => undefined);
    try {
      return scopeOf(transport, target.parameters, permissions(target, flags));
    } finally {
      await transport.close();
    }
  }
  const facts: Reach = { ...expectedReach(device), disposable: false };
  return scopeOf(facts, target.parameters, permissions(target, flags));
}

/** What would run, and why not the rest. */
export async function runPlan(profile: string, flags: PlanFlags): Promise<number> {
  const target = await selectTarget({ profile, ...targetOptions(flags) });
  const { library, claims, parameters, overlays } = target;
  const uri = deviceUri(target, flags.device);
  const scope = await scopeAt(target, uri, flags);
  const { select, level, tier } = flags;
  const input = { profile: target.profile, library, claims, parameters, scope, select, level, tier, overlays };
  const { planned, program } = planProgram(input);
  const times = new Map(planned.map((entry) => [entry.case.id, expectedTime(entry.case, input)]));
  const total = planned.reduce(
    (sum, entry) => sum + (entry.decision === 'run' ? (times.get(entry.case.id) ?? 0) : 0),
    0,
  );
  if (flags.json) {
    const cases = planned.map((entry) => ({
      id: entry.case.id,
      title: entry.case.title,
      decision: entry.decision,
      ...(entry.serves === undefined ? {} : { serves: entry.serves }),
      expectedMs: Math.round((times.get(entry.case.id) ?? 0) / MILLISECOND),
      ...(entry.decision === 'run' ? {} : { reason: entry.reason }),
    }));
    process.stdout.write(
      `${JSON.stringify({ profile: target.profile.id, uri, scope, program, expectedMs: Math.round(total / MILLISECOND), cases }, undefined, 2)}\n`,
    );
  } else process.stdout.write(describePlan(planned, program, target.profile.title, scope, total));
  return 0;
}

function describePlan(
  planned: readonly PlannedCase[],
  { capabilities, demands, tier }: Program,
  title: string,
  scope: Scope,
  total: number,
): string {
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
  if (capabilities.length > 0) lines.push('', 'capabilities:');
  for (const { id, level, need, ways, condition } of capabilities) {
    const how =
      condition?.holds === false ? condition.text : ways.map(({ rank, cases }) => `${rank}: ${cases.join(' ')}`);
    lines.push(`  ${level} ${id}  ${need}  ${typeof how === 'string' ? how : how.join(' | ')}`);
  }
  const asked = [
    ...(demands === undefined ? [] : [`${demands.level} is demanded`]),
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    `expected on the bus: ${roughTime(total)}, without the device's own time`,
  ];
  return `${[...lines, '', `${planned.length} cases: ${counts}`, asked.join('; ')].join('\n')}\n`;
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
