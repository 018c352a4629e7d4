import type { z } from 'zod';
import { parseDuration } from '../clock';
import type { CommandSets } from '../codec/command';
import { reaches } from '../names';
import type { CompiledProfile, DeviceFile, Hook, Parameters } from '../suite/compiled';
import type { Problem } from '../suite/problem';
import { quote, suggestion } from '../suite/problem';
import type { Path, SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';
import type { profileCapabilitiesSchema, tiersSchema } from './capabilities-schema';
import { checkCommand } from './claim-check';
import { claimKind, compileClaims, mergeClaims } from './claims';
import { compileParameters, defaultParameters, isRuntimeParameter } from './parameters';
import { deviceSchema, profileSchema } from './schema';

/** A profile as it stands in its file, before what it includes is merged in. */
export interface ProfileSource {
  readonly document: SourceDocument;
  readonly hash: string;
  readonly own: CompiledProfile;
  readonly includes: readonly string[];
  /** Checked when the suites are known. */
  readonly capabilities?: z.output<typeof profileCapabilitiesSchema>;
  readonly tiers?: z.output<typeof tiersSchema>;
}

export function readProfile(
  document: SourceDocument,
  hash: string,
  commands: CommandSets,
): { readonly profile?: ProfileSource; readonly problems: readonly Problem[] } {
  const shape = checkShape(profileSchema, document.value, document);
  if (!shape.ok) return { problems: shape.problems };
  const { profile: id, title, class: deviceClass, includes = [], suites = [], demands, level } = shape.value;
  const { capabilities, tiers, others } = shape.value;
  const claims = shape.value.claims ?? {};
  const problems = [...shape.problems, ...checkClaimCommands(claims, document, commands)];
  const parameters = shape.value.parameters ?? {};
  problems.push(...checkRuntime(parameters, document));
  const own: CompiledProfile = {
    id,
    title,
    class: deviceClass,
    hash,
    suites,
    claims: compileClaims(claims),
    parameters: compileParameters(parameters),
    ...(demands === undefined ? {} : { demands }),
    ...(level === undefined ? {} : { level }),
    ...(others === undefined ? {} : { others }),
    ...(shape.value['read-only'] === true ? { readOnly: true } : {}),
  };
  const later = { ...(capabilities === undefined ? {} : { capabilities }), ...(tiers === undefined ? {} : { tiers }) };
  return { profile: { document, hash, own, includes, ...later }, problems };
}

export function readDevice(
  document: SourceDocument,
  commands: CommandSets,
): { readonly device?: DeviceFile; readonly problems: readonly Problem[] } {
  const shape = checkShape(deviceSchema, document.value, document);
  if (!shape.ok) return { problems: shape.problems };
  const { device: id, profile, uri, claims = {}, parameters = {}, hooks = {} } = shape.value;
  const problems = [
    ...shape.problems,
    ...checkClaimCommands(claims, document, commands),
    ...checkRuntime(parameters, document),
  ];
  const device: DeviceFile = {
    id,
    profile,
    ...(uri === undefined ? {} : { uri }),
    claims: compileClaims(claims),
    parameters: compileParameters(parameters),
    hooks: compileHooks(hooks),
  };
  return { device, problems };
}

const HOOK_TIMEOUT = '2m';

function compileHooks(source: {
  readonly [name: string]: string | { readonly run: string; readonly timeout?: string | undefined } | undefined;
}): DeviceFile['hooks'] {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, hook]): readonly (readonly [string, Hook])[] => {
      if (hook === undefined) return [];
      const { run, timeout = HOOK_TIMEOUT } = typeof hook === 'string' ? { run: hook } : hook;
      return [[name, { run, timeout: parseDuration(timeout) ?? 0 }]];
    }),
  );
}

function checkClaimCommands(claims: object, document: SourceDocument, commands: CommandSets): readonly Problem[] {
  return Object.entries(claims as { [group: string]: { [name: string]: unknown } }).flatMap(([group, entries]) =>
    Object.entries(entries).flatMap(([name, value]) => {
      const kind = claimKind(`${group}.${name}`);
      if (kind?.kind !== 'list' || kind.of.kind !== 'command' || !Array.isArray(value)) return [];
      const { set } = kind.of;
      return value.flatMap((entry: unknown, index) => {
        const wrong = checkCommand(set, entry, commands);
        return wrong === undefined ? [] : [document.problem(['claims', group, name, index], wrong)];
      });
    }),
  );
}

function checkRuntime(parameters: object, document: SourceDocument): readonly Problem[] {
  return Object.keys(parameters).flatMap((name) =>
    isRuntimeParameter(name)
      ? [document.problem(['parameters', name], `${quote(name)} is read from the device and cannot be set`, 'key')]
      : [],
  );
}

/** Profiles with all that they include. What a profile says itself wins over what it includes. */
export function mergeProfiles(
  sources: readonly ProfileSource[],
  base: { readonly [id: string]: CompiledProfile },
): { readonly profiles: { readonly [id: string]: CompiledProfile }; readonly problems: readonly Problem[] } {
  const byId = new Map(sources.map((source) => [source.own.id, source]));
  const done = new Map<string, CompiledProfile>(
    Object.entries(base).map(([id, profile]) => [id, { ...profile, parameters: withoutDefaults(profile.parameters) }]),
  );
  const problems: Problem[] = [];
  const merge = (source: ProfileSource, path: readonly string[]): CompiledProfile => {
    const known = done.get(source.own.id);
    if (known !== undefined) return known;
    const trail = [...path, source.own.id];
    const parts: CompiledProfile[] = [];
    source.includes.forEach((name, index) => {
      const place: Path = ['includes', index];
      const next = byId.get(name);
      if (trail.includes(name)) {
        problems.push(source.document.problem(place, `profiles include each other: ${[...trail, name].join(' → ')}`));
      } else if (next !== undefined) parts.push(merge(next, trail));
      else if (done.has(name)) parts.push(done.get(name) as CompiledProfile);
      else {
        const all = new Set([...done.keys(), ...byId.keys()]);
        problems.push(source.document.problem(place, `unknown profile ${quote(name)}${suggestion(name, all)}`));
      }
    });
    const merged = [...parts, source.own].reduce(overlay);
    const hash = parts.length === 0 ? source.hash : [source.hash, ...parts.map((part) => part.hash)].join('+');
    const { id, title, class: deviceClass } = source.own;
    const { includes } = source;
    const result = { ...merged, id, title, class: deviceClass, hash, ...(includes.length === 0 ? {} : { includes }) };
    done.set(id, result);
    return result;
  };
  for (const source of sources) {
    const profile = merge(source, []);
    for (const [kind, name] of Object.entries(source.own.others ?? {})) {
      const all = new Set([...done.keys(), ...byId.keys()]);
      if (all.has(name)) continue;
      problems.push(
        source.document.problem(['others', kind], `unknown profile ${quote(name)}${suggestion(name, all)}`),
      );
    }
    if (profile.suites.length === 0) {
      problems.push(source.document.problem([], 'this profile has no suites: say "suites" or "includes"'));
    }
  }
  const profiles = Object.fromEntries(
    [...done]
      .map(
        ([id, profile]) => [id, { ...profile, parameters: { ...defaultParameters, ...profile.parameters } }] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return { profiles, problems };
}

function overlay(under: CompiledProfile, over: CompiledProfile): CompiledProfile {
  const demands =
    under.demands === undefined || (over.demands !== undefined && reaches(over.demands, under.demands))
      ? over.demands
      : under.demands;
  const { demands: _before, ...rest } = over;
  const level = over.level ?? under.level;
  const tiers = { ...under.tiers, ...over.tiers };
  const capabilities = mergeCapabilities(under.capabilities, over.capabilities);
  return {
    ...rest,
    ...(level === undefined ? {} : { level }),
    ...(Object.keys(tiers).length === 0 ? {} : { tiers }),
    ...(capabilities.length === 0 ? {} : { capabilities }),
    suites: [...new Set([...under.suites, ...over.suites])],
    claims: mergeClaims(under.claims, over.claims),
    parameters: { ...under.parameters, ...over.parameters },
    ...(demands === undefined ? {} : { demands }),
  };
}

/** What a profile says of a capability replaces what it includes. */
function mergeCapabilities(
  under: CompiledProfile['capabilities'] = [],
  over: CompiledProfile['capabilities'] = [],
): NonNullable<CompiledProfile['capabilities']> {
  const all = new Map(under.map((capability) => [capability.id, capability]));
  for (const capability of over) all.set(capability.id, capability);
  return [...all.values()];
}

/** A finished profile has every parameter; where it is included, its defaults are no statement. */
function withoutDefaults(parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).filter(([name, value]) => defaultParameters[name] !== value));
}
