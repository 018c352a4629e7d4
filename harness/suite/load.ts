import { createHash } from 'node:crypto';
import type { CommandSet, CommandSets } from '../codec/command';
import { readBench } from '../profile/bench-schema';
import { readCampaign } from '../profile/campaign-schema';
import {
  capabilityRequirements,
  compileCapabilities,
  compileTiers,
  readCatalogue,
  readOverlay,
} from '../profile/capabilities';
import type { CapabilityEntry, Overlay } from '../profile/capability';
import { claimNames } from '../profile/claims';
import type { ProfileSource } from '../profile/compile';
import { mergeProfiles, readDevice, readProfile } from '../profile/compile';
import { readInBand } from '../profile/in-band';
import { isRuntimeParameter, isSettable, parameterNames } from '../profile/parameters';
import { compileCase } from './cases';
import { compileCommands } from './commands';
import type {
  CompiledCase,
  CompiledProfile,
  CompiledSuite,
  DeviceFile,
  ExpectedFailure,
  Library,
  Requirement,
  Waiver,
} from './compiled';
import type { Problem } from './problem';
import { problemError, quote, sortProblems, suggestion } from './problem';
import { compileRequirements } from './requirements';
import type { KnownNames } from './scope';
import type { SourceDocument, SourceFile } from './source';
import { readSource } from './source';
import { resolveSuites } from './suite-paths';
import { caseSchema, suiteHeadSchema } from './suite-schema';
import { checkShape } from './validate';
import { compileExpectedFailures, compileWaivers } from './waivers';

/** Names that come from code, handed in as data. */
export interface Known {
  /** Names of the emulated device's deviations; left out: not checked. */
  readonly deviations?: readonly string[] | undefined;
  /** Every case must list one, as the built-in ones do. */
  readonly requireDeviations?: boolean;
}

/** A library and the device files that were among its sources. */
export interface Loaded extends Library {
  readonly devices: { readonly [id: string]: DeviceFile };
  /** What the host reads of the device, as parameters. */
  readonly inBand: CompiledProfile['parameters'];
  readonly waivers: readonly Waiver[];
  readonly expectedFailures: readonly ExpectedFailure[];
}

export const emptyLibrary: Loaded = {
  commands: {},
  requirements: {},
  suites: [],
  profiles: {},
  capabilities: {},
  deviationCodes: {},
  overlays: {},
  devices: {},
  inBand: {},
  waivers: [],
  expectedFailures: [],
};

export interface Checked {
  readonly library: Loaded;
  readonly problems: readonly Problem[];
}

const kinds = [
  'suite',
  'profile',
  'device',
  'commands',
  'requirements',
  'waivers',
  'expected-failures',
  'capabilities',
  'overlay',
  'in-band',
  'campaign',
  'bench',
] as const;
type Kind = (typeof kinds)[number];

interface Sources {
  readonly documents: { readonly [K in Kind]: SourceDocument[] };
  readonly hashes: Map<string, string>;
}

/** Compiles `files` on top of `base`; throws one error that lists every problem. */
export function loadLibrary(files: readonly SourceFile[], known: Known = {}, base: Library = emptyLibrary): Loaded {
  const { library, problems } = checkFiles(files, known, base);
  if (problems.length > 0) throw problemError(problems);
  return library;
}

/** As `loadLibrary`, with the problems as a value. With problems the library holds what was still understood. */
export function checkFiles(files: readonly SourceFile[], known: Known = {}, base: Library = emptyLibrary): Checked {
  const problems: Problem[] = [];
  const { documents, hashes } = sortByKind(files, problems);
  const hashOf = (document: SourceDocument): string => hashes.get(document.file) ?? '';
  const commands = loadCommands(documents.commands, base.commands, problems);
  const { capabilities, deviationCodes } = loadCapabilities(documents.capabilities, base, problems);
  const requirements = {
    ...capabilityRequirements(capabilities),
    ...loadRequirements(documents.requirements, base, problems),
  };
  const profiles: ProfileSource[] = [];
  const profileIds = new Map(Object.keys(base.profiles).map((id) => [id, 'the built-in profiles']));
  for (const document of documents.profile) {
    const read = readProfile(document, hashOf(document), commands);
    problems.push(...read.problems);
    if (read.profile === undefined) continue;
    if (unique(read.profile.own.id, 'profile', document, ['profile'], profileIds, problems))
      profiles.push(read.profile);
  }
  const devices = loadDevices(documents.device, commands, problems);
  const declared = [
    ...Object.values(base.profiles).flatMap((profile) => Object.keys(profile.parameters)),
    ...profiles.flatMap(({ own }) => Object.keys(own.parameters)),
  ];
  const names: KnownNames = {
    commands,
    requirements: new Set(Object.keys(requirements)),
    excused: new Set(Object.values(requirements).flatMap(({ id, excused }) => (excused === undefined ? [] : [id]))),
    deviations: known.deviations === undefined ? undefined : new Set(known.deviations),
    parameters: new Set([...parameterNames, ...declared]),
    claims: new Set(claimNames),
    requireDeviations: known.requireDeviations === true,
  };
  const loaded = loadSuites(documents.suite, names, base.suites, hashOf, problems);
  const used = new Set([...loaded.usedParameters, ...declaredIn(base)]);
  for (const profile of profiles) {
    checkParameters(profile.own.parameters, profile.document, used, problems);
    profile.own.suites.forEach((_, index) => {
      resolveSuites(profile, index, loaded.suites, problems);
    });
  }
  const overlays = loadOverlays(documents.overlay, { catalogue: capabilities, requirements }, base, problems);
  const resolved = profiles.map((profile) => ({
    ...profile,
    own: {
      ...withCapabilities(profile, { catalogue: capabilities, suites: loaded.suites, commands }, problems),
      suites: profile.own.suites.flatMap((_, index) => resolveSuites(profile, index, loaded.suites, [])),
    },
  }));
  const merged = mergeProfiles(resolved, base.profiles);
  problems.push(...merged.problems);
  for (const { device, document } of devices) {
    const profile = Object.hasOwn(merged.profiles, device.profile) ? merged.profiles[device.profile] : undefined;
    if (profile === undefined) {
      const near = suggestion(device.profile, Object.keys(merged.profiles));
      problems.push(document.problem(['profile'], `unknown profile ${quote(device.profile)}${near}`));
    } else
      checkParameters(device.parameters, document, new Set([...used, ...Object.keys(profile.parameters)]), problems);
  }
  // Campaigns and benches are only checked here: who runs them reads them with these functions.
  const profileNames = { profiles: Object.keys(merged.profiles) };
  problems.push(...documents.campaign.flatMap((document) => readCampaign(document, profileNames).problems));
  problems.push(...documents.bench.flatMap((document) => readBench(document).problems));
  const inBand = documents['in-band'].map(readInBand);
  problems.push(...inBand.flatMap((read) => read.problems));
  const library: Loaded = {
    commands,
    requirements,
    suites: loaded.suites,
    profiles: merged.profiles,
    capabilities,
    deviationCodes,
    overlays,
    inBand: Object.assign({}, ...inBand.map(({ values }) => values)) as CompiledProfile['parameters'],
    devices: Object.fromEntries(devices.map(({ device }) => [device.id, device])),
    ...loadWaivers(documents, loaded.suites, requirements, problems),
  };
  return { library, problems: sortProblems(problems) };
}

function sortByKind(files: readonly SourceFile[], problems: Problem[]): Sources {
  const documents = Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Sources['documents'];
  const hashes = new Map<string, string>();
  for (const file of files) {
    hashes.set(file.file, createHash('sha256').update(file.text).digest('hex').slice(0, 16));
    const read = readSource(file);
    problems.push(...read.problems);
    for (const document of read.documents) {
      const { kind } = document;
      if ((kinds as readonly string[]).includes(kind)) documents[kind as Kind].push(document);
      else {
        const message = `the first key says the kind of a document, and ${quote(kind)} is none${suggestion(kind, kinds)}`;
        problems.push(document.problem([kind], message, 'key'));
      }
    }
  }
  return { documents, hashes };
}

/** Whether the id is new; else a problem that says where it is taken. */
function unique(
  id: string,
  what: string,
  document: SourceDocument,
  path: readonly (string | number)[],
  taken: Map<string, string>,
  problems: Problem[],
): boolean {
  const where = taken.get(id);
  if (where !== undefined) problems.push(document.problem(path, `the ${what} ${quote(id)} is already in ${where}`));
  else taken.set(id, `${document.file}:${document.line(path)}`);
  return where === undefined;
}

function loadCommands(documents: readonly SourceDocument[], base: CommandSets, problems: Problem[]): CommandSets {
  const out: { [id: string]: CommandSet } = { ...base };
  const taken = new Map(Object.keys(base).map((id) => [id, 'the built-in tables']));
  for (const document of documents) {
    const { set, problems: found } = compileCommands(document);
    problems.push(...found);
    if (set !== undefined && unique(set.id, 'command set', document, ['commands'], taken, problems)) out[set.id] = set;
  }
  return out;
}

function loadRequirements(
  documents: readonly SourceDocument[],
  base: Library,
  problems: Problem[],
): { readonly [id: string]: Requirement } {
  const out: { [id: string]: Requirement } = { ...base.requirements };
  const taken = new Map(Object.keys(base.requirements).map((id) => [id, 'the built-in catalogue']));
  for (const document of documents) {
    const { requirements, problems: found } = compileRequirements(document);
    problems.push(...found);
    for (const { requirement, index } of requirements) {
      if (unique(requirement.id, 'requirement', document, ['entries', index, 'id'], taken, problems)) {
        out[requirement.id] = requirement;
      }
    }
  }
  return out;
}

function loadDevices(
  documents: readonly SourceDocument[],
  commands: CommandSets,
  problems: Problem[],
): readonly { readonly device: DeviceFile; readonly document: SourceDocument }[] {
  const taken = new Map<string, string>();
  return documents.flatMap((document) => {
    const read = readDevice(document, commands);
    problems.push(...read.problems);
    const fresh = read.device !== undefined && unique(read.device.id, 'device', document, ['device'], taken, problems);
    return fresh && read.device !== undefined ? [{ device: read.device, document }] : [];
  });
}

function loadSuites(
  documents: readonly SourceDocument[],
  names: KnownNames,
  base: readonly CompiledSuite[],
  hashOf: (document: SourceDocument) => string,
  problems: Problem[],
): { readonly suites: readonly CompiledSuite[]; readonly usedParameters: ReadonlySet<string> } {
  const suites = [...base];
  const suiteIds = new Map(base.map(({ id, file }) => [id, file]));
  const caseIds = new Map(base.flatMap(({ cases, file }) => cases.map(({ id }) => [id, file] as const)));
  const usedParameters = new Set<string>();
  for (const document of documents) {
    const head = checkShape(suiteHeadSchema, document.value, document);
    problems.push(...head.problems);
    if (!head.ok) continue;
    const { suite: id, title, bindings } = head.value;
    unique(id, 'suite', document, ['suite'], suiteIds, problems);
    const cases: CompiledCase[] = [];
    head.value.cases.forEach((source, index) => {
      const path = ['cases', index];
      const shape = checkShape(caseSchema, source, document, path);
      problems.push(...shape.problems);
      if (!shape.ok) return;
      const compiled = compileCase(shape.value, path, document, { id, bindings }, names);
      problems.push(...compiled.scope.problems);
      for (const name of compiled.scope.usedParameters) usedParameters.add(name);
      const fresh = unique(compiled.case.id, 'case', document, [...path, 'id'], caseIds, problems);
      if (compiled.scope.problems.length === 0 && fresh) cases.push(compiled.case);
    });
    suites.push({ id, title, file: document.file, hash: hashOf(document), cases });
  }
  return { suites, usedParameters };
}

/** A profile with what can be checked only when the suites are known. */
function withCapabilities(
  { own, document, capabilities: demanded, tiers: limits }: ProfileSource,
  names: Parameters<typeof compileCapabilities>[2],
  problems: Problem[],
): CompiledProfile {
  const capabilities = demanded && compileCapabilities(demanded, document, names);
  const tiers = limits && compileTiers(limits, document, names.suites);
  problems.push(...(capabilities?.problems ?? []), ...(tiers?.problems ?? []));
  return {
    ...own,
    ...(capabilities === undefined ? {} : { capabilities: capabilities.capabilities }),
    ...(tiers === undefined ? {} : { tiers: tiers.tiers }),
  };
}

function loadCapabilities(
  documents: readonly SourceDocument[],
  base: Library,
  problems: Problem[],
): Pick<Library, 'capabilities' | 'deviationCodes'> {
  const capabilities: { [id: string]: CapabilityEntry } = { ...base.capabilities };
  const taken = new Map(Object.keys(base.capabilities).map((id) => [id, 'the built-in catalogue']));
  let deviationCodes = base.deviationCodes;
  for (const document of documents) {
    const { entries, codes, problems: found } = readCatalogue(document);
    problems.push(...found);
    deviationCodes = { ...deviationCodes, ...codes };
    for (const { entry, index } of entries) {
      if (unique(entry.id, 'capability', document, ['entries', index, 'id'], taken, problems))
        capabilities[entry.id] = entry;
    }
  }
  return { capabilities, deviationCodes };
}

function loadOverlays(
  documents: readonly SourceDocument[],
  names: Parameters<typeof readOverlay>[1],
  base: Library,
  problems: Problem[],
): Library['overlays'] {
  const overlays: { [id: string]: Overlay } = { ...base.overlays };
  const taken = new Map(Object.keys(base.overlays).map((id) => [id, 'the built-in overlays']));
  for (const document of documents) {
    const { overlay, problems: found } = readOverlay(document, names);
    problems.push(...found);
    if (overlay !== undefined && unique(overlay.id, 'overlay', document, ['overlay'], taken, problems))
      overlays[overlay.id] = overlay;
  }
  return overlays;
}

function loadWaivers(
  documents: Sources['documents'],
  suites: readonly CompiledSuite[],
  requirements: Library['requirements'],
  problems: Problem[],
): Pick<Loaded, 'waivers' | 'expectedFailures'> {
  const cases = new Set(suites.flatMap((suite) => suite.cases.map(({ id }) => id)));
  const waivers = documents.waivers.flatMap((document) => {
    const compiled = compileWaivers(document, { cases, requirements });
    problems.push(...compiled.problems);
    return compiled.waivers;
  });
  const expectedFailures = documents['expected-failures'].flatMap((document) => {
    const compiled = compileExpectedFailures(document, { cases, requirements });
    problems.push(...compiled.problems);
    return compiled.expected;
  });
  return { waivers, expectedFailures };
}

/** Free parameters of the base, whose suites were checked when it was built. */
function declaredIn(base: Library): readonly string[] {
  return Object.values(base.profiles).flatMap((profile) => Object.keys(profile.parameters));
}

/** A parameter that is not ours must be one that a suite uses: anything else is a misspelling. */
function checkParameters(
  parameters: CompiledProfile['parameters'],
  document: SourceDocument,
  used: ReadonlySet<string>,
  problems: Problem[],
): void {
  for (const name of Object.keys(parameters)) {
    if (isSettable(name) || isRuntimeParameter(name) || used.has(name)) continue;
    const near = suggestion(name, [...parameterNames, ...used]);
    const message = `no suite uses the parameter ${quote(name)}${near.startsWith('; did') ? near : ''}`;
    problems.push(document.problem(['parameters', name], message, 'key'));
  }
}
