import type { Command, CommandSet } from '../codec/command';
import { reaches } from '../names';
import type { Expectation, FieldCheck } from './compiled';
import { compileFieldCheck, compileFieldMap } from './matchers';
import { quote } from './problem';
import type { CaseScope } from './scope';
import type { Slot, Slots } from './slots';
import { bindingsWithFrameField, listenSlots, requestSlots, responseSlots, viewSections } from './slots';
import type { Path } from './source';
import type { ExpectationSource, MatcherSource } from './suite-schema';
import { checkBelow, ownSlot, slotBelow } from './values';

/** What an expectation can name after one stimulus. */
export interface View {
  readonly fields: Slots;
  readonly sections: Slots;
  /** For messages: `a response of getEndpointId`. */
  readonly title: string;
}

/** The view of an answer to `about`; without it, of any message. */
export function viewOf(
  about: { readonly set: CommandSet; readonly command: Command } | undefined,
  scope: CaseScope,
): View {
  const sections = viewSections(about?.set, scope.known.commands, scope.bindings);
  if (about === undefined) return { fields: {}, sections, title: 'a message of any command' };
  return {
    fields: responseSlots(about.set, about.command),
    sections,
    title: `the response of ${about.command.name}`,
  };
}

/** What a `listen` can name: what the device has sent of its own since the last one. */
export function listenView(scope: CaseScope): View {
  const planes = reaches(scope.plane, 'frames') && scope.bindings.every((binding) => binding === 'smbus');
  return { fields: {}, sections: listenSlots(planes), title: 'what the device sends of its own' };
}

const sectionPlanes = {
  packet: 'packets',
  packets: 'packets',
  assembly: 'packets',
  frame: 'frames',
  frames: 'frames',
} as const;

export function compileExpectation(
  source: ExpectationSource,
  path: Path,
  view: View,
  scope: CaseScope,
  requirement?: string,
): Expectation {
  const own = requirement === undefined ? {} : { requirement };
  scope.checkField = (text, place) => checkSavedPath(text, place, view, scope);
  if (source === 'silence' || source === 'anything') return { kind: source, ...own };
  if ('one-of' in source && Array.isArray(source['one-of'])) {
    const branches = (source as Extract<ExpectationSource, { 'one-of': unknown }>)['one-of'] as readonly {
      readonly expect: ExpectationSource;
      readonly verdict: 'pass' | 'info' | 'warn' | 'fail';
      readonly reason?: string;
    }[];
    return {
      kind: 'one-of',
      branches: branches.map((branch, index) => ({
        expect: compileExpectation(branch.expect, [...path, 'one-of', index, 'expect'], view, scope),
        verdict: branch.verdict,
        ...(branch.reason === undefined ? {} : { reason: branch.reason }),
      })),
      ...own,
    };
  }
  const entries = Object.entries(source);
  if (entries.length === 0) scope.report(path, 'an expectation without fields', 'key');
  const checks = entries.flatMap(([name, matcher]) => compileEntry(name, matcher, [...path, name], view, scope));
  return { kind: 'fields', checks, ...own };
}

function compileEntry(name: string, source: unknown, path: Path, view: View, scope: CaseScope): readonly FieldCheck[] {
  const section = ownSlot(view.sections, name);
  if (section === undefined) {
    const slot = ownSlot(view.fields, name);
    if (slot !== undefined) return [compileFieldCheck(name, source as MatcherSource, path, slot, scope)];
    const known = [...Object.keys(view.fields), ...Object.keys(view.sections)];
    scope.unknown(`field of ${view.title}:`, name, known, path, 'key');
    return [];
  }
  if (Object.hasOwn(sectionPlanes, name)) {
    scope.needs(sectionPlanes[name as keyof typeof sectionPlanes], `an expectation about ${name}`, path);
  }
  const foreign = (field: string, place: Path): boolean =>
    name.startsWith('frame') && explainForeign(field, place, scope);
  if (section.kind === 'record') {
    const options = { prefix: `${name}.`, explain: foreign };
    return compileFieldMap(source as object, path, section.slots, scope, options);
  }
  if (section.kind === 'list' && section.entry.kind === 'record' && Object.hasOwn(sectionPlanes, name)) {
    const inner = (source as { readonly each: object }).each;
    const of = compileFieldMap(inner, [...path, 'each'], section.entry.slots, scope, { explain: foreign });
    return [{ path: name, matcher: { kind: 'each', of } }];
  }
  return [compileFieldCheck(name, source as MatcherSource, path, section, scope)];
}

/** A frame field that only one binding has is no unknown name, but asks for `bindings:`. */
export function explainForeign(name: string, path: Path, scope: CaseScope): boolean {
  const owners = bindingsWithFrameField(name).join(', ');
  if (owners === '') return false;
  scope.report(path, `${quote(name)} is a frame field of ${owners} only: the case needs bindings: [${owners}]`, 'key');
  return true;
}

/** Whether `save:` can find something at this path. */
export function checkSavedPath(text: string, path: Path, view: View, scope: CaseScope): void {
  const [head = '', ...rest] = text.split('.');
  const slot = ownSlot(view.fields, head) ?? ownSlot(view.sections, head);
  if (slot === undefined) {
    scope.unknown(`field of ${view.title}:`, head, [...Object.keys(view.fields), ...Object.keys(view.sections)], path);
    return;
  }
  checkBelow(text, rest, slot, path, scope);
}

/** What stands at a path of the view. */
export function slotAt(text: string, view: View): Slot | undefined {
  const [head = '', ...rest] = text.split('.');
  return slotBelow(ownSlot(view.fields, head) ?? ownSlot(view.sections, head), rest);
}

/** The view of what the device sends of its own as one command. */
export function ownMessagesView(
  about: { readonly set: CommandSet; readonly command: Command },
  scope: CaseScope,
): View {
  const { message, packet } = viewSections(about.set, scope.known.commands, scope.bindings);
  const slots = { ...requestSlots(about.set, about.command), ...(message && { message }), ...(packet && { packet }) };
  const messages: Slot = { kind: 'list', entry: { kind: 'record', slots } };
  return {
    fields: {},
    sections: { count: { kind: 'number' }, messages },
    title: `${about.command.name} of the device`,
  };
}
