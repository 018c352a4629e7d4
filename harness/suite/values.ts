import { parseDuration } from '../clock';
import { parseHex, toHex } from '../codec/octets';
import type { Template } from './compiled';
import { quote, suggestion } from './problem';
import type { CaseScope, Loop } from './scope';
import type { Slot } from './slots';
import type { Path } from './source';

/**
 * A value at a place of kind `slot`: code names become numbers, durations nanoseconds, octets lower-case hex; references
 * are checked and stay. Without a slot everything is taken as it is.
 */
export function compileValue(value: unknown, path: Path, slot: Slot | undefined, scope: CaseScope): Template {
  if (typeof value === 'string' && value.startsWith('$')) return compileReference(value, path, slot, scope);
  if (Array.isArray(value)) return compileList(value, path, slot, scope);
  if (value !== null && typeof value === 'object') return compileMap(value, path, slot, scope);
  const result = literal(value as Template, slot);
  if (result.fault === undefined) return result.value;
  scope.report(path, result.fault);
  return 0;
}

/** As `compileValue`, for a field that is overridden: also `absent`, `{ xor: n }` and `{ add: n }`. */
export function compileOverride(value: unknown, path: Path, slot: Slot | undefined, scope: CaseScope): Template {
  if (value === 'absent') return value;
  const change = changeOf(value);
  if (change !== undefined) {
    const [key, amount] = change;
    if (slot !== undefined && slot.kind !== 'number') scope.report(path, `only a number can be changed by ${key}`);
    const text = typeof amount === 'string';
    if (text && !amount.startsWith('$')) scope.report([...path, key], `expected a number, found ${quote(amount)}`);
    return { [key]: text ? compileValue(amount, [...path, key], undefined, scope) : (amount as number) };
  }
  if (typeof value === 'string' && value.startsWith('$')) return compileReference(value, path, slot, scope, true);
  return compileValue(value, path, slot, scope);
}

function changeOf(value: unknown): readonly ['xor' | 'add', unknown] | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const { xor, add } = value as { xor?: unknown; add?: unknown };
  if (xor !== undefined) return ['xor', xor];
  return add === undefined ? undefined : ['add', add];
}

type Literal = { readonly value: Template; readonly fault?: undefined } | { readonly fault: string };

/** A scalar at its place, or why it cannot stand there. */
function literal(value: Template, slot: Slot | undefined): Literal {
  if (slot === undefined) return { value };
  switch (slot.kind) {
    case 'number':
      return numberLiteral(value, slot);
    case 'octets': {
      const octets = typeof value === 'string' ? parseHex(value.replace(/-/g, '')) : undefined;
      if (octets === undefined) return { fault: `expected octets as hex in quotes, found ${quote(value)}` };
      return { value: toHex(octets) };
    }
    case 'text':
      return typeof value === 'string' ? { value } : { fault: `expected a text in quotes, found ${quote(value)}` };
    case 'any':
      return { value };
    case 'word':
      if (typeof value === 'string' && slot.words.includes(value)) return { value };
      return { fault: `expected ${slot.words.join(' or ')}, found ${quote(value)}${meant(value, slot.words)}` };
    case 'duration': {
      const time = typeof value === 'string' ? parseDuration(value) : undefined;
      return time === undefined
        ? { fault: `expected a duration such as 100ms, found ${quote(value)}` }
        : { value: time };
    }
    case 'list':
      return { fault: `expected a list, found ${quote(value)}` };
    case 'record':
      return { fault: `expected a map of fields, found ${quote(value)}` };
  }
}

function numberLiteral(value: Template, slot: Slot & { readonly kind: 'number' }): Literal {
  const codes = slot.codes ?? {};
  if (typeof value === 'string') {
    const code = Object.hasOwn(codes, value) ? codes[value] : undefined;
    if (code !== undefined) return { value: code };
    const names = Object.keys(codes);
    if (names.length === 0) return { fault: `expected a number, found ${quote(value)}` };
    return { fault: `unknown code ${quote(value)}${suggestion(value, names)}` };
  }
  if (typeof value !== 'number' || !(slot.real || Number.isInteger(value))) {
    const kind = slot.real ? 'number' : 'whole number';
    return { fault: `expected a ${kind}${slot.codes ? ' or a code name' : ''}, found ${quote(value)}` };
  }
  if (slot.real) return { value };
  const most = slot.width === undefined ? Number.MAX_SAFE_INTEGER : 2 ** slot.width - 1;
  const least = slot.signed ? -(2 ** ((slot.width ?? 53) - 1)) : 0;
  if (value < least || value > most) {
    return { fault: `${value} does not fit${slot.width === undefined ? '' : ` the ${slot.width} bits of the field`}` };
  }
  return { value };
}

function meant(value: Template, words: readonly string[]): string {
  const text = typeof value === 'string' ? suggestion(value, words) : '';
  return text.startsWith('; did') ? text : '';
}

function compileList(value: readonly unknown[], path: Path, slot: Slot | undefined, scope: CaseScope): Template {
  if (slot !== undefined && slot.kind !== 'list' && slot.kind !== 'any') {
    scope.report(path, 'a list cannot stand here');
    return [];
  }
  return value.map((entry, index) =>
    compileValue(entry, [...path, index], slot?.kind === 'list' ? slot.entry : undefined, scope),
  );
}

function compileMap(value: object, path: Path, slot: Slot | undefined, scope: CaseScope): Template {
  if (slot !== undefined && slot.kind !== 'record' && slot.kind !== 'any') {
    scope.report(path, 'a map cannot stand here');
    return {};
  }
  const out: { [name: string]: Template } = {};
  for (const [name, entry] of Object.entries(value)) {
    const inner = slot?.kind === 'record' ? ownSlot(slot.slots, name) : undefined;
    if (slot?.kind === 'record' && inner === undefined) {
      scope.unknown('field', name, Object.keys(slot.slots), [...path, name], 'key');
    } else out[name] = compileValue(entry, [...path, name], inner, scope);
  }
  return out;
}

export function ownSlot(slots: { readonly [name: string]: Slot }, name: string): Slot | undefined {
  return Object.hasOwn(slots, name) ? slots[name] : undefined;
}

const REFERENCE = /^\$[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/;

function compileReference(
  text: string,
  path: Path,
  slot: Slot | undefined,
  scope: CaseScope,
  override = false,
): Template {
  checkReference(text, path, scope);
  if (text.startsWith('$with.')) checkWithUse(text.slice('$with.'.length), slot, scope);
  const loop = scope.loops.get(text.slice(1));
  if (loop !== undefined && slot !== undefined) checkLoopUse(loop, slot, override, scope);
  return text;
}

/** Whether `$…` leads somewhere. */
export function checkReference(text: string, path: Path, scope: CaseScope): void {
  if (!REFERENCE.test(text)) {
    scope.report(
      path,
      `${quote(text)} is no reference: $parameters.x, $claims.x, $saved.x, $with.x or a loop variable`,
    );
    return;
  }
  const [head = '', ...rest] = text.slice(1).split('.');
  const [name = ''] = rest;
  if (rest.length > 0 && head === 'parameters') {
    scope.usedParameters.add(name);
    if (!scope.known.parameters.has(name)) scope.unknown('parameter', name, scope.known.parameters, path);
  } else if (rest.length > 0 && head === 'claims') {
    const claim = rest.slice(0, 2).join('.');
    if (!scope.known.claims.has(claim)) scope.unknown('claim', rest.join('.'), scope.known.claims, path);
  } else if (rest.length > 0 && head === 'saved') {
    if (!scope.saved.has(name)) {
      scope.report(path, `nothing was saved as ${quote(name)} by an earlier step${suggestion(name, scope.saved)}`);
    }
  } else if (rest.length > 0 && head === 'with') {
    if (!scope.with.has(name)) scope.unknown('name under "with"', name, scope.with.keys(), path);
  } else if (rest.length > 0 && head === 'answer') scope.checkField(rest.join('.'), path);
  else if (scope.sent !== undefined && head === 'sent' && rest.length > 0) {
    if (ownSlot(scope.sent, name) === undefined) scope.unknown('field', name, Object.keys(scope.sent), path);
  } else if (scope.sent !== undefined && (head === 'octets' || head === 'index') && rest.length === 0) {
    return;
  } else if (scope.entries.has(head)) {
    checkBelow(text, rest, scope.entries.get(head), path, scope);
  } else if (!scope.loops.has(head)) {
    scope.report(path, `unknown loop variable ${quote(text)}${suggestion(head, scope.loops.keys())}`);
  }
}

/** Whether something can stand at this path below a value of kind `slot`. */
export function checkBelow(
  text: string,
  segments: readonly string[],
  slot: Slot | undefined,
  path: Path,
  scope: CaseScope,
): void {
  let here = slot;
  for (const segment of segments) {
    if (here === undefined || here.kind === 'any') return;
    if (here.kind === 'list' && /^\d{1,5}$/.test(segment)) here = here.entry;
    else if (here.kind === 'record') {
      const next: Slot | undefined = ownSlot(here.slots, segment);
      if (next === undefined) {
        scope.unknown('field', segment, Object.keys(here.slots), path);
        return;
      }
      here = next;
    } else {
      scope.report(path, `${quote(text)}: nothing is below ${quote(segment)}`);
      return;
    }
  }
}

/** The kind of value at a path below `slot`; undefined where that is not known. */
export function slotBelow(slot: Slot | undefined, segments: readonly string[]): Slot | undefined {
  return segments.reduce<Slot | undefined>((here, segment) => {
    if (here?.kind === 'list') return here.entry;
    return here?.kind === 'record' ? ownSlot(here.slots, segment) : undefined;
  }, slot);
}

/** What a reference to something saved or to an entry stands for; undefined where that is not known. */
export function referenceSlot(text: string, scope: CaseScope): Slot | undefined {
  const [head = '', ...rest] = text.slice(1).split('.');
  if (head === 'saved') return slotBelow(scope.savedSlots.get(rest[0] ?? ''), rest.slice(1));
  return scope.entries.has(head) ? slotBelow(scope.entries.get(head), rest) : undefined;
}

/** Code names of the place where it is used are what its values may be called. */
function checkWithUse(name: string, slot: Slot | undefined, scope: CaseScope): void {
  if (slot?.kind !== 'number' || slot.codes === undefined) return;
  scope.withCodes.set(name, { ...scope.withCodes.get(name), ...slot.codes });
}

/** Literal loop values must make sense at every place where the variable is used, and mean the same at each. */
function checkLoopUse(loop: Loop, slot: Slot, override: boolean, scope: CaseScope): void {
  for (const [index, value] of (loop.literals ?? []).entries()) {
    if (typeof value === 'string' && value.startsWith('$')) continue;
    const path = [...loop.path, index];
    const change = changeOf(value);
    if (change !== undefined || value === 'absent') {
      if (!override) scope.report(path, `${quote(value)} can only override a field`);
      continue;
    }
    if (value !== null && typeof value === 'object') {
      compileValue(value, path, slot, scope);
      continue;
    }
    const result = literal(value, slot);
    if (result.fault !== undefined) {
      scope.report(path, `$${loop.name}: ${result.fault}`);
      continue;
    }
    if (typeof value !== 'string' || result.value === value) continue;
    const before = loop.meaning.get(value);
    if (before !== undefined && before !== result.value) {
      scope.report(
        path,
        `$${loop.name}: ${quote(value)} means ${quote(before)} in one place and ${quote(result.value)} in another`,
      );
    }
    loop.meaning.set(value, result.value);
  }
}
