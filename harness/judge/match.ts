import { formatDuration } from '../clock';
import type { Codes } from '../codec/field-spec';
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
  return left === right || (typeof left === 'bigint' && typeof right === 'number' && left === BigInt(right));
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
      return holds(value !== undefined && same(actual, value), show(value, codes));
    }
    case 'in': {
      const list = typeof matcher.values === 'string' ? resolve(matcher.values, env) : matcher.values;
      const values = (Array.isArray(list) ? list : []).map((value: Template) => wanted(value, env, codes));
      return holds(
        values.some((value) => value !== undefined && same(actual, value)),
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
      const size = Array.isArray(actual) ? actual.length : typeof actual === 'string' ? actual.length / 2 : undefined;
      const inner = match(matcher.of, size, env, noNames, '');
      return holds(inner.ok, `length ${inner.expected}`);
    }
    case 'pattern':
      return holds(typeof actual === 'string' && new RegExp(matcher.source, 'u').test(actual), `/${matcher.source}/`);
    case 'each':
      return each(matcher.of, actual, env, naming, path);
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

/** An empty list never matches (law 1). */
function each(
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
  const ok =
    Array.isArray(actual) &&
    actual.length > 0 &&
    actual.every((entry: ViewValue) => one(entry).every((inner) => inner.ok));
  return { ok, expected: `each: ${sample}` };
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
