import { parseDuration } from '../clock';
import type { Command, CommandSet } from '../codec/command';
import { BASELINE_TRANSMISSION_UNIT } from '../names';
import type { MessageSpec, PacketsStep, Step, Template, TemplateMap } from './compiled';
import { compileExpectation, explainForeign, listenView, ownMessagesView, viewOf } from './expectations';
import { quote, suggestion } from './problem';
import type { CaseScope } from './scope';
import type { Slots } from './slots';
import { frameOverrideSlots, messageOverrideSlots, packetOverrideSlots, partOverrideSlots } from './slots';
import type { Path } from './source';
import type {
  ExpectationSource,
  ExploreSource,
  PacketsSource,
  RequestSource,
  SendSource,
  StepSource,
} from './suite-schema';
import { checkReference, compileOverride, compileValue, ownSlot } from './values';
import { compileFields, compileSaves, compileWalk } from './walks';

type Found = { readonly set: CommandSet; readonly command: Command };
type Overrides = { readonly [field: string]: unknown };

/** Undefined where the step's own command is unknown: nothing else of it can be checked then. */
export function compileStep(source: StepSource, path: Path, scope: CaseScope): Step | undefined {
  if ('request' in source) return compileExchange('request', source.request, source, path, scope);
  if ('send' in source) return compileExchange('send', source.send, source, path, scope);
  if ('packets' in source) return compilePackets(source, path, scope);
  if ('listen' in source) {
    scope.requirement(source.requirement, [...path, 'requirement']);
    scope.expectations += 1;
    const own = source.of === undefined ? undefined : scope.command(source.of, [...path, 'of'], true);
    const view = own === undefined ? listenView(scope) : ownMessagesView(own, scope);
    const expect = compileExpectation(source.expect, [...path, 'expect'], view, scope, source.requirement);
    const of = own === undefined ? {} : { of: own.command.name };
    const { until, keep } = source;
    if (until !== undefined && own === undefined)
      scope.report([...path, 'until'], '"until" counts messages of a command: "of" is missing', 'key');
    const atMost = source['at-most'];
    if (typeof atMost === 'string') checkReference(atMost, [...path, 'at-most'], scope);
    if (atMost !== undefined && until === undefined)
      scope.report([...path, 'at-most'], '"at-most" bounds the wait for "until", which is missing', 'key');
    const ends = {
      ...(until === undefined ? {} : { until }),
      ...(atMost === undefined ? {} : { atMost }),
      ...(keep === undefined ? {} : { keep }),
    };
    return { kind: 'listen', for: compileTime(source.listen, [...path, 'listen'], scope), ...of, ...ends, expect };
  }
  if ('explore' in source) return compileExplore(source, path, scope);
  if ('walk' in source) return compileWalk(source, path, scope, compileStep);
  return { kind: 'wait', for: compileTime(source.wait, [...path, 'wait'], scope) };
}

function compileExplore(source: ExploreSource, path: Path, scope: CaseScope): Step | undefined {
  scope.expectations += 1;
  scope.needs('packets', '"explore"', path);
  const found = scope.command(source.explore, [...path, 'explore']);
  if (found === undefined) return undefined;
  if (typeof source.budget === 'string') checkReference(source.budget, [...path, 'budget'], scope);
  return { kind: 'explore', command: found.command.name, budget: source.budget };
}

function compileTime(text: string, path: Path, scope: CaseScope): Template {
  if (text.startsWith('$')) {
    checkReference(text, path, scope);
    return text;
  }
  const time = parseDuration(text);
  if (time === undefined) scope.report(path, `expected a duration such as 100ms, found ${quote(text)}`);
  return time ?? 0;
}

function compileExchange(
  kind: 'request' | 'send',
  name: string,
  source: RequestSource | SendSource,
  path: Path,
  scope: CaseScope,
): Step | undefined {
  if (source.expect !== undefined) scope.expectations += 1;
  scope.requirement(source.requirement, [...path, 'requirement']);
  const found = scope.command(name, [...path, kind]);
  if (found === undefined) return undefined;
  const spec = compileMessage(found, source, path, scope);
  const view = viewOf(found, scope);
  const expectation: ExpectationSource = source.expect ?? 'anything';
  const expect = compileExpectation(expectation, [...path, 'expect'], view, scope, source.requirement);
  const save = compileSaves(source.save ?? {}, [...path, 'save'], view, scope);
  for (const saved of expectation === 'silence' ? Object.keys(save) : []) {
    scope.report([...path, 'save', saved], 'silence has nothing to save', 'key');
  }
  const refuse = 'refuse' in source ? source.refuse : undefined;
  const hook = 'hook' in source ? source.hook : undefined;
  return { kind, ...spec, expect, save, ...(hook && { hook }), ...(refuse === undefined ? {} : { refuse }) };
}

function compileMessage(
  found: Found,
  source: { readonly fields?: Overrides | undefined } & Partial<Record<'message' | 'packet' | 'frame', Overrides>>,
  path: Path,
  scope: CaseScope,
): MessageSpec {
  const { set, command } = found;
  return {
    command: command.name,
    fields: compileFields(source.fields ?? {}, [...path, 'fields'], found, scope),
    message: compileOverrides(source.message, [...path, 'message'], messageOverrideSlots(set), scope),
    packet: compilePacketOverrides(source.packet, [...path, 'packet'], packetOverrideSlots, scope),
    frame: compileFrameOverrides(source.frame, [...path, 'frame'], scope),
  };
}

function compileOverrides(
  source: Overrides | undefined,
  path: Path,
  slots: Slots,
  scope: CaseScope,
  explain?: (name: string, path: Path) => boolean,
): TemplateMap {
  const out: { [name: string]: Template } = {};
  for (const [name, value] of Object.entries(source ?? {})) {
    const place = [...path, name];
    const slot = ownSlot(slots, name);
    if (slot !== undefined) out[name] = compileOverride(value, place, slot, scope);
    else if (explain?.(name, place) !== true) scope.unknown('field', name, Object.keys(slots), place, 'key');
  }
  if (source !== undefined && Object.keys(source).length === 0) scope.report(path, 'this map is empty', 'key');
  return out;
}

function compilePacketOverrides(
  source: Overrides | undefined,
  path: Path,
  slots: Slots,
  scope: CaseScope,
): TemplateMap {
  if (source !== undefined) scope.needs('packets', '"packet"', path);
  return compileOverrides(source, path, slots, scope);
}

function compileFrameOverrides(source: Overrides | undefined, path: Path, scope: CaseScope): TemplateMap {
  if (source !== undefined) scope.needs('frames', '"frame"', path);
  return compileOverrides(source, path, frameOverrideSlots(scope.bindings), scope, (name, place) =>
    explainForeign(name, place, scope),
  );
}

const BODY_KEYS = ['padTo', 'truncateTo', 'append', 'body'] as const;

function compilePackets(source: PacketsSource, path: Path, scope: CaseScope): PacketsStep {
  scope.needs('packets', '"packets"', [...path, 'packets']);
  const messages: PacketsStep['messages'][number][] = [];
  const names = Object.keys(source.messages);
  for (const [name, message] of Object.entries(source.messages)) {
    const place = [...path, 'messages', name];
    scope.expectations += 1;
    scope.requirement(message.requirement, [...place, 'requirement']);
    if (!source.packets.some((packet) => packet.message === name)) {
      scope.report(place, `no packet of the message ${quote(name)} is sent`, 'key');
    }
    const found = scope.command(message.request, [...place, 'request']);
    if (found === undefined) continue;
    const spec = compileMessage(found, message, place, scope);
    const slots = messageOverrideSlots(found.set);
    const body: { [name: string]: Template } = {};
    for (const key of BODY_KEYS) {
      if (message[key] !== undefined) body[key] = compileValue(message[key], [...place, key], slots[key], scope);
    }
    const expect = compileExpectation(
      message.expect,
      [...place, 'expect'],
      viewOf(found, scope),
      scope,
      message.requirement,
    );
    const unit =
      message.unit === undefined
        ? (spec.packet.unit ?? BASELINE_TRANSMISSION_UNIT)
        : compileValue(message.unit, [...place, 'unit'], { kind: 'number' }, scope);
    messages.push({ ...spec, message: { ...spec.message, ...body }, name, unit, expect });
  }
  const packets = source.packets.map((packet, index) => {
    const place = [...path, 'packets', index];
    if (!names.includes(packet.message)) {
      const known = suggestion(packet.message, names);
      scope.report([...place, 'message'], `unknown message ${quote(packet.message)}${known}`);
    }
    return {
      message: packet.message,
      part: packet.part,
      ...(packet.after === undefined ? {} : { after: compileTime(packet.after, [...place, 'after'], scope) }),
      packet: compileOverrides(packet.packet, [...place, 'packet'], partOverrideSlots, scope),
      frame: compileFrameOverrides(packet.frame, [...place, 'frame'], scope),
    };
  });
  return { kind: 'packets', messages, packets };
}
