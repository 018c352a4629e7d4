import type { Binding, Effect, Plane } from '../names';
import { bindings as allBindings } from '../names';
import { checkClaimExpression } from '../profile/claim-check';
import { parseClaimExpression } from '../profile/claim-expression';
import type { CompiledCase, MessageSpec, Step, Template } from './compiled';
import { compileAnswers } from './own-answers';
import type { KnownNames } from './scope';
import { CaseScope, lookUpCommand } from './scope';
import type { Slot } from './slots';
import type { Path, SourceDocument } from './source';
import { compileStep } from './steps';
import type { CaseSource, LoopSource } from './suite-schema';
import { checkReference, compileValue } from './values';

const MAX_LOOP = 1024;
const MAX_COMBINATIONS = 4096;

/** The operation of Set Endpoint ID that leaves the EID alone. */
const SET_DISCOVERED_FLAG = 3;

/** Commands that move something by their nature: a case that sends one says so. */
const effectsOfCommands: { readonly [command: string]: Effect } = {
  setEndpointId: 'eid',
  'pldm/setTid': 'tid',
  'pldm/setEventReceiver': 'event-receiver',
};

export interface CompiledCaseResult {
  readonly case: CompiledCase;
  readonly scope: CaseScope;
}

export function compileCase(
  source: CaseSource,
  path: Path,
  document: SourceDocument,
  suite: { readonly id: string; readonly bindings: readonly Binding[] | undefined },
  known: KnownNames,
): CompiledCaseResult {
  const needs = needsOf(source.needs);
  const bindings = source.bindings ?? suite.bindings ?? allBindings;
  const scope = new CaseScope(document, known, { plane: needs.plane, bindings });
  const at = (...more: Path): Path => [...path, ...more];
  if (!new RegExp(`^${escapeForPattern(suite.id)}/[1-9][0-9]{0,4}$`).test(source.id)) {
    scope.report(at('id'), `a case of this suite is called ${suite.id}/N, with a number from 1 on`);
  }
  if (source.bindings !== undefined && suite.bindings !== undefined) {
    for (const [index, binding] of source.bindings.entries()) {
      if (!suite.bindings.includes(binding))
        scope.report(at('bindings', index), `the suite does not hold for ${binding}`);
    }
  }
  if (Array.isArray(source.needs)) checkNeeds(source.needs, at('needs'), scope);
  source.requirements.forEach((id, index) => {
    scope.requirement(id, at('requirements', index));
  });
  checkTwice(source.requirements, at('requirements'), scope);
  if (source.deviations !== undefined) {
    checkDeviations(source.deviations, at('deviations'), scope);
  } else if (known.requireDeviations) {
    scope.report(path, 'no deviation turns this case red: "deviations" is missing');
  }
  if (source.when !== undefined) checkWhen(source.when, at('when'), scope);
  for (const [name, value] of Object.entries(source.with ?? {})) scope.with.set(name, value);
  const loops = declareLoops(source['for-each'] ?? {}, at('for-each'), scope);
  const steps: Step[] = [];
  for (const [index, step] of source.steps.entries()) {
    const compiled = compileStep(step, at('steps', index), scope);
    if (compiled !== undefined) steps.push(compiled);
    checkEffects(compiled, source.effects ?? [], at('steps', index), scope);
    if (compiled?.kind === 'send' && compiled.refuse !== undefined && needs.refusal !== true) {
      scope.report(at('steps', index, 'refuse'), 'a case that refuses frames says needs: [frames, refusal]', 'key');
    }
  }
  if (scope.expectations === 0) scope.report(path, 'this case checks nothing: no step has "expect"');
  const compiled: CompiledCase = {
    id: source.id,
    suite: suite.id,
    title: source.title,
    source: { file: document.file, line: document.line([...path]) },
    requirements: source.requirements,
    needs,
    bindings,
    effects: source.effects ?? [],
    ...(source.hazard === undefined ? {} : { hazard: source.hazard }),
    ...(source['device-requests'] === undefined ? {} : { deviceRequests: source['device-requests'] }),
    ...(source.answers === undefined ? {} : { answers: compileAnswers(source.answers, at('answers'), scope) }),
    ...(source.when === undefined ? {} : { when: source.when }),
    loops: loops.map(({ name, values }) => ({ name, values: meant(name, values, scope) })),
    ...withOf(source.with, at('with'), scope),
    steps,
    deviations: source.deviations ?? [],
  };
  return { case: compiled, scope };
}

/** Values that a plan may replace: names of codes must be known at every place where they are used. */
function withOf(source: CaseSource['with'], path: Path, scope: CaseScope): Pick<CompiledCase, 'with' | 'withCodes'> {
  if (source === undefined) return {};
  const values: { [name: string]: Template } = {};
  for (const [name, value] of Object.entries(source)) {
    const codes = scope.withCodes.get(name);
    const slot: Slot | undefined = codes && { kind: 'number', codes };
    const listed: Slot | undefined = slot && Array.isArray(value) ? { kind: 'list', entry: slot } : slot;
    values[name] = compileValue(value, [...path, name], listed, scope);
  }
  const codes = Object.fromEntries(scope.withCodes);
  return { with: values, ...(scope.withCodes.size > 0 && { withCodes: codes }) };
}

/** What a case may need of a transport besides its plane. */
const abilities: readonly string[] = ['acknowledge', 'refusal'];

function needsOf(source: CaseSource['needs']): CompiledCase['needs'] {
  const words = typeof source === 'string' ? [source] : source;
  const plane = words.find((word): word is Plane => !abilities.includes(word));
  const acknowledge = words.includes('acknowledge');
  return { plane: plane ?? 'frames', acknowledge, ...(words.includes('refusal') && { refusal: true }) };
}

function checkNeeds(words: readonly string[], path: Path, scope: CaseScope): void {
  if (words.filter((word) => !abilities.includes(word)).length !== 1) {
    scope.report(path, 'expected one of messages, packets and frames, and acknowledge or refusal where it is needed');
  }
  if (words.includes('refusal') && scope.bindings.some((binding) => binding !== 'smbus')) {
    scope.report(path, 'only SMBus has an acknowledge to refuse: the case needs bindings: [smbus]');
  }
}

function checkDeviations(names: readonly string[], path: Path, scope: CaseScope): void {
  const known = scope.known.deviations;
  names.forEach((name, index) => {
    if (known !== undefined && !known.has(name)) scope.unknown('deviation', name, known, [...path, index]);
  });
  checkTwice(names, path, scope);
}

function checkTwice(names: readonly string[], path: Path, scope: CaseScope): void {
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index) scope.report([...path, index], `${name} is here twice`);
  });
}

function checkWhen(text: string, path: Path, scope: CaseScope): void {
  const parsed = parseClaimExpression(text);
  if (!parsed.ok) {
    scope.report(path, `not a claim expression: ${parsed.message} (at character ${parsed.at + 1})`);
    return;
  }
  for (const fault of checkClaimExpression(parsed.expression, scope.known.commands)) scope.report(path, fault);
}

interface DeclaredLoop {
  readonly name: string;
  readonly values: readonly Template[] | string;
}

const RESERVED = new Set(['parameters', 'claims', 'saved', 'with', 'answer', 'sent', 'octets', 'index']);

function declareLoops(
  source: { readonly [name: string]: LoopSource },
  path: Path,
  scope: CaseScope,
): readonly DeclaredLoop[] {
  const loops: DeclaredLoop[] = [];
  let combinations = 1;
  for (const [name, values] of Object.entries(source)) {
    const place = [...path, name];
    if (RESERVED.has(name) || !/^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(name)) {
      scope.report(place, 'a loop variable is a word, and not parameters, claims or saved', 'key');
    }
    const list = loopValues(values, place, scope);
    if (Array.isArray(list)) combinations *= list.length;
    loops.push({ name, values: list });
    const literals = Array.isArray(list) ? (list as readonly Template[]) : undefined;
    scope.loops.set(name, { name, path: place, literals, meaning: new Map() });
  }
  if (combinations > MAX_COMBINATIONS) scope.report(path, `more than ${MAX_COMBINATIONS} combinations`, 'key');
  return loops;
}

function loopValues(source: LoopSource, path: Path, scope: CaseScope): readonly Template[] | string {
  if (typeof source === 'string') {
    if (/^\$(claims|parameters)\./.test(source)) checkReference(source, path, scope);
    else scope.report(path, 'expected a list, { from, to }, $claims.x or $parameters.x');
    return source;
  }
  if (Array.isArray(source)) {
    if (source.length > MAX_LOOP) scope.report(path, `more than ${MAX_LOOP} values`);
    for (const [index, value] of source.entries()) {
      if (typeof value === 'string' && value.startsWith('$')) checkReference(value, [...path, index], scope);
      if (source.findIndex((other) => JSON.stringify(other) === JSON.stringify(value)) !== index) {
        scope.report([...path, index], 'this value is here twice');
      }
    }
    return source as readonly Template[];
  }
  const { from, to } = source as { readonly from: number; readonly to: number };
  if (to < from) scope.report(path, `from ${from} to ${to} is empty`);
  if (to - from >= MAX_LOOP) {
    scope.report(path, `more than ${MAX_LOOP} values`);
    return [];
  }
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

/** Loop values with code names as the numbers that they mean where the variable is used. */
function meant(name: string, values: readonly Template[] | string, scope: CaseScope): readonly Template[] | string {
  if (typeof values === 'string') return values;
  const meaning = scope.loops.get(name)?.meaning;
  return values.map((value) => (typeof value === 'string' ? (meaning?.get(value) ?? value) : value));
}

function checkEffects(step: Step | undefined, declared: readonly Effect[], path: Path, scope: CaseScope): void {
  if (step === undefined || step.kind === 'wait' || step.kind === 'listen' || step.kind === 'explore') return;
  if (step.kind === 'walk') {
    step.steps.forEach((inner, index) => {
      checkEffects(inner, declared, [...path, 'steps', index], scope);
    });
    return;
  }
  const hook = step.kind === 'request' ? step.hook : undefined;
  if ((hook === 'reset' || hook === 'ac-cycle') && !declared.includes('reset'))
    scope.report([...path, 'hook'], `${hook} resets the device: the case needs effects: [reset]`);
  for (const spec of step.kind === 'packets' ? step.messages : [step]) {
    const effect = effectOf(spec, scope);
    if (effect !== undefined && !declared.includes(effect)) {
      scope.report(path, `${spec.command} moves something: the case needs effects: [${effect}]`);
    }
  }
}

/** What a well-formed message moves. One with a wrong header or length is sent so that it moves nothing. */
function effectOf(spec: MessageSpec, scope: CaseScope): Effect | undefined {
  if (Object.keys(spec.message).length > 0) return undefined;
  if (spec.command === 'setEndpointId' && spec.fields.operation === SET_DISCOVERED_FLAG) return undefined;
  if (Object.hasOwn(effectsOfCommands, spec.command)) return effectsOfCommands[spec.command];
  return lookUpCommand(scope.known.commands, spec.command)?.command.effect;
}

function escapeForPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
