import type { z } from 'zod';
import type { Problem } from './problem';
import { quote, suggestion } from './problem';
import type { Path, SourceDocument } from './source';

/** The shape of `value`, or what is wrong with it. `partial` is the value without its unknown keys, where that fits. */
export type Shape<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly expected?: string;
  readonly errors?: readonly (readonly Issue[])[];
  readonly values?: readonly unknown[];
  readonly input?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly origin?: string;
}

/** Key names of the object schema that an issue came from; the separator cannot be part of a YAML key here. */
const SEPARATOR = '\u0000';

function allowedKeys(issue: { readonly code?: string | undefined; readonly inst?: unknown }): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const instance = issue.inst as { _zod?: { def?: { shape?: object } } } | undefined;
  return Object.keys(instance?._zod?.def?.shape ?? {}).join(SEPARATOR);
}

/**
 * Checks the shape of the part of a document at `base`. Unknown keys are problems, but what is left is still returned
 * where it fits, so that everything else that is wrong is found in the same run.
 */
export function checkShape<S extends z.ZodType>(
  schema: S,
  value: unknown,
  source: SourceDocument,
  base: Path = [],
): Shape<z.output<S>> {
  const options = { error: allowedKeys, reportInput: true };
  const first = schema.safeParse(value, options);
  if (first.success) return { ok: true, value: first.data, problems: [] };
  const problems: Problem[] = [];
  const unknown: Path[] = [];
  for (const issue of first.error.issues as readonly Issue[]) explain(issue, [], source, base, problems, unknown);
  const second = unknown.length === 0 ? undefined : schema.safeParse(without(value, unknown), options);
  return second?.success === true ? { ok: true, value: second.data, problems } : { ok: false, problems };
}

function explain(
  issue: Issue,
  prefix: Path,
  source: SourceDocument,
  base: Path,
  problems: Problem[],
  unknown: Path[],
): void {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const full = [...base, ...path];
  if (issue.code === 'unrecognized_keys') {
    const allowed = issue.message.split(SEPARATOR);
    for (const key of issue.keys ?? []) {
      unknown.push([...path, key]);
      problems.push(unknownKey(key, allowed, issue.input, source, full));
    }
    return;
  }
  const missing = issue.input === undefined && !('keys' in issue);
  const name = path.at(-1);
  if (missing && typeof name === 'string') {
    problems.push(source.problem(full.slice(0, -1), `${quote(name)} is missing`, 'key'));
    return;
  }
  if (issue.code === 'invalid_union') {
    const strangers = unknownEverywhere(issue);
    for (const { key, allowed } of strangers) {
      unknown.push([...path, key]);
      problems.push(unknownKey(key, allowed, issue.input, source, full));
    }
    if (strangers.length > 0) return;
    const branch = closest(issue);
    if (branch.length > 0) {
      for (const inner of branch) explain(inner, path, source, base, problems, unknown);
      return;
    }
  }
  problems.push(source.problem(full, sentence(issue)));
}

const MATCHER_KEYS = new Set([
  'in',
  'min',
  'bits',
  'hex',
  'length',
  'pattern',
  'each',
  'some',
  'near',
  'scaled',
  'unique',
  'not',
  'within',
  'absent',
]);

function unknownKey(
  key: string,
  allowed: readonly string[],
  input: unknown,
  source: SourceDocument,
  at: Path,
): Problem {
  const value: unknown =
    input !== null && typeof input === 'object' ? Object.entries(input).find(([k]) => k === key)?.[1] : 0;
  let hint = suggestion(key, allowed);
  if (value === null && /\s/.test(key)) hint = '; between braces a text with a comma stands in quotes';
  else if (MATCHER_KEYS.has(key) && allowed.some((name) => MATCHER_KEYS.has(name))) hint = '; a matcher has one key';
  return source.problem([...at, key], `unknown key ${quote(key)}${hint}`, 'key');
}

/** Keys of a map that no branch of a union knows, where every branch that takes maps has a closed set of keys. */
function unknownEverywhere(issue: Issue): readonly { readonly key: string; readonly allowed: readonly string[] }[] {
  const branches = (issue.errors ?? []).filter((issues) => !issues.some(isWrongType));
  const closed = branches.map((issues) =>
    issues.find(({ code, path }) => code === 'unrecognized_keys' && path.length === 0),
  );
  if (closed.length === 0 || closed.includes(undefined)) return [];
  const allowed = [...new Set(closed.flatMap((found) => (found?.message ?? '').split(SEPARATOR)))];
  const keys = [...new Set(closed.flatMap((found) => found?.keys ?? []))];
  return keys.filter((key) => !allowed.includes(key)).map((key) => ({ key, allowed }));
}

function isWrongType({ code, path, errors }: Issue): boolean {
  if (path.length > 0 || code === 'unrecognized_keys') return false;
  return code !== 'invalid_union' || (errors ?? []).every((issues) => issues.some(isWrongType));
}

const WRONG_TYPE = 100;

/** The branch of a union that the author most likely meant: the one with the least to change. */
function closest(issue: Issue): readonly Issue[] {
  const branches = issue.errors ?? [];
  const cost = (issues: readonly Issue[]): number => {
    if (issues.some(isWrongType)) return WRONG_TYPE;
    let [near, inside] = [0, 0];
    for (const { code, path, input, keys } of issues) {
      if (code === 'unrecognized_keys' && path.length === 0) near += 2 * (keys?.length ?? 1);
      else if (path.length === 1 && input === undefined) near += 10;
      else inside += 1;
    }
    return near + Math.min(inside, 8);
  };
  const costs = branches.map(cost);
  const best = Math.min(...costs);
  if (best < WRONG_TYPE) return branches[costs.indexOf(best)] ?? [];
  // No branch takes this type of value: a misspelt word is said as such, anything else at the union itself.
  const words = branches.filter((issues) => issues.length === 1 && issues[0]?.code === 'invalid_value');
  return typeof issue.input === 'string' && words.length === 1 ? (words[0] ?? []) : [];
}

function sentence(issue: Issue): string {
  const found = issue.input === undefined ? '' : `, found ${quote(issue.input)}`;
  switch (issue.code) {
    case 'invalid_type': {
      const hint = issue.expected === 'string' && typeof issue.input === 'number' ? '; write it in quotes' : '';
      return `expected ${typeName(issue.expected)}${found}${hint}`;
    }
    case 'invalid_value': {
      const values = (issue.values ?? []).map(String);
      const near = typeof issue.input === 'string' ? suggestion(issue.input, values) : '';
      return `expected ${values.length > 12 ? 'a known name' : values.join(' or ')}${found}${near.startsWith('; did') ? near : ''}`;
    }
    case 'too_small':
      if (issue.origin === 'array' || issue.origin === 'object') return 'this list is empty';
      if (issue.origin === 'string') return 'this text is empty';
      return `expected at least ${String(issue.minimum)}${found}`;
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `expected at most ${String(issue.maximum)}${found}`;
      return `too long: at most ${String(issue.maximum)}`;
    case 'invalid_union':
      return `this value does not fit here${found}`;
    default:
      return `${issue.message}${found}`;
  }
}

function typeName(expected: string | undefined): string {
  const names: { readonly [name: string]: string } = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    array: 'a list',
    object: 'a map',
    record: 'a map',
    boolean: 'true or false',
  };
  return expected !== undefined && Object.hasOwn(names, expected) ? (names[expected] ?? expected) : String(expected);
}

/** A copy without the keys at `paths`. */
function without(value: unknown, paths: readonly Path[]): unknown {
  const here = new Set(paths.filter((path) => path.length === 1).map((path) => String(path[0])));
  const below = (key: string | number): readonly Path[] =>
    paths.filter((path) => path.length > 1 && String(path[0]) === String(key)).map((path) => path.slice(1));
  if (Array.isArray(value)) return value.map((entry: unknown, index) => without(entry, below(index)));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !here.has(key))
      .map(([key, entry]) => [key, without(entry, below(key))]),
  );
}
