import { classParameters } from '../emulator/classes';
import { CertifyError } from '../errors';
import { suitesOf } from '../plan';
import type { Overlay } from '../profile/capability';
import type {
  Claims,
  CompiledProfile,
  DeviceFile,
  ExpectedFailure,
  Library,
  Parameters,
  Waiver,
} from '../suite/compiled';
import type { OpenedLibrary } from '../suite/library';
import { openLibrary } from '../suite/library';
import { withFirmwarePackage } from './firmware-package';

/** What a run is about: a profile, and what is known of the device beforehand. */
export interface Target {
  readonly library: Library;
  readonly deviations: readonly string[];
  readonly profile: CompiledProfile;
  readonly device: DeviceFile | undefined;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly overlays: readonly Overlay[];
  readonly waivers: readonly Waiver[];
  readonly expectedFailures: readonly ExpectedFailure[];
}

export interface TargetOptions {
  /** A profile's id, or a YAML file that defines one. */
  readonly profile: string;
  /** A device file. */
  readonly config?: string;
  /** The device as it was named; without it the device file's, or the emulated one. */
  readonly device?: string | undefined;
  /** Files of waivers and expected failures. */
  readonly waivers?: readonly string[];
  /** Buyers' programmes: ids, or files of them. */
  readonly overlays?: readonly string[];
  /** What the host reads of the device. */
  readonly inBand?: string;
}

function isFile(name: string): boolean {
  return name.includes('/') || /\.ya?ml$/.test(name);
}

/** Finds the profile, built in or in the user's own file, and lays the device file over it. */
export async function selectTarget(options: TargetOptions): Promise<Target> {
  const { profile: name, config, device: uri } = options;
  const userFiles = [...(isFile(name) ? [name] : []), ...(config === undefined ? [] : [config])];
  if (options.inBand !== undefined) userFiles.push(options.inBand);
  userFiles.push(...(options.waivers ?? []), ...(options.overlays ?? []).filter(isFile));
  const library = await openLibrary({ userFiles });
  const device = config === undefined ? undefined : deviceOf(library, config);
  const named = isFile(name) ? ownProfile(library, name) : namedProfile(library, name);
  const profile = forClass(library, named, uri ?? device?.uri);
  const own = device ?? { claims: {}, parameters: {} };
  if (options.inBand !== undefined) refuseUncompared(library, profile, options.inBand);
  return {
    library,
    deviations: library.deviations,
    profile,
    device,
    claims: mergeDeep(profile.claims, own.claims),
    parameters: withFirmwarePackage(
      { ...emulated(profile, uri ?? device?.uri), ...profile.parameters, ...own.parameters, ...library.inBand },
      config,
    ),
    overlays: (options.overlays ?? []).flatMap((each) => overlaysOf(library, each, profile)),
    waivers: library.waivers,
    expectedFailures: library.expectedFailures,
  };
}

/** What the host reads and no case of the profile compares would look compared. */
function refuseUncompared(library: OpenedLibrary, profile: CompiledProfile, file: string): void {
  const cases = JSON.stringify(suitesOf(profile, library.suites).map((suite) => suite.cases));
  const given = Object.keys(library.inBand).filter((name) => !name.endsWith('Tolerance'));
  const names = given.filter((name) => !cases.includes(`"$parameters.${name}`));
  if (names.length === 0) return;
  const words = names.map((name) => name.charAt('inBand'.length).toLowerCase() + name.slice('inBand'.length + 1));
  const message = `${file}: the profile ${profile.id} has no case that compares ${words.join(', ')}`;
  throw new CertifyError('USAGE', message, { file, names });
}

/** The profile, or the one that it names for the class of an emulated device. */
function forClass(library: OpenedLibrary, profile: CompiledProfile, uri = ''): CompiledProfile {
  const kind = /^sim:([a-z]+)/.exec(uri)?.[1];
  const other = Object.entries(profile.others ?? {}).find(([name]) => name === kind)?.[1];
  return other === undefined ? profile : namedProfile(library, other);
}

/** What a device file would say of a device, the emulated one says of itself. */
function emulated(profile: CompiledProfile, uri = 'sim:'): Parameters {
  const known: { readonly [name: string]: Parameters } = classParameters;
  return (uri.startsWith('sim:') ? known[profile.class] : undefined) ?? {};
}

/** A programme by its id, or all of a file. */
function overlaysOf(library: OpenedLibrary, name: string, profile: CompiledProfile): readonly Overlay[] {
  const ids = isFile(name) ? library.own.overlays : [name];
  if (ids.length === 0) throw new CertifyError('UNKNOWN_NAME', `${name} defines no overlay`, { file: name });
  return ids.map((id) => {
    const found = Object.hasOwn(library.overlays, id) ? library.overlays[id] : undefined;
    if (found === undefined) {
      const known = Object.keys(library.overlays).join(', ');
      throw new CertifyError(
        'UNKNOWN_NAME',
        `no overlay "${id}": there is ${known}; a file of your own is named by its path`,
      );
    }
    if (found.classes.length === 0 || found.classes.includes(profile.class)) return found;
    const message = `the overlay ${id} is about ${found.classes.join(', ')}, and the profile ${profile.id} is of class ${profile.class}`;
    throw new CertifyError('USAGE', message, { overlay: id });
  });
}

function namedProfile(library: OpenedLibrary, name: string): CompiledProfile {
  const found = Object.hasOwn(library.profiles, name) ? library.profiles[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(library.profiles).join(', ');
  throw new CertifyError(
    'UNKNOWN_NAME',
    `no profile "${name}": there is ${known}; a file of your own is named by its path`,
    { name },
  );
}

function ownProfile(library: OpenedLibrary, file: string): CompiledProfile {
  const [id, ...more] = library.own.profiles;
  const found = id === undefined ? undefined : library.profiles[id];
  if (found === undefined) throw new CertifyError('UNKNOWN_NAME', `${file} defines no profile`, { file });
  if (more.length > 0) {
    throw new CertifyError(
      'USAGE',
      `${file} defines several profiles (${[id, ...more].join(', ')}): put them into files of their own`,
      { file },
    );
  }
  return found;
}

function deviceOf(library: OpenedLibrary, file: string): DeviceFile {
  const [id, ...more] = library.own.devices;
  const found = id === undefined ? undefined : library.devices[id];
  if (found === undefined) throw new CertifyError('UNKNOWN_NAME', `${file} defines no device`, { file });
  if (more.length > 0)
    throw new CertifyError('USAGE', `${file} defines several devices: name a file with one`, { file });
  return found;
}

/** Claims are nested; what the device says of one leaves its neighbours alone. */
function mergeDeep(base: Claims, over: Claims): Claims {
  const isMap = (value: unknown): value is Claims =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const merged: { [name: string]: Claims[string] } = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    merged[name] = isMap(before) && isMap(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}
