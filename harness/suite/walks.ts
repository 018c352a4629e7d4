import type { Command, CommandSet } from '../codec/command';
import type { FieldCheck, Saves, Step, Template, TemplateMap, WalkNext, WalkParts, WalkStep } from './compiled';
import type { View } from './expectations';
import { checkSavedPath, compileExpectation, slotAt, viewOf } from './expectations';
import { compileFieldCheck, compileFieldMap, compileScale } from './matchers';
import { quote, suggestion } from './problem';
import type { CaseScope } from './scope';
import type { Slot, Slots } from './slots';
import { requestSlots, slotsOf, statusSlots } from './slots';
import type { Path } from './source';
import type { MatcherSource, SaveSource, StepSource, WalkSource } from './suite-schema';
import { checkReference, compileValue, ownSlot, slotBelow } from './values';

type Found = { readonly set: CommandSet; readonly command: Command };
type Values = { readonly [field: string]: unknown };
type CompileStep = (source: StepSource, path: Path, scope: CaseScope) => Step | undefined;

const BOUND = 1024;

/** Request fields by name. */
export function compileFields(source: Values, path: Path, { set, command }: Found, scope: CaseScope): TemplateMap {
  const slots = requestSlots(set, command);
  const out: { [name: string]: Template } = {};
  for (const [name, value] of Object.entries(source)) {
    const slot = ownSlot(slots, name);
    if (slot === undefined) {
      scope.unknown(`field of the request of ${command.name}:`, name, Object.keys(slots), [...path, name], 'key');
    } else out[name] = compileValue(value, [...path, name], slot, scope);
  }
  return out;
}

/** What a step saves from `view`; from then on `$saved.x` is known. */
export function compileSaves(source: SaveSource, path: Path, view: View, scope: CaseScope): Saves {
  const out: { [name: string]: Saves[string] } = {};
  for (const [name, rule] of Object.entries(source)) {
    const place = [...path, name];
    out[name] = typeof rule === 'string' ? rule : compileSaveRule(rule, place, view, scope);
    const from = typeof rule === 'string' ? rule : rule.from;
    checkSavedPath(from, typeof rule === 'string' ? place : [...place, 'from'], view, scope);
    scope.saved.add(name);
    const slot = savedSlot(rule, view);
    if (slot === undefined) scope.savedSlots.delete(name);
    else scope.savedSlots.set(name, slot);
  }
  return out;
}

function savedSlot(rule: SaveSource[string], view: View): Slot | undefined {
  if (typeof rule === 'string') return slotAt(rule, view);
  const slot = slotAt(rule.from, view);
  const entry = rule.where !== undefined && slot?.kind === 'list' ? slot.entry : slot;
  return slotBelow(entry, rule.take?.split('.') ?? []);
}

function compileSaveRule(
  rule: Exclude<SaveSource[string], string>,
  path: Path,
  view: View,
  scope: CaseScope,
): Exclude<Saves[string], string> {
  const slot = slotAt(rule.from, view);
  const where = rule.where === undefined ? undefined : checksOf(rule.where, [...path, 'where'], slot, scope);
  return {
    from: rule.from,
    ...(where && { where }),
    ...(rule.take !== undefined && { take: rule.take }),
    ...(rule.scaled !== undefined && { scaled: compileScale(rule.scaled, [...path, 'scaled'], scope) }),
  };
}

/** Checks of one entry of a list; with the empty path of the entry itself. */
function checksOf(source: unknown, path: Path, list: Slot | undefined, scope: CaseScope): readonly FieldCheck[] {
  const entry = list?.kind === 'list' ? list.entry : undefined;
  if (entry?.kind === 'record' && source !== null && typeof source === 'object') {
    return compileFieldMap(source, path, entry.slots, scope);
  }
  return [compileFieldCheck('', source as MatcherSource, path, entry, scope)];
}

const number: Slot = { kind: 'number' };

/** A walk: everything about its answers first, then about its entries, then what is done with each of them. */
export function compileWalk(
  source: WalkSource,
  path: Path,
  scope: CaseScope,
  compileStep: CompileStep,
): WalkStep | undefined {
  const at = (...more: Path): Path => [...path, ...more];
  scope.expectations += 1;
  scope.requirement(source.requirement, at('requirement'));
  const asked = typeof source.walk === 'string' ? scope.command(source.walk, at('walk')) : undefined;
  if (typeof source.walk === 'string' && asked === undefined) return undefined;
  const base = asked === undefined ? overOf(source, path, scope) : requestsOf(source, asked, path, scope);
  const list: Slot = { kind: 'list', entry: base.entry };
  const view = walkView(list, base.decoded, source.parts !== undefined);
  const checkField = (text: string, place: Path): void => checkSavedPath(text, place, entryView(base.entry), scope);
  const about = (part: unknown, place: Path): readonly FieldCheck[] => {
    if (part === undefined) return [];
    scope.checkField = checkField;
    return checksOf(part, place, list, scope);
  };
  const where = about(source.where, at('where'));
  const each = about(source.each, at('each'));
  if (source.label !== undefined) checkField(source.label, at('label'));
  scope.checkField = (text, place) => checkSavedPath(text, place, view, scope);
  const expect = source.expect === undefined ? [] : compileFieldMap(source.expect, at('expect'), view.sections, scope);
  const save = compileSaves(source.save ?? {}, at('save'), view, scope);
  const steps = innerSteps(source, base.entry, path, scope, compileStep);
  return {
    kind: 'walk',
    ...base.step,
    as: source.as ?? 'entry',
    ...(source.requirement === undefined ? {} : { requirement: source.requirement }),
    where,
    atLeast: source['at-least'] ?? 1,
    ...(source.label === undefined ? {} : { label: source.label }),
    each,
    expect,
    save,
    steps,
  };
}

interface Base {
  readonly step: Pick<WalkStep, 'command' | 'over' | 'fields' | 'parts' | 'next' | 'decode' | 'entries' | 'eachAnswer'>;
  readonly entry: Slot;
  /** What the octets are decoded as. */
  readonly decoded?: Slots | undefined;
}

const ANY: Slot = { kind: 'any' };

/** A walk over a list that is known already. */
function overOf(source: WalkSource, path: Path, scope: CaseScope): Base {
  const { over } = source.walk as { readonly over: string | readonly Template[] };
  for (const key of ['fields', 'parts', 'next', 'decode', 'entries', 'each-answer'] as const) {
    if (source[key] !== undefined) scope.report([...path, key], `"${key}" is for walks that ask the device`, 'key');
  }
  const place = [...path, 'walk', 'over'];
  const step = { over, fields: {}, eachAnswer: [] };
  if (typeof over !== 'string') {
    over.forEach((item, index) => {
      if (typeof item === 'string' && item.startsWith('$')) checkReference(item, [...place, index], scope);
    });
  }
  if (typeof over !== 'string') return { step, entry: typeof over[0] === 'number' ? number : ANY };
  if (over.startsWith('$')) checkReference(over, place, scope);
  else scope.report(place, `expected a list or a reference, found ${quote(over)}`);
  const [head = '', name = '', ...rest] = over.slice(1).split('.');
  const slot = head === 'saved' ? slotBelow(scope.savedSlots.get(name), rest) : undefined;
  const list = scope.entries.has(head) ? slotBelow(scope.entries.get(head), [name, ...rest]) : slot;
  return { step, entry: list?.kind === 'list' ? list.entry : ANY };
}

function requestsOf(source: WalkSource, found: Found, path: Path, scope: CaseScope): Base {
  const at = (...more: Path): Path => [...path, ...more];
  const { set, command } = found;
  const view = viewOf(found, scope);
  const fields = compileFields(source.fields ?? {}, at('fields'), found, scope);
  const before = scope.sent;
  scope.sent = requestSlots(set, command);
  const answer = (part: Values, place: Path): readonly FieldCheck[] => {
    const expectation = compileExpectation(part, place, view, scope);
    return expectation.kind === 'fields' ? expectation.checks : [];
  };
  const shared = { found, view, scope, answer };
  const parts = source.parts === undefined ? undefined : compileParts(source.parts, at('parts'), shared);
  const next = source.next === undefined ? undefined : compileNext(source.next, at('next'), shared);
  const eachAnswer = source['each-answer'] === undefined ? [] : answer(source['each-answer'], at('each-answer'));
  scope.sent = before;
  const decoded = decodedSlots(source, set, view, path, scope);
  const entry = entrySlot(source, decoded, path, scope);
  const step = {
    command: command.name,
    fields,
    ...(parts && { parts }),
    ...(next && { next }),
    ...(source.decode === undefined ? {} : { decode: source.decode }),
    ...(source.entries === undefined ? {} : { entries: source.entries }),
    eachAnswer,
  };
  return { step, entry, decoded: source.decode === undefined ? undefined : decoded };
}

interface Shared {
  readonly found: Found;
  readonly view: View;
  readonly scope: CaseScope;
  readonly answer: (part: Values, place: Path) => readonly FieldCheck[];
}

function compileParts(source: NonNullable<WalkSource['parts']>, path: Path, shared: Shared): WalkParts {
  const { found, view, scope, answer } = shared;
  const slot = ownSlot(view.fields, source.data);
  if (slot === undefined) scope.unknown('field', source.data, Object.keys(view.fields), [...path, 'data']);
  else if (slot.kind !== 'octets') scope.report([...path, 'data'], `${quote(source.data)} is no field of octets`);
  const { checksum } = source;
  if (checksum !== undefined) {
    checkSavedPath(checksum.field, [...path, 'checksum', 'field'], view, scope);
    scope.requirement(checksum.requirement, [...path, 'checksum', 'requirement']);
  }
  const until = source.until === undefined ? [] : answer(source.until, [...path, 'until']);
  const size = source.size === undefined ? {} : { size: compileValue(source.size, [...path, 'size'], number, scope) };
  if ((until.length > 0 || source.size !== undefined) && source.fields === undefined) {
    scope.report(path, 'a request that never changes gets the same part again: "fields" is missing', 'key');
  }
  const { requirement, ...rest } = checksum ?? {};
  return {
    data: source.data,
    until,
    ...size,
    fields: compileFields(source.fields ?? {}, [...path, 'fields'], found, scope),
    ...(checksum && { checksum: { ...(rest as typeof checksum), ...(requirement !== undefined && { requirement }) } }),
    atMost: source['at-most'] ?? BOUND,
  } as WalkParts;
}

function compileNext(source: NonNullable<WalkSource['next']>, path: Path, shared: Shared): WalkNext {
  const { found, scope, answer } = shared;
  if (source.until === undefined && source.count === undefined) {
    scope.report(path, 'nothing says which entry is the last: "until" or "count" is missing', 'key');
  }
  const count =
    source.count === undefined ? {} : { count: compileValue(source.count, [...path, 'count'], number, scope) };
  return {
    until: source.until === undefined ? [] : answer(source.until, [...path, 'until']),
    ...count,
    fields: compileFields(source.fields, [...path, 'fields'], found, scope),
    atMost: source['at-most'] ?? BOUND,
  };
}

/** What one entry's octets are decoded as, or the answer itself. */
function decodedSlots(source: WalkSource, set: CommandSet, view: View, path: Path, scope: CaseScope): Slots {
  const { decode, parts } = source;
  if (decode === undefined) return view.fields;
  const structures = set.structures ?? {};
  const fields = Object.hasOwn(structures, decode) ? structures[decode] : undefined;
  if (fields === undefined) {
    const near = suggestion(decode, Object.keys(structures));
    scope.report([...path, 'decode'], `${set.id} has no structure ${quote(decode)}${near}`);
    return {};
  }
  if (parts === undefined)
    scope.report([...path, 'decode'], 'which octets are decoded is said by "parts: { data: … }"');
  return { ...slotsOf(fields), ...statusSlots(fields), trailing: { kind: 'octets' } };
}

function entrySlot(source: WalkSource, decoded: Slots, path: Path, scope: CaseScope): Slot {
  const whole: Slot = { kind: 'record', slots: decoded };
  if (source.entries === undefined) return whole;
  const slot = slotBelow(whole, source.entries.split('.'));
  if (slot?.kind === 'list') return slot.entry;
  const place = [...path, 'entries'];
  if (slot === undefined) scope.unknown('field', source.entries, Object.keys(decoded), place);
  else scope.report(place, `${quote(source.entries)} is no list`);
  return ANY;
}

function entryView(entry: Slot): View {
  const fields = entry.kind === 'record' ? entry.slots : {};
  return { fields, sections: {}, title: 'an entry' };
}

function walkView(list: Slot, decoded: Slots | undefined, octets: boolean): View {
  const sections: Slots = {
    count: number,
    entries: list,
    selected: list,
    requests: number,
    ...(decoded && { decoded: { kind: 'list', entry: { kind: 'record', slots: decoded } } as const }),
    ...(octets && { octets: number, data: { kind: 'octets' } as const }),
  };
  return { fields: {}, sections, title: 'a walk' };
}

/** Steps for each entry: what they save, they save for their own iteration. */
function innerSteps(
  source: WalkSource,
  entry: Slot,
  path: Path,
  scope: CaseScope,
  compileStep: CompileStep,
): readonly Step[] {
  if (source.steps === undefined) return [];
  const name = source.as ?? 'entry';
  if (scope.entries.has(name) || scope.loops.has(name)) {
    scope.report([...path, 'as'], `${quote(name)} already stands for something else here`, 'key');
    return [];
  }
  const saved = new Set(scope.saved);
  scope.entries.set(name, entry);
  const steps = source.steps.flatMap((step, index) => compileStep(step, [...path, 'steps', index], scope) ?? []);
  scope.entries.delete(name);
  for (const own of scope.saved) if (!saved.has(own)) scope.saved.delete(own);
  return steps;
}
