import type { Command as Program } from 'commander';
import type { Command } from '../codec/command';
import type { FieldSpec } from '../codec/field-spec';
import { isScalar } from '../codec/field-spec';
import type { Deviation } from '../emulator/endpoint-types';
import { CertifyError } from '../errors';
import { severityOf } from '../judge/severity';
import type { CapabilityEntry, Overlay } from '../profile/capability';
import type { CompiledCase, Library, Requirement } from '../suite/compiled';
import { openLibrary } from '../suite/library';
import { nearest } from '../suite/problem';
import { commandNames, lookUpCommand } from '../suite/scope';
import { requirementsNamed } from './coverage';
import { describeStep } from './words';

interface ExplainFlags {
  readonly file: readonly string[];
  readonly json: boolean;
}

/** Explains a case, a requirement, a suite, a command or a deviation by its name. */
export async function runExplain(id: string, flags: ExplainFlags): Promise<number> {
  const library = await openLibrary({ userFiles: flags.file });
  const cases = library.suites.flatMap((suite) => suite.cases);
  const found = cases.find((entry) => entry.id === id);
  if (found !== undefined) return print(flags, found, explainCase(found, library));
  const capability = Object.hasOwn(library.capabilities, id) ? library.capabilities[id] : undefined;
  if (capability !== undefined) return print(flags, capability, explainCapability(capability, library));
  const requirement = Object.hasOwn(library.requirements, id) ? library.requirements[id] : undefined;
  if (requirement !== undefined) return print(flags, requirement, explainRequirement(requirement, cases));
  const command = lookUpCommand(library.commands, id)?.command;
  if (command !== undefined) return print(flags, command, explainCommand(command, cases));
  const overlay = Object.hasOwn(library.overlays, id) ? library.overlays[id] : undefined;
  if (overlay !== undefined) return print(flags, overlay, explainOverlay(overlay));
  const suite = library.suites.find((entry) => entry.id === id);
  if (suite !== undefined) {
    const lines = [`${suite.id}  ${suite.title}`, '', ...suite.cases.map((entry) => `${entry.id}  ${entry.title}`)];
    return print(flags, suite, lines);
  }
  const deviation = knownDeviations().find(({ name }) => name === id);
  if (deviation !== undefined) {
    const { name, title, seenIn, classes, bindings } = deviation;
    const caught = cases.filter((entry) => entry.deviations.includes(name));
    const facts = { name, title, seenIn, classes, bindings, cases: caught.map((entry) => entry.id) };
    return print(flags, facts, explainDeviation(deviation, caught));
  }
  const known = [
    ...knownDeviations().map(({ name }) => name),
    ...cases.map((entry) => entry.id),
    ...library.suites.map((entry) => entry.id),
    ...Object.keys(library.requirements),
    ...Object.keys(library.overlays),
    ...commandNames(library.commands),
  ];
  const near = nearest(id, known);
  const hint = near.length === 0 ? '' : `; near: ${near.join(', ')}`;
  throw new CertifyError('UNKNOWN_NAME', `nothing is called ${JSON.stringify(id)}${hint}`, { id, near });
}

function print(flags: ExplainFlags, subject: object, lines: readonly string[]): number {
  process.stdout.write(flags.json ? `${JSON.stringify(subject, undefined, 2)}\n` : `${lines.join('\n')}\n`);
  return 0;
}

function explainCase(entry: CompiledCase, library: Library): readonly string[] {
  const { plane, acknowledge, refusal } = entry.needs;
  const needs = [plane, ...(acknowledge ? ['acknowledge'] : []), ...(refusal === true ? ['refusal'] : [])];
  const lines = [`${entry.id}  ${entry.title}`, '', `needs ${needs.join(' and ')}`];
  lines.push(`holds for ${entry.bindings.join(' and ')}${entry.when === undefined ? '' : `, when ${entry.when}`}`);
  if (entry.effects.length > 0) lines.push(`moves ${entry.effects.join(', ')}`);
  if (entry.deviceRequests !== undefined) lines.push(`requests of the device are ${entry.deviceRequests}`);
  if (entry.hazard !== undefined) lines.push(`hazard: ${entry.hazard}`);
  for (const { name, values } of entry.loops) {
    lines.push(`for each $${name} of ${typeof values === 'string' ? values : JSON.stringify(values)}`);
  }
  lines.push('', 'Steps');
  entry.steps.forEach((step, index) => {
    const [head = '', ...rest] = describeStep(step);
    lines.push(`${String(index + 1).padStart(3)}. ${head}`, ...rest.map((line) => `     ${line}`));
  });
  lines.push('', 'Requirements');
  for (const id of requirementsNamed(entry)) {
    const requirement = library.requirements[id];
    lines.push(...(requirement === undefined ? [`  ${id}`] : requirementLines(requirement)));
  }
  lines.push('', 'What a failure means', ...meaningLines(entry, library));
  if (entry.deviations.length > 0) lines.push('', 'Devices that fail it', ...deviationLines(entry.deviations));
  lines.push('', `${entry.source.file}:${entry.source.line}`);
  return lines;
}

function requirementLines(requirement: Requirement): readonly string[] {
  const { id, document, version, clause, statement, level, confidence } = requirement;
  const sure = confidence === 'high' ? '' : `, confidence ${confidence}`;
  return [`  ${id} (${level}${sure}), ${document} ${version} ${clause}`, `    ${statement}`];
}

function meaningLines(entry: CompiledCase, library: Library): readonly string[] {
  return requirementsNamed(entry).map((id) => {
    const requirement = library.requirements[id];
    const { verdict, note } = severityOf(requirement, false);
    return `  The device does not satisfy ${id}: ${verdict}${note === undefined ? '' : ` (${note})`}.`;
  });
}

function knownDeviations(): readonly Deviation[] {
  return (require('../emulator/deviations') as typeof import('../emulator/deviations')).deviations;
}

function explainDeviation(deviation: Deviation, cases: readonly CompiledCase[]): readonly string[] {
  const { name, title, seenIn, classes, bindings, pervasive } = deviation;
  const where = [...(classes ?? []), ...(bindings ?? [])].join(', ');
  return [
    `${name}  ${title}`,
    ...(seenIn === undefined ? [] : [`seen: ${seenIn}`]),
    ...(where === '' ? [] : [`of ${where} only`]),
    ...(pervasive === true ? ['pervasive: more cases than these turn red'] : []),
    '',
    'Cases that catch it',
    ...cases.map((entry) => `  ${entry.id}  ${entry.title}`),
    '',
    `mctp-certify run PROFILE --device 'sim:CLASS?deviation=${name}' shows it`,
  ];
}

function deviationLines(names: readonly string[]): readonly string[] {
  return names.map((name) => {
    const found = knownDeviations().find((deviation) => deviation.name === name);
    const seen = found?.seenIn === undefined ? '' : ` (seen: ${found.seenIn})`;
    return `  ${name}${found === undefined ? '' : `  ${found.title}${seen}`}`;
  });
}

function explainRequirement(requirement: Requirement, cases: readonly CompiledCase[]): readonly string[] {
  const { verdict, note } = severityOf(requirement, false);
  const lines = [...requirementLines(requirement).map((line) => line.slice(2)), ''];
  lines.push(`for ${requirement.role}, over ${requirement.bindings.join(', ')}`);
  lines.push(`not satisfied: ${verdict}${note === undefined ? '' : ` (${note})`}`);
  if (requirement.test !== undefined) {
    lines.push(`stimulus: ${requirement.test.stimulus}`, `expected: ${requirement.test.expect}`);
  }
  if (requirement.notes !== undefined) lines.push(`notes: ${requirement.notes}`);
  if (requirement.seenIn !== undefined) lines.push(`read in the code of ${requirement.seenIn.join(', ')}`);
  if (requirement.excused !== undefined) lines.push(`no case: ${requirement.excused.reason}`);
  const mine = cases.filter((entry) => requirementsNamed(entry).includes(requirement.id));
  lines.push('', mine.length === 0 ? 'no case exercises it' : 'Cases');
  return [...lines, ...mine.map((entry) => `  ${entry.id}  ${entry.title}`)];
}

function explainCapability(capability: CapabilityEntry, library: Library): readonly string[] {
  const { id, title, level, need, classes, expected, differs, source } = capability;
  const lines = [
    `${id}  ${title}`,
    '',
    `${need} at ${level}${classes.length === 0 ? '' : ` for ${classes.join(', ')}`}`,
  ];
  lines.push(`expected: ${expected}`, `source: ${source}`);
  if (differs.length > 0) lines.push('', 'How devices miss it');
  for (const { code, seen } of differs) lines.push(`  ${code} (${library.deviationCodes[code]}): ${seen}`);
  for (const profile of Object.values(library.profiles)) {
    const own = profile.capabilities?.find((each) => each.id === id);
    if (own === undefined) continue;
    const when = own.when === undefined ? '' : `, when ${own.when}`;
    lines.push('', `In the profile ${profile.id}: ${own.need} at ${own.level}${when}`);
    if (own.untested !== undefined) lines.push(`  no way yet: ${own.untested}`);
    for (const { rank, cases, with: values, note } of own.any) {
      lines.push(`  way ${rank}: ${cases.join(', ')}${values === undefined ? '' : ` with ${JSON.stringify(values)}`}`);
      if (note !== undefined) lines.push(`    ${note}`);
    }
  }
  return lines;
}

function explainOverlay({ id, title, version, rules }: Overlay): readonly string[] {
  return [
    `${id}  ${title} ${version}`,
    ...rules.flatMap((rule) => [
      '',
      `${rule.id}  ${rule.title} (${rule.need}${rule.confirmed ? '' : ', not confirmed: decides nothing'})`,
      `  ${rule.outside ?? [...rule.capabilities, ...rule.requirements].join(', ')}`,
      `  source: ${rule.source}`,
    ]),
  ];
}

function explainCommand(command: Command, cases: readonly CompiledCase[]): readonly string[] {
  const code = `0x${command.code.toString(16).padStart(2, '0')}`;
  const mine = cases.filter((entry) =>
    JSON.stringify(entry.steps).includes(`"command":${JSON.stringify(command.name)}`),
  );
  return [
    `${command.name}  ${command.title}, code ${code}, ${command.clause}`,
    '',
    'Request',
    ...fieldLines(command.request),
    'Response',
    ...fieldLines(command.response),
    '',
    mine.length === 0 ? 'no case uses it' : 'Cases',
    ...mine.map((entry) => `  ${entry.id}  ${entry.title}`),
  ];
}

function fieldLines(fields: readonly FieldSpec[], indent = '  '): readonly string[] {
  if (fields.length === 0) return [`${indent}(nothing)`];
  return fields.flatMap((field) => {
    if ('bits' in field) {
      return field.bits.map(({ name, width, codes }) => `${indent}${name}: ${width} bits${codesText(codes)}`);
    }
    if ('list' in field) {
      if (typeof field.list === 'string') return [`${indent}${field.name}: list of ${field.list}`];
      return [`${indent}${field.name}: list of`, ...fieldLines(field.list, `${indent}  `)];
    }
    if ('tlv' in field) return [`${indent}${field.name}: list of type, length, value${codesText(field.tlv.codes)}`];
    if ('switch' in field) return [`${indent}${field.name ?? 'more fields'}: by ${field.switch}`];
    if (isScalar(field)) return [`${indent}${field.name}: ${field.type}${codesText(field.codes)}`];
    const kind = field.type === 'bytes' ? 'octets' : field.type;
    return [`${indent}${field.name}: ${kind} (${JSON.stringify(field.length)})`];
  });
}

function codesText(codes: { readonly [name: string]: number } | undefined): string {
  const all = Object.entries(codes ?? {});
  return all.length === 0 ? '' : ` (${all.map(([name, value]) => `${name} ${value}`).join(', ')})`;
}

export function register(program: Program): void {
  program
    .command('explain')
    .description('explains a case, a requirement, a capability, an overlay, a suite, a command or a deviation')
    .argument('<id>', 'DSP0236/packet-header/1, DSP0236-PKT-VER-02, getEndpointId, …')
    .option(
      '--file <path>',
      'a YAML file or folder of your own (may be repeated)',
      (path: string, all: readonly string[]) => [...all, path],
      [],
    )
    .option('--json', 'prints what is known as JSON', false)
    .action(async (id: string, flags: ExplainFlags) => {
      process.exitCode = await runExplain(id, flags);
    });
}
