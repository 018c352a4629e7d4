import type { z } from 'zod';
import { parseDuration } from '../clock';
import type { CommandSets } from '../codec/command';
import type { CompiledSuite, Requirements, Template, TemplateMap } from '../suite/compiled';
import type { Problem } from '../suite/problem';
import { quote, suggestion } from '../suite/problem';
import type { Path, SourceDocument } from '../suite/source';
import { checkShape } from '../suite/validate';
import type { profileCapabilitiesSchema, tiersSchema } from './capabilities-schema';
import { capabilitiesSchema, overlaySchema } from './capabilities-schema';
import type { Capability, CapabilityEntry, Overlay, TierLimit, Way } from './capability';
import { checkClaimExpression } from './claim-check';
import { parseClaimExpression } from './claim-expression';
import { casesBelow, withCodes, withNames } from './ways';

type CapabilitiesSource = z.output<typeof profileCapabilitiesSchema>;
type CapabilitySource = CapabilitiesSource[number];
type WaySource = NonNullable<CapabilitySource['any']>[number];
type TiersSource = z.output<typeof tiersSchema>;

export type Catalogue = { readonly [id: string]: CapabilityEntry };
export type Tiers = { readonly smoke?: TierLimit; readonly gate?: TierLimit };

/** What capabilities of a profile may name. */
export interface CapabilityNames {
  readonly catalogue: Catalogue;
  readonly suites: readonly CompiledSuite[];
  readonly commands: CommandSets;
}

type Report = (path: Path, message: string, at?: 'key' | 'value') => void;

function reporter(document: SourceDocument, problems: Problem[]): Report {
  return (path, message, at) => problems.push(document.problem(path, message, at));
}

/** The capabilities that a profile demands, checked against catalogue and suites. */
export function compileCapabilities(
  source: CapabilitiesSource,
  document: SourceDocument,
  names: CapabilityNames,
): { readonly capabilities: readonly Capability[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = reporter(document, problems);
  const seen = new Set<string>();
  const capabilities = source.flatMap((entry, index): readonly Capability[] => {
    const path = ['capabilities', index];
    if (seen.has(entry.id)) report([...path, 'id'], `${entry.id} is here twice`);
    seen.add(entry.id);
    const known = Object.hasOwn(names.catalogue, entry.id) ? names.catalogue[entry.id] : undefined;
    const { title = known?.title, level = known?.level, need = known?.need } = entry;
    if (title === undefined || level === undefined || need === undefined) {
      const near = suggestion(entry.id, Object.keys(names.catalogue));
      const own = near.startsWith('; did') ? near : '; one of your own says title, level and need';
      report([...path, 'id'], `the catalogue has no capability ${quote(entry.id)}${own}`);
      return [];
    }
    if (entry.when !== undefined) checkWhen(entry.when, [...path, 'when'], names.commands, report);
    if (need === 'conditional' && entry.when === undefined)
      report([...path, 'id'], `${entry.id} is conditional: "when" says on what`);
    if ((entry.any === undefined) === (entry.untested === undefined))
      report(path, '"any" lists ways to meet it, or "untested" says why there is none', 'key');
    const any = (entry.any ?? []).map((way, at) => compileWay(way, [...path, 'any', at], names, report));
    return [
      {
        id: entry.id,
        title,
        level,
        need,
        ...(entry.when === undefined ? {} : { when: entry.when }),
        any: sorted(any),
        ...(entry.untested === undefined ? {} : { untested: entry.untested }),
      },
    ];
  });
  return { capabilities, problems };
}

const order = (way: Way): number => (way.rank === 'oem' ? 9 : way.rank);
const sorted = (ways: readonly Way[]): readonly Way[] => [...ways].sort((a, b) => order(a) - order(b));

function checkWhen(text: string, path: Path, commands: CommandSets, report: Report): void {
  const parsed = parseClaimExpression(text);
  if (!parsed.ok) report(path, `not a claim expression: ${parsed.message} (at character ${parsed.at + 1})`);
  else for (const fault of checkClaimExpression(parsed.expression, commands)) report(path, fault);
}

function compileWay(source: WaySource, path: Path, names: CapabilityNames, report: Report): Way {
  const cases = typeof source.cases === 'string' ? [source.cases] : source.cases;
  const values = (source.with ?? {}) as TemplateMap;
  const wanted = new Set<string>();
  const meanings = new Map<string, { readonly [code: string]: number }>();
  cases.forEach((id, index) => {
    const place = typeof source.cases === 'string' ? [...path, 'cases'] : [...path, 'cases', index];
    const found = checkCaseId(id, place, names.suites, report);
    for (const entry of found) {
      for (const name of withNames(entry)) {
        wanted.add(name);
        const codes = withCodes(entry, name);
        if (codes !== undefined) meanings.set(name, { ...meanings.get(name), ...codes });
      }
    }
  });
  const compiled = Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (!wanted.has(name))
        report([...path, 'with', name], `no case of this way takes ${quote(name)}${suggestion(name, wanted)}`, 'key');
      return [name, meant(value, meanings.get(name), [...path, 'with', name], report)];
    }),
  );
  return {
    rank: source.rank,
    cases,
    ...(source.with === undefined ? {} : { with: compiled }),
    ...(source.note === undefined ? {} : { note: source.note }),
  };
}

/** Code names as the numbers that they mean where the cases use them. */
function meant(
  value: Template,
  codes: { readonly [code: string]: number } | undefined,
  path: Path,
  report: Report,
): Template {
  if (Array.isArray(value)) return value.map((entry: Template, index) => meant(entry, codes, [...path, index], report));
  if (typeof value !== 'string') return value;
  const duration = parseDuration(value);
  if (codes === undefined) return duration ?? value;
  if (Object.hasOwn(codes, value)) return codes[value] ?? value;
  report(path, `unknown code ${quote(value)}${suggestion(value, Object.keys(codes))}`);
  return value;
}

function checkCaseId(
  id: string,
  path: Path,
  suites: readonly CompiledSuite[],
  report: Report,
): ReturnType<typeof casesBelow> {
  const found = casesBelow(id, suites);
  if (found.length === 0) {
    const all = suites.flatMap((suite) => [suite.id, ...suite.cases.map((entry) => entry.id)]);
    report(path, `no case or suite is called ${quote(id)}${suggestion(id, all)}`);
  }
  return found;
}

/** `tiers:` of a profile. */
export function compileTiers(
  source: TiersSource,
  document: SourceDocument,
  suites: readonly CompiledSuite[],
): { readonly tiers: Tiers; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = reporter(document, problems);
  const limit = (name: 'smoke' | 'gate'): { readonly [name: string]: TierLimit } => {
    const tier = source[name];
    if (tier === undefined) return {};
    const { cases, longest } = tier;
    const time = longest === undefined ? undefined : parseDuration(longest);
    cases?.forEach((id, index) => {
      checkCaseId(id, ['tiers', name, 'cases', index], suites, report);
    });
    if (cases === undefined && longest === undefined) report(['tiers', name], 'this tier leaves nothing out', 'key');
    const bound = { ...(cases === undefined ? {} : { cases }), ...(time === undefined ? {} : { longest: time }) };
    return { [name]: bound };
  };
  return { tiers: { ...limit('smoke'), ...limit('gate') }, problems };
}

/** The catalogue of capabilities, from a `capabilities:` document. */
export function readCatalogue(document: SourceDocument): {
  readonly entries: readonly { readonly entry: CapabilityEntry; readonly index: number }[];
  readonly codes: { readonly [code: string]: string };
  readonly problems: readonly Problem[];
} {
  const shape = checkShape(capabilitiesSchema, document.value, document);
  if (!shape.ok) return { entries: [], codes: {}, problems: shape.problems };
  const problems = [...shape.problems];
  const { codes } = shape.value;
  const entries = shape.value.entries.map((source, index) => {
    const { differs = [], classes = [], ...rest } = source;
    differs.forEach(({ code }, at) => {
      if (Object.hasOwn(codes, code)) return;
      const near = suggestion(code, Object.keys(codes));
      problems.push(document.problem(['entries', index, 'differs', at, 'code'], `unknown code ${quote(code)}${near}`));
    });
    return { entry: { ...rest, classes, differs }, index };
  });
  return { entries, codes, problems };
}

/** A case that is about a capability and about no clause of a standard is judged under the capability itself. */
export function capabilityRequirements(catalogue: Catalogue): Requirements {
  return Object.fromEntries(
    Object.values(catalogue).map(({ id, title, expected, source }) => [
      id,
      {
        id,
        document: 'UCS',
        version: '0.1',
        clause: title,
        level: 'mandatory',
        confidence: 'high',
        bindings: ['any'],
        role: 'capability',
        statement: `${title}: ${expected}`,
        notes: source,
      },
    ]),
  );
}

/** One buyer's programme, from an `overlay:` document. */
export function readOverlay(
  document: SourceDocument,
  names: { readonly catalogue: Catalogue; readonly requirements: { readonly [id: string]: unknown } },
): { readonly overlay?: Overlay; readonly problems: readonly Problem[] } {
  const shape = checkShape(overlaySchema, document.value, document);
  if (!shape.ok) return { problems: shape.problems };
  const problems = [...shape.problems];
  const seen = new Set<string>();
  const rules = shape.value.rules.map((source, index) => {
    const { capabilities = [], requirements = [], ...rest } = source;
    const report = (path: Path, message: string): void => {
      problems.push(document.problem(['rules', index, ...path], message));
    };
    if (seen.has(rest.id)) report(['id'], `${rest.id} is here twice`);
    seen.add(rest.id);
    capabilities.forEach((id, at) => {
      if (!Object.hasOwn(names.catalogue, id))
        report(['capabilities', at], `unknown capability ${quote(id)}${suggestion(id, Object.keys(names.catalogue))}`);
    });
    requirements.forEach((id, at) => {
      if (!Object.hasOwn(names.requirements, id))
        report(
          ['requirements', at],
          `unknown requirement ${quote(id)}${suggestion(id, Object.keys(names.requirements))}`,
        );
    });
    const mapped = capabilities.length + requirements.length > 0;
    if (mapped === (rest.outside !== undefined))
      report([], 'a rule names capabilities or requirements, or "outside" says why this tool cannot say');
    return { ...rest, capabilities, requirements };
  });
  const { overlay: id, title, version, classes = [] } = shape.value;
  return { overlay: { id, title, version, classes, rules }, problems };
}
