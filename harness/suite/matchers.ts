import { parseHex, toHex } from '../codec/octets';
import type { CheckVerdict } from '../names';
import type { FieldCheck, Matcher, Template } from './compiled';
import { patternFault } from './pattern';
import { quote } from './problem';
import type { CaseScope } from './scope';
import type { Slot, Slots } from './slots';
import type { Path } from './source';
import type { MatcherSource } from './suite-schema';
import { compileValue, ownSlot, referenceSlot } from './values';

/** What a matcher with a problem becomes; a library with problems is never used. */
const broken: Matcher = { kind: 'absent' };

const NUMBER: Slot = { kind: 'number', real: true };

type Keyed = { readonly [key: string]: unknown };

/** One check: the field's matcher, and the requirement that it is judged under where the matcher names one. */
export function compileFieldCheck(
  field: string,
  source: MatcherSource,
  path: Path,
  slot: Slot | undefined,
  scope: CaseScope,
): FieldCheck {
  if (isMap(source) && 'match' in source) {
    const requirement = String(source.requirement);
    scope.requirement(requirement, [...path, 'requirement']);
    const matcher = compileMatcher(source.match as MatcherSource, [...path, 'match'], slot, scope);
    return { path: field, matcher, requirement };
  }
  return { path: field, matcher: compileMatcher(source, path, slot, scope) };
}

export interface FieldMapOptions {
  /** Goes before the name in the path of the check. */
  readonly prefix?: string;
  /** Reports an unknown name in better words; false where it has none. */
  readonly explain?: (name: string, path: Path) => boolean;
}

/** The checks of a map of fields, each with its own slot. */
export function compileFieldMap(
  source: object,
  path: Path,
  slots: Slots,
  scope: CaseScope,
  options: FieldMapOptions = {},
): readonly FieldCheck[] {
  const checks: FieldCheck[] = [];
  for (const [name, matcher] of Object.entries(source) as [string, MatcherSource][]) {
    const slot = ownSlot(slots, name);
    const place = [...path, name];
    if (slot?.kind === 'record' && isMap(matcher) && !isMatcherOfRecord(matcher)) {
      const prefix = `${options.prefix ?? ''}${name}.`;
      checks.push(...compileFieldMap(matcher, place, slot.slots, scope, { ...options, prefix }));
    } else if (slot !== undefined) {
      checks.push(compileFieldCheck((options.prefix ?? '') + name, matcher, place, slot, scope));
    } else if (options.explain?.(name, place) !== true) {
      scope.unknown('field', name, Object.keys(slots), place, 'key');
    }
  }
  if (Object.keys(source).length === 0) scope.report(path, 'this map is empty', 'key');
  return checks;
}

/** Whether what stands at a structure is about the structure itself, and not a map of its fields. */
function isMatcherOfRecord(source: Keyed): boolean {
  return ['absent', 'match', 'one-of', 'not'].some((key) => Object.hasOwn(source, key));
}

function isMap(value: unknown): value is Keyed {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function compileMatcher(from: MatcherSource, path: Path, slot: Slot | undefined, scope: CaseScope): Matcher {
  if (!isMap(from)) return { kind: 'equals', value: compileValue(from, path, slot, scope), ...exactly(slot) };
  const source: Keyed = from;
  const at = (key: string): Path => [...path, key];
  const wants = (kinds: readonly Slot['kind'][], key: string, what: string): void => {
    if (slot !== undefined && slot.kind !== 'any' && !kinds.includes(slot.kind))
      scope.report(at(key), `"${key}" is for ${what}`, 'key');
  };
  const [key = ''] = Object.keys(source);
  switch (key) {
    case 'in':
      return compileIn(source.in, at('in'), slot, scope);
    case 'min':
    case 'max': {
      wants(['number', 'duration'], key, 'numbers and durations');
      const side = (name: 'min' | 'max'): { [n: string]: Template } =>
        source[name] === undefined ? {} : { [name]: compileValue(source[name], at(name), slot, scope) };
      const range: Matcher = { kind: 'range', ...side('min'), ...side('max') };
      const { min, max } = range;
      if (typeof min === 'number' && typeof max === 'number' && min > max) {
        scope.report(path, `nothing is at least ${min} and at most ${max}`);
      }
      return range;
    }
    case 'bits':
      wants(['number'], key, 'numbers');
      return compileBits(String(source.bits), at('bits'), slot, scope);
    case 'hex': {
      wants(['octets'], key, 'octets');
      const octets = parseHex(String(source.hex));
      if (octets === undefined) scope.report(at('hex'), `${quote(source.hex)} is not hex`);
      return { kind: 'hex', value: toHex(octets ?? new Uint8Array(0)) };
    }
    case 'length':
      wants(['list', 'octets', 'text'], key, 'lists, octets and texts');
      return {
        kind: 'length',
        of: compileMatcher(source.length as MatcherSource, at('length'), { kind: 'number' }, scope),
        ...(slot?.kind === 'text' && { characters: true }),
      };
    case 'pattern': {
      wants(['octets', 'word', 'text'], key, 'octets (as hex), texts and words');
      const fault = patternFault(String(source.pattern));
      if (fault !== undefined) scope.report(at('pattern'), fault);
      return { kind: 'pattern', source: String(source.pattern) };
    }
    case 'each':
      wants(['list'], key, 'lists');
      return { kind: 'each', of: compileEntry(source.each as MatcherSource, at('each'), slot, scope) };
    case 'some':
      wants(['list'], key, 'lists');
      return { kind: 'some', of: compileEntry(source.some as MatcherSource, at('some'), slot, scope) };
    case 'near': {
      wants(['number', 'duration'], key, 'numbers and durations');
      const { value, tolerance } = source.near as { readonly value: unknown; readonly tolerance: unknown };
      const real = slot?.kind === 'duration' ? slot : NUMBER;
      return {
        kind: 'near',
        value: compileValue(value, [...at('near'), 'value'], real, scope),
        tolerance: compileValue(tolerance, [...at('near'), 'tolerance'], real, scope),
      };
    }
    case 'scaled': {
      wants(['number'], key, 'numbers');
      const scaled = source.scaled as { readonly by: unknown; readonly match: MatcherSource };
      return {
        kind: 'scaled',
        by: compileScale(scaled.by, [...at('scaled'), 'by'], scope),
        of: compileMatcher(scaled.match, [...at('scaled'), 'match'], NUMBER, scope),
      };
    }
    case 'printable':
      wants(['octets', 'text'], key, 'texts and octets');
      return { kind: 'printable', ...(slot?.kind === 'octets' && { octets: true }) };
    case 'ordered':
      wants(['list'], key, 'lists');
      return { kind: 'ordered', strictly: source.ordered === 'strictly-ascending' };
    case 'same-text':
      wants(['octets', 'text'], key, 'texts and octets');
      return sameText(source['same-text'], at('same-text'), slot, scope);
    case 'crc8':
    case 'crc32':
    case 'crc32c':
    case 'sum16':
    case 'sum8':
    case 'zero8': {
      wants(['octets'], key, 'octets');
      const { pad = 1, match } = source[key] as { readonly pad?: number; readonly match: MatcherSource };
      return { kind: 'checksum', by: key, pad, of: compileMatcher(match, [...at(key), 'match'], NUMBER, scope) };
    }
    case 'unique':
      wants(['list'], key, 'lists');
      return { kind: 'unique' };
    case 'equals-field': {
      const field = String(source['equals-field']);
      scope.checkField(field, at('equals-field'));
      return { kind: 'equals-field', path: field };
    }
    case 'slice':
      wants(['octets'], key, 'octets');
      return compileSlice(source.slice as SliceSource, at('slice'), scope);
    case 'not':
      return { kind: 'not', of: compileMatcher(source.not as MatcherSource, at('not'), slot, scope) };
    case 'within':
      wants(['duration'], key, 'durations: elapsed');
      return { kind: 'within', limit: compileValue(source.within, at('within'), { kind: 'duration' }, scope) };
    case 'absent':
      return { kind: 'absent' };
    case 'one-of':
      return compileOneOf(source['one-of'] as readonly Keyed[], at('one-of'), slot, scope);
    case 'match':
    case 'requirement':
      scope.report(path, 'a requirement of its own can only stand at a field', 'key');
      return broken;
    default:
      scope.report(path, `expected a value or a matcher, found ${quote(source)}`);
      return broken;
  }
}

function exactly(slot: Slot | undefined): { readonly exact?: true } {
  return slot?.kind === 'text' ? { exact: true } : {};
}

function sameText(source: unknown, path: Path, slot: Slot | undefined, scope: CaseScope): Matcher {
  const value = compileValue(source, path, { kind: 'text' }, scope);
  const other = typeof source === 'string' && source.startsWith('$') ? referenceSlot(source, scope) : undefined;
  const octets = slot?.kind === 'octets' && ({ octets: true } as const);
  return { kind: 'same-text', value, ...octets, ...(other?.kind === 'octets' && { valueOctets: true }) };
}

type SliceSource = { readonly from: number; readonly count: number; readonly match: MatcherSource };

function compileSlice({ from, count, match }: SliceSource, path: Path, scope: CaseScope): Matcher {
  return { kind: 'slice', from, count, of: compileMatcher(match, [...path, 'match'], { kind: 'octets' }, scope) };
}

function compileIn(source: unknown, path: Path, slot: Slot | undefined, scope: CaseScope): Matcher {
  if (typeof source === 'string') {
    if (!source.startsWith('$')) scope.report(path, `expected a list or a reference, found ${quote(source)}`);
    if (source.startsWith('$with.')) compileValue(source, path, slot, scope);
    return { kind: 'in', values: String(compileValue(source, path, undefined, scope)), ...exactly(slot) };
  }
  const values = (source as readonly unknown[]).map((entry, index) =>
    compileValue(entry, [...path, index], slot, scope),
  );
  return { kind: 'in', values, ...exactly(slot) };
}

function compileBits(source: string, path: Path, slot: Slot | undefined, scope: CaseScope): Matcher {
  const pattern = source.replace(/_/g, '').toLowerCase();
  if (!/^[01x]{1,64}$/.test(pattern)) scope.report(path, 'bits are 0, 1 and x, 64 at most, with _ between them');
  else if (slot?.kind === 'number' && slot.width !== undefined && slot.width !== pattern.length) {
    scope.report(path, `${pattern.length} bits for a field of ${slot.width}`);
  }
  return { kind: 'bits', pattern };
}

/** What holds for an entry of a list. */
function compileEntry(
  source: MatcherSource,
  path: Path,
  slot: Slot | undefined,
  scope: CaseScope,
): Matcher | readonly FieldCheck[] {
  const entry = slot?.kind === 'list' ? slot.entry : undefined;
  // Entries with fields: a map names fields even where a field is called like a matcher.
  if (entry?.kind === 'record' && isMap(source)) {
    return compileFieldMap(source, path, entry.slots, scope);
  }
  return compileMatcher(source, path, entry, scope);
}

/** A reference to what has resolution, offset and unitModifier, or these. */
export function compileScale(source: unknown, path: Path, scope: CaseScope): Template {
  if (typeof source === 'string' && !source.startsWith('$')) {
    scope.report(path, `expected a reference or { resolution, offset, unitModifier }, found ${quote(source)}`);
  }
  return compileValue(source, path, undefined, scope);
}

function compileOneOf(branches: readonly Keyed[], path: Path, slot: Slot | undefined, scope: CaseScope): Matcher {
  return {
    kind: 'one-of',
    branches: branches.map((branch, index) => ({
      match: compileMatcher(branch.match as MatcherSource, [...path, index, 'match'], slot, scope),
      verdict: branch.verdict as CheckVerdict,
      ...(typeof branch.reason === 'string' && { reason: branch.reason }),
    })),
  };
}
