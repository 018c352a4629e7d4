import { formatDuration } from '../clock';
import { checksums } from '../codec/checksum';
import type { Codes } from '../codec/field-spec';
import { concat, parseHex } from '../codec/octets';
import { asciiOf, trimText } from '../codec/text';
import type { CheckVerdict } from '../names';
import type { Environment as References } from '../resolve';
import { resolve } from '../resolve';
import type { FieldCheck, Matcher, Template } from '../suite/compiled';
import type { ViewValue } from './view';
import { valueAt } from './view';

/** Whether a value fits, in words; `verdict` where a branch of `one-of` decided. */
export interface Match {
  readonly ok: boolean;
  readonly expected: string;
  readonly verdict?: CheckVerdict;
  readonly note?: string;
  /** What came, where the matcher knows it better than the value itself says. */
  readonly actual?: string;
}

/** References, and the whole of which the value is a part. */
export interface Environment extends References {
  readonly view?: ViewValue;
}

/** What a value is called where it has a name. */
export type Naming = (path: string) => Codes | undefined;

export const noNames: Naming = () => undefined;

export function show(value: ViewValue | Template, codes?: Codes): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'number') {
    const name = codes && Object.entries(codes).find(([, code]) => code === value)?.[0];
    if (!Number.isInteger(value) || value < 0) return name === undefined ? String(value) : `${name} (${value})`;
    const hex = `0x${value.toString(16).padStart(2, '0')}`;
    return name === undefined ? (value < 10 ? String(value) : `${value} (${hex})`) : `${name} (${hex})`;
  }
  if (typeof value === 'string') return value === '' ? '(empty)' : value;
  if (Array.isArray(value)) return `[${value.map((entry: ViewValue) => show(entry, codes)).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `{ ${Object.entries(value)
      .map(([name, entry]) => `${name} ${show(entry as ViewValue)}`)
      .join(', ')} }`;
  }
  return String(value);
}

function same(left: ViewValue | Template, right: ViewValue | Template): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    const plain = (text: string): string =>
      /^[0-9a-fA-F\s-]+$/.test(text) ? text.replace(/[\s-]/g, '').toLowerCase() : text;
    return plain(left) === plain(right);
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    return (
      left.length === right.length && left.every((entry: ViewValue, index) => same(entry, right[index] as ViewValue))
    );
  }
  if (typeof left === 'bigint' && typeof right === 'string') return left.toString() === right;
  return left === right || (typeof left === 'bigint' && Number.isInteger(right) && left === BigInt(right as number));
}

function asNumber(value: ViewValue | Template | undefined, codes: Codes | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && codes !== undefined && Object.hasOwn(codes, value)) return codes[value];
  return undefined;
}

/** A template's value: code names become numbers. An open reference matches nothing. */
function wanted(template: Template, env: Environment, codes: Codes | undefined): ViewValue {
  const value = resolve(template, env);
  const code = typeof value === 'string' ? asNumber(value, codes) : undefined;
  return code ?? (value as ViewValue);
}

/** Pure: does `actual` satisfy the matcher. `path` serves naming only. */
export function match(matcher: Matcher, actual: ViewValue, env: Environment, naming: Naming, path: string): Match {
  const codes = naming(path);
  const holds = (ok: boolean, expected: string): Match => ({ ok, expected });
  switch (matcher.kind) {
    case 'equals': {
      const value = wanted(matcher.value, env, codes);
      const alike = matcher.exact === true ? actual === value : same(actual, value);
      return holds(value !== undefined && alike, show(value, codes));
    }
    case 'in': {
      const list = typeof matcher.values === 'string' ? resolve(matcher.values, env) : matcher.values;
      const values = (Array.isArray(list) ? list : []).map((value: Template) => wanted(value, env, codes));
      return holds(
        values.some(
          (value) => value !== undefined && (matcher.exact === true ? actual === value : same(actual, value)),
        ),
        `one of ${show(values, codes)}`,
      );
    }
    case 'range':
      return range(matcher, actual, env, codes);
    case 'bits':
      return holds(bits(matcher.pattern, actual), `bits ${matcher.pattern}`);
    case 'hex':
      return holds(typeof actual === 'string' && same(actual, matcher.value), matcher.value);
    case 'length': {
      const unit = matcher.characters === true ? 1 : 2;
      const size = Array.isArray(actual)
        ? actual.length
        : typeof actual === 'string'
          ? actual.length / unit
          : undefined;
      const inner = match(matcher.of, size, env, noNames, '');
      return holds(inner.ok, `length ${inner.expected}`);
    }
    case 'pattern':
      return holds(typeof actual === 'string' && new RegExp(matcher.source, 'u').test(actual), `/${matcher.source}/`);
    case 'each':
    case 'some':
      return entries(matcher.kind, matcher.of, actual, env, naming, path);
    case 'near':
      return near(matcher, actual, env);
    case 'scaled':
      return scaledMatch(matcher, actual, env);
    case 'printable':
      return holds(isPrintable(textOf(actual, matcher.octets)), 'printable text');
    case 'ordered':
      return holds(isOrdered(actual, matcher.strictly), matcher.strictly ? 'each more than the last' : 'ascending');
    case 'same-text': {
      const due = textOf(resolve(matcher.value, env) as ViewValue, matcher.valueOctets);
      const text = textOf(actual, matcher.octets);
      const ok = text !== undefined && due !== undefined && trimText(text) === trimText(due);
      return { ok, expected: `the text ${show(due)}`, ...(text !== undefined && { actual: show(text) }) };
    }
    case 'checksum': {
      const value = checksumOf(matcher, actual);
      const inner = match(matcher.of, value, env, noNames, '');
      const shown = value === undefined ? {} : { actual: `${matcher.by} ${show(value)}` };
      return { ok: inner.ok, expected: `${matcher.by} ${inner.expected}`, ...shown };
    }
    case 'unique': {
      const entries = Array.isArray(actual) ? actual.map((entry: ViewValue) => show(entry)) : undefined;
      return holds(entries !== undefined && new Set(entries).size === entries.length, 'no entry twice');
    }
    case 'equals-field': {
      const other = env.view === undefined ? undefined : valueAt(env.view, matcher.path);
      return holds(other !== undefined && same(actual, other), `${matcher.path}, which is ${show(other, codes)}`);
    }
    case 'slice': {
      const { from, count } = matcher;
      const octets = typeof actual === 'string' ? actual.replace(/[\s-]/g, '').slice(2 * from, 2 * (from + count)) : '';
      const inner = match(matcher.of, octets.length === 2 * count ? octets : undefined, env, noNames, '');
      return holds(inner.ok, `octets ${from} to ${from + count - 1}: ${inner.expected}`);
    }
    case 'not': {
      const inner = match(matcher.of, actual, env, naming, path);
      return holds(actual !== undefined && !inner.ok, `not ${inner.expected}`);
    }
    case 'within': {
      const limit = asNumber(resolve(matcher.limit, env), undefined);
      const ok = limit !== undefined && typeof actual === 'number' && actual <= limit;
      return holds(ok, `within ${limit === undefined ? 'an open limit' : formatDuration(limit)}`);
    }
    case 'absent':
      return holds(actual === undefined || actual === '', 'absent');
    case 'one-of':
      return oneOf(matcher, actual, env, naming, path);
  }
}

function range(
  matcher: Extract<Matcher, { kind: 'range' }>,
  actual: ViewValue,
  env: Environment,
  codes: Codes | undefined,
): Match {
  const bound = (template: Template | undefined): number | undefined =>
    template === undefined ? undefined : asNumber(resolve(template, env), codes);
  const min = bound(matcher.min);
  const max = bound(matcher.max);
  const value = asNumber(actual, undefined);
  const closed = (matcher.min === undefined || min !== undefined) && (matcher.max === undefined || max !== undefined);
  const ok = value !== undefined && closed && value >= (min ?? value) && value <= (max ?? value);
  const parts = [min === undefined ? '' : `at least ${show(min)}`, max === undefined ? '' : `at most ${show(max)}`];
  return { ok, expected: parts.filter((part) => part !== '').join(', ') };
}

function bits(pattern: string, actual: ViewValue): boolean {
  if (typeof actual !== 'number') return false;
  const wantedBits = pattern.replace(/_/g, '');
  const value = actual.toString(2).padStart(wantedBits.length, '0');
  return (
    value.length === wantedBits.length && [...wantedBits].every((bit, index) => bit === 'x' || bit === value[index])
  );
}

function near({ value, tolerance }: Extract<Matcher, { kind: 'near' }>, actual: ViewValue, env: Environment): Match {
  const wantedNumber = asNumber(resolve(value, env), undefined);
  const range = asNumber(resolve(tolerance, env), undefined);
  const given = asNumber(actual, undefined);
  const expected = `${wantedNumber ?? 'an open value'} ± ${range ?? 'an open tolerance'}`;
  if (wantedNumber === undefined || range === undefined || given === undefined) return { ok: false, expected };
  return { ok: Math.abs(given - wantedNumber) <= range, expected };
}

/** The value of a raw reading (DSP0248 27.7): (raw × resolution + offset) × 10^unitModifier. */
export function scaledValue(raw: ViewValue, by: Template | undefined): number | undefined {
  const reading = asNumber(raw, undefined);
  if (reading === undefined || by === null || typeof by !== 'object' || Array.isArray(by)) return undefined;
  const { resolution = 1, offset = 0, unitModifier = 0 } = by as { readonly [name: string]: Template };
  if (typeof resolution !== 'number' || typeof offset !== 'number' || typeof unitModifier !== 'number')
    return undefined;
  const value = (reading * resolution + offset) * 10 ** unitModifier;
  // Decimal fractions are not exact in binary: 62.00000000000001 °C is 62.
  return Number(value.toPrecision(12));
}

function scaledMatch({ by, of }: Extract<Matcher, { kind: 'scaled' }>, actual: ViewValue, env: Environment): Match {
  const value = scaledValue(actual, resolve(by, env));
  const inner = match(of, value, env, noNames, '');
  const raw = actual === undefined ? 'absent' : `${String(value)} (raw ${String(actual)})`;
  return { ...inner, ok: value !== undefined && inner.ok, expected: `as a value ${inner.expected}`, actual: raw };
}

/** Text as it is; octets as ASCII, where `octets` says that the value is those, as hex. */
function textOf(value: ViewValue, octets: boolean | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  // Text that itself begins with 0x was decoded to hex, as what is no text is.
  if (octets !== true && !value.startsWith('0x')) return value;
  const raw = parseHex(octets === true ? value : value.slice(2));
  return raw === undefined ? undefined : asciiOf(raw);
}

function isPrintable(text: string | undefined): boolean {
  if (text === undefined || text === '') return false;
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u.test(text.replace(/^[\ufeff\ufffe]/u, '')) && text === text.trim();
}

function isOrdered(value: ViewValue, strictly: boolean): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  const numbers = value.map((entry: ViewValue) => asNumber(entry, undefined) ?? Number.NaN);
  return numbers.every((number, index) => {
    const before = numbers[index - 1];
    return !Number.isNaN(number) && (before === undefined || (strictly ? before < number : before <= number));
  });
}

function checksumOf({ by, pad }: Extract<Matcher, { kind: 'checksum' }>, value: ViewValue): number | undefined {
  const octets = typeof value === 'string' ? parseHex(value) : undefined;
  if (octets === undefined) return undefined;
  return checksums[by](concat(octets, new Uint8Array((pad - (octets.length % pad)) % pad)));
}

/** An empty list never matches (law 1). */
function entries(
  kind: 'each' | 'some',
  of: Matcher | readonly FieldCheck[],
  actual: ViewValue,
  env: Environment,
  naming: Naming,
  path: string,
): Match {
  const one = (entry: ViewValue): readonly Match[] =>
    Array.isArray(of)
      ? (of as readonly FieldCheck[]).map((check) => {
          const inner = match(check.matcher, valueAt(entry, check.path), env, naming, `${path}.${check.path}`);
          return { ...inner, expected: `${check.path} ${inner.expected}` };
        })
      : [match(of as Matcher, entry, env, naming, path)];
  const sample = one(undefined)
    .map((inner) => inner.expected)
    .join(', ');
  const fits = (entry: ViewValue): boolean => one(entry).every((inner) => inner.ok);
  const list: readonly ViewValue[] = Array.isArray(actual) ? actual : [];
  const ok = list.length > 0 && (kind === 'each' ? list.every(fits) : list.some(fits));
  return { ok, expected: `${kind === 'each' ? 'each' : 'one of them'}: ${sample}` };
}

function oneOf(
  matcher: Extract<Matcher, { kind: 'one-of' }>,
  actual: ViewValue,
  env: Environment,
  naming: Naming,
  path: string,
): Match {
  const tried = matcher.branches.map((branch) => ({ branch, inner: match(branch.match, actual, env, naming, path) }));
  const expected = tried
    .map(({ inner, branch }) => (branch.verdict === 'pass' ? inner.expected : `${inner.expected} (${branch.verdict})`))
    .join(' or ');
  const hit = tried.find(({ inner }) => inner.ok);
  if (hit === undefined) return { ok: false, expected };
  const { verdict, reason } = hit.branch;
  return { ok: verdict !== 'fail', expected, verdict, ...(reason === undefined ? {} : { note: reason }) };
}
