import { deviations } from '../emulator/deviations';
import { personalities } from '../emulator/personalities';
import type { Binding } from '../names';
import { bindings } from '../names';
import { planRun } from '../plan';
import type { PlannedCase } from '../record/lines';
import type { CompiledProfile, Library } from '../suite/compiled';
import { CLEAN, PARROT, SILENT } from './selftest';
import { scopeOf } from './session';

/** One row of work: a device by name, on one binding. */
export interface Job {
  readonly device: string;
  readonly binding: Binding;
}

/** What the others are told by, and those that no suite may be green against: on both bindings. */
const standing: readonly string[] = [CLEAN, SILENT, PARROT];

/**
 * Every deviation on SMBus; on serial those that exist only there, that a serial case lists, or all on request. The legal
 * personalities are on serial where no other profile is included: what they do there, the cases of endpoints are about.
 */
export function jobsOf(profile: CompiledProfile, library: Library, everyBinding: boolean): readonly Job[] {
  const serialCases = library.suites.flatMap((suite) => suite.cases).filter((kase) => !kase.bindings.includes('smbus'));
  const listed = new Set(serialCases.flatMap((kase) => kase.deviations));
  const named = deviations
    .filter((deviation) => deviation.classes === undefined || deviation.classes.some((name) => name === profile.class))
    .flatMap((deviation) => {
      const own = deviation.bindings ?? bindings;
      const wanted = own.filter(
        (binding) => binding === 'smbus' || !own.includes('smbus') || everyBinding || listed.has(deviation.name),
      );
      return wanted.map((binding) => ({ device: deviation.name, binding }));
    });
  const both = standing.flatMap((device) => bindings.map((binding) => ({ device, binding })));
  const legal = personalities.flatMap(({ name: device }) =>
    (profile.includes === undefined || everyBinding ? bindings : (['smbus'] as const)).map((binding) => ({
      device,
      binding,
    })),
  );
  return [...both, ...legal, ...named];
}

/** What would run on the emulated device of a profile. Throws EMPTY_SELECTION. */
export function plannedOn(
  profile: CompiledProfile,
  library: Library,
  binding: Binding,
  select: readonly string[] = [],
): readonly PlannedCase[] {
  const { claims, parameters } = profile;
  const reach = { binding, plane: 'frames', acknowledges: binding === 'smbus', disposable: true } as const;
  const scope = scopeOf(reach, parameters, { exclusive: true, allow: [] });
  return planRun({ profile, library, claims, parameters, scope, select });
}

/** Ids of the cases that run on the clean device of a profile. */
export function casesOn(profile: CompiledProfile, library: Library, binding: Binding): ReadonlySet<string> {
  const planned = plannedOn(profile, library, binding);
  return new Set(planned.flatMap(({ case: { id }, decision }) => (decision === 'run' ? [id] : [])));
}

/** What the matrices of other profiles prove already. */
export interface Elsewhere {
  /** Ids of the cases that need not be run on a device. */
  readonly of: (job: Job) => ReadonlySet<string>;
  /** Whether a deviation turns the case red there. */
  readonly has: (caseId: string) => boolean;
}

const NONE: ReadonlySet<string> = new Set();

export const nothingElsewhere: Elsewhere = { of: () => NONE, has: () => false };

/**
 * A pair of case and deviation that stands in the matrix of a profile that this one includes is proven there. What either
 * of them meets here for the first time is run, all cases on the clean device, and whole suites on the mad one.
 */
export function provenBelow(profile: CompiledProfile, library: Library): Elsewhere {
  const below = (profile.includes ?? []).flatMap((name) => {
    const each = library.profiles[name];
    if (each === undefined) return [];
    const rows = new Set(jobsOf(each, library, false).map(nameOf));
    const cases = new Map(bindings.map((binding) => [binding, casesOn(each, library, binding)]));
    return [{ rows, cases }];
  });
  return {
    of: (job) => {
      const proven =
        job.device === CLEAN || job.device === PARROT ? [] : below.filter(({ rows }) => rows.has(nameOf(job)));
      return proven.length === 0 ? NONE : new Set(proven.flatMap(({ cases }) => [...(cases.get(job.binding) ?? [])]));
    },
    has: (id) => below.some(({ cases }) => bindings.some((binding) => cases.get(binding)?.has(id))),
  };
}

const nameOf = ({ device, binding }: Job): string => `${device} ${binding}`;
