import { MILLISECOND } from '../clock';
import type { Packet } from '../codec/packet';
import { savedFrom } from '../judge/saved';
import { selectedOf, walkOf } from '../judge/walk';
import type { Binding, HookName } from '../names';
import type { RecordSink } from '../record/lines';
import type { Exchange, Observation, Silence } from '../record/observation';
import type { OutgoingPacket } from '../requester/link';
import type { Course, LookAhead } from '../requester/look-ahead';
import { ownAnswers } from '../requester/own-answers';
import type { Pending } from '../requester/pending';
import type { Stimulus } from '../requester/stimulus';
import { frameOverrides, hasTwin, heal, overridePacket } from '../requester/stimulus';
import type { Environment } from '../resolve';
import { combinations, mustResolve, NOWHERE, resolve, resolveNumber, withEid } from '../resolve';
import type {
  Claims,
  CompiledCase,
  ExchangeStep,
  ExploreStep,
  MessageSpec,
  PacketsStep,
  Parameters,
  Step,
  Template,
  TemplateMap,
} from '../suite/compiled';
import type { Hooks } from '../transport/transport';
import { countsAnswers, courseOf, maySilent } from './course';
import type { Device } from './device';
import { listenStep } from './listen-step';
import { movesEid } from './moves';
import type { Place } from './place';
import { entered, placeOf } from './place';
import { settingMovedBy } from './settings';
import type { WalkMemory } from './walk-memory';
import { walkStep } from './walk-step';

export interface CaseContext {
  readonly device: Device;
  readonly sink: RecordSink;
  readonly parameters: Parameters;
  readonly claims: Claims;
  readonly binding: Binding;
  /** From which generated stimuli are made. */
  readonly seed: number;
  readonly hooks: Hooks | undefined;
  readonly readyTime: number;
  readonly walks: WalkMemory;
  /** Told of an answer to a silent stimulus that comes after its case. */
  readonly onLate: (place: Place & { readonly message?: string }, pending: Pending) => void;
}

/** Drives one case and observes; judges nothing. */
export async function runCase(kase: CompiledCase, context: CaseContext): Promise<readonly Observation[]> {
  const { requester } = context.device;
  if (kase.steps.some(movesEid)) await introduce(context);
  if (kase.deviceRequests !== undefined) {
    await letAsk(context);
    requester.deviceRequests = kase.deviceRequests;
  }
  await requester.endArriving();
  requester.beginCase(kase.id);
  if (kase.answers !== undefined)
    requester.ownAnswers = ownAnswers(kase.answers, environment(kase, { step: 0, loop: {} }, {}, context));
  try {
    return await runSteps(kase, context);
  } finally {
    requester.ahead.end();
    requester.deviceRequests = 'answered';
    requester.ownAnswers = undefined;
    requester.link.transport.refuse?.(0);
  }
}

const introduced = new WeakSet<object>();

/**
 * Some devices take the first assignment for a notice of who their bus owner is and keep the EID that they have (stack traps
 * 20): before the first case that moves it they are assigned what they have already.
 */
async function introduce({ device: { requester } }: CaseContext): Promise<void> {
  if (introduced.has(requester) || requester.eid === 0) return;
  introduced.add(requester);
  const fields = { operation: 0, eid: requester.eid };
  const spec = { command: 'setEndpointId', fields, message: {}, packet: { destinationEid: 0 }, frame: {} };
  await requester.request(requester.build(spec, NOWHERE), 'discovery');
}

/** Windows of silence that are waited for at most. */
const WINDOWS = 10;

/** What the device still wants to know is told before it is left without answers. */
async function letAsk({ device: { requester } }: CaseContext): Promise<void> {
  const { link, settings } = requester;
  for (let window = 0; window < WINDOWS; window += 1) {
    requester.takeStrays();
    await link.until(link.now() + 2 * settings.responseTimeout, () => false);
    if (link.ended || requester.takeStrays().length === 0) return;
  }
}

type Saved = Environment['saved'];

async function runSteps(kase: CompiledCase, context: CaseContext): Promise<readonly Observation[]> {
  const observations: Observation[] = [];
  const { parameters, claims } = context;
  const turns = combinations(kase.loops, { parameters, claims, saved: {} });
  const { sets } = context.device.requester;
  const course = courseOf(kase, turns, sets, (loop) => environment(kase, { step: 0, loop }, {}, context));
  for (const [turn, loop] of turns.entries()) {
    const ahead = course === undefined ? undefined : (index: number) => course(turn, index);
    if (!(await runList(kase, kase.steps, { step: 0, loop }, {}, context, observations, ahead))) break;
  }
  return observations;
}

/** One list of steps, in `place` as far as that is known; false where nothing more can be done with the device. */
async function runList(
  kase: CompiledCase,
  steps: readonly Step[],
  around: Place,
  before: Saved,
  context: CaseContext,
  observations: Observation[],
  ahead?: (index: number) => Course,
): Promise<boolean> {
  const { device, binding } = context;
  let saved = before;
  for (const [index, step] of steps.entries()) {
    const place = placeOf(around, index + 1);
    const env = environment(kase, place, saved, context);
    const moved = settingMovedBy(step, env);
    if (moved !== undefined) await device.remember(moved);
    const observation = await runStep(kase, step, place, env, context, ahead?.(index));
    observations.push(observation);
    const own = observation.taken === undefined ? observation : { ...observation, exchanges: [] };
    context.sink.write({ type: 'observation', case: kase.id, observation: own });
    saved = { ...saved, ...savedFrom(step, observation, env, device.requester.sets, binding) };
    if (device.requester.link.ended) return false;
    if (observation.unformed !== undefined) break;
    // A dead device is not asked thirty times more: a long loop would wait for every one of its answers.
    if (unanswered(observation) && (await device.requester.probe(env)).response === undefined) return false;
    if (movesEid(step)) await device.follow();
    if (step.kind === 'walk') {
      const walk = walkOf(step, observation.exchanges, env, device.requester.sets, binding);
      const selected = step.steps.length === 0 ? [] : selectedOf(walk, step, env);
      for (const at of selected.keys()) {
        const inside = entered(place, step, selected, at);
        if (!(await runList(kase, step.steps, inside, saved, context, observations))) return false;
      }
    }
  }
  return true;
}

function environment(kase: CompiledCase, { loop, within }: Place, saved: Saved, context: CaseContext): Environment {
  const { claims, device } = context;
  const parameters = withEid(context.parameters, device.requester.eid);
  const base = { parameters, claims, saved, loop: { ...loop, ...within?.entries } };
  return kase.with === undefined ? base : { ...base, with: mustResolve(kase.with, base, kase.id) as Saved };
}

function unanswered({ exchanges }: Observation): boolean {
  return exchanges.some(
    ({ response, silence }) => (silence === undefined ? response : (silence.twin?.response ?? response)) === undefined,
  );
}

/** A reference of the stimulus to what no answer has given; the expectation is not looked at. */
function openSaved(step: Step, env: Environment): string | undefined {
  return savedIn(step).find((reference) => resolve(reference, env) === undefined);
}

const savedReferences = new WeakMap<Step, readonly string[]>();

function savedIn(step: Step): readonly string[] {
  const known = savedReferences.get(step);
  if (known !== undefined) return known;
  const specs = messagesOf(step);
  const parts = step.kind === 'packets' ? step.packets : [];
  const text = JSON.stringify([
    step.kind === 'walk' ? step.fields : {},
    specs.map(({ fields, message, packet, frame }) => [fields, message, packet, frame]),
    parts.map(({ packet, frame }) => [packet, frame]),
  ]);
  const found = [
    ...new Set([...text.matchAll(/"(\$(?!parameters\.|claims\.)[^"]+)"/g)].map((match) => match[1] ?? '')),
  ];
  savedReferences.set(step, found);
  return found;
}

function messagesOf(step: Step): readonly MessageSpec[] {
  if (step.kind === 'request' || step.kind === 'send') return [step];
  return step.kind === 'packets' ? step.messages : [];
}

async function runStep(
  kase: CompiledCase,
  step: Step,
  place: Place,
  env: Environment,
  context: CaseContext,
  course?: Course,
): Promise<Observation> {
  const { requester } = context.device;
  const { link } = requester;
  const eid = requester.eid;
  const prepared = requester.ahead.begin(course);
  const unformed = openSaved(step, env);
  if (unformed !== undefined) {
    return { ...place, eid, exchanges: [], unsolicited: requester.takeStrays(), unformed };
  }
  let exchanges: readonly Exchange[] = [];
  let taken: Observation['taken'];
  switch (step.kind) {
    case 'request':
    case 'send':
      exchanges = [await exchangeStep(step, place, env, context, prepared)];
      break;
    case 'packets':
      exchanges = await packetsStep(step, place, env, context);
      break;
    case 'explore':
      return exploreStep(kase, step, place, env, context);
    case 'walk':
      ({ exchanges, taken } = await walkStep(kase, step, place, env, context));
      break;
    case 'listen':
      await listenStep(step, env, requester, kase.id);
      break;
    case 'wait':
      await link.until(link.now() + resolveNumber(step.for, env, `${kase.id} wait`), () => false);
      break;
  }
  const disconnected = link.disconnected;
  const unsolicited = requester.takeStrays();
  const base = { ...place, eid, exchanges, ...(taken === undefined ? {} : { taken }), unsolicited };
  if (disconnected === undefined) return base;
  // What could not be sent any more was not refused by the transport: the device has gone.
  return { ...base, exchanges: exchanges.filter(({ sent }) => sent.delivery !== 'refused'), disconnected };
}

async function exploreStep(
  kase: CompiledCase,
  step: ExploreStep,
  place: Place,
  env: Environment,
  context: CaseContext,
): Promise<Observation> {
  const { requester } = context.device;
  const { eid, link } = requester;
  const { explore } = require('./explore') as typeof import('./explore');
  const budget = resolveNumber(step.budget, env, `${kase.id} explore`);
  const trials = await explore(requester, step.command, budget, context.seed, env);
  const base = { ...place, eid, exchanges: [], unsolicited: requester.takeStrays() };
  const found = { ...base, trials, seed: context.seed };
  return link.disconnected === undefined ? found : { ...found, disconnected: link.disconnected };
}

async function exchangeStep(
  step: ExchangeStep,
  place: Place,
  env: Environment,
  context: CaseContext,
  prepared: ReturnType<LookAhead['begin']>,
): Promise<Exchange> {
  const { requester } = context.device;
  if (step.hook !== undefined) return afterHook(step, step.hook, env, context);
  const stimulus = prepared?.stimulus ?? requester.build(step, env);
  if (step.refuse !== undefined) requester.link.transport.refuse?.(step.refuse === 'always' ? Infinity : step.refuse);
  if (!maySilent(step.expect)) {
    const collectAll = countsAnswers(step.expect);
    const exchange = await requester.request(stimulus, 'stimulus', { collectAll, foreseen: prepared?.foreseen });
    if (step.refuse !== undefined) requester.link.transport.refuse?.(0);
    return exchange;
  }
  const pending = await requester.transmit(stimulus, framed(stimulus), 'stimulus');
  if (pending.sent.delivery === 'refused') return requester.close(pending);
  if (step.refuse !== undefined) {
    await requester.awaitAll([pending], [], true);
    requester.link.transport.refuse?.(0);
  }
  const silence = await requester.proveSilence(pending, hasTwin(step) ? heal(step) : undefined, env);
  context.onLate(place, pending);
  return requester.close(pending, 1, silence);
}

/** Between two questions whether the device is there again. */
const ASK_AGAIN = 250 * MILLISECOND;

/**
 * Does to the device what the hook does, and asks until it answers or the time is over: `elapsed` counts from the end of the
 * hook. After a reset the device is asked by its physical address, for its EID may be gone.
 */
async function afterHook(
  step: ExchangeStep,
  hook: HookName,
  env: Environment,
  { device, hooks, readyTime }: CaseContext,
): Promise<Exchange> {
  const { requester } = device;
  const { link } = requester;
  const done = await hooks?.run(hook);
  if (done?.ok !== true) throw new Error(`the hook ${hook} failed: ${done?.detail ?? 'there is none'}`);
  if (movesEid(step)) requester.eid = 0;
  const from = link.now();
  for (;;) {
    const exchange = await requester.request(requester.build(step, env), 'stimulus');
    const { response } = exchange;
    if (response !== undefined) return { ...exchange, elapsed: Math.max(0, response.at - from) };
    if (link.ended || link.now() - from > readyTime) return exchange;
    await link.until(link.now() + ASK_AGAIN, () => false);
  }
}

function framed(stimulus: Stimulus): readonly OutgoingPacket[] {
  return stimulus.packets.map((packet) => ({ packet, frame: stimulus.frame }));
}

interface Part {
  readonly name: string;
  readonly outgoing: OutgoingPacket;
}

async function packetsStep(
  step: PacketsStep,
  place: Place,
  env: Environment,
  context: CaseContext,
): Promise<readonly Exchange[]> {
  const { requester } = context.device;
  const built = step.messages.map((message) => {
    const spec = { ...message, packet: { ...message.packet, unit: mustResolve(message.unit, env, 'unit') } };
    return { message, stimulus: requester.build(spec, env) };
  });
  const parts = step.packets.map((item): Part => {
    const owner = built.find(({ message }) => message.name === item.message);
    return { name: item.message, outgoing: part(owner?.stimulus, item, env) };
  });
  const pendings = built.map(({ message, stimulus }) => ({ message, stimulus, pending: requester.expect(stimulus) }));
  const sent = await requester.link.send(
    parts.map(({ outgoing }) => outgoing),
    'stimulus',
  );
  for (const { message, pending } of pendings) {
    const own = <T>(list: readonly T[]): readonly T[] => list.filter((_, index) => parts[index]?.name === message.name);
    Object.assign(pending.sent, { ...sent, packets: own(sent.packets), frames: own(sent.frames) });
  }
  const due = pendings.filter(({ message }) => !maySilent(message.expect)).map(({ pending }) => pending);
  await requester.awaitAll(
    pendings.map(({ pending }) => pending),
    due,
    step.messages.some(({ expect }) => countsAnswers(expect)),
  );
  const exchanges: Exchange[] = [];
  for (const { message, pending } of pendings) {
    let silence: Silence | undefined;
    if (maySilent(message.expect) && sent.delivery !== 'refused') {
      const twin = Object.hasOwn(message.message, 'messageType') ? undefined : healedMessage(message, env);
      silence = await requester.proveSilence(pending, twin, env);
      context.onLate({ ...place, message: message.name }, pending);
    }
    exchanges.push({ message: message.name, ...requester.close(pending, 1, silence) });
  }
  return exchanges;
}

/** The whole message in its natural order: its length stays, for that is what makes it several packets. */
function healedMessage(message: PacketsStep['messages'][number], env: Environment): PacketsStep['messages'][number] {
  const { padTo } = message.message;
  const kept: TemplateMap = padTo === undefined ? {} : { padTo };
  return { ...heal(message), message: kept, packet: { unit: mustResolve(message.unit, env, 'unit') } };
}

function part(stimulus: Stimulus | undefined, item: PacketsStep['packets'][number], env: Environment): OutgoingPacket {
  const count = stimulus?.packets.length ?? 0;
  const packet: Packet | undefined = stimulus?.packets[item.part - 1];
  if (stimulus === undefined || packet === undefined) {
    throw new RangeError(`${item.message} has ${count} parts, not ${item.part}`);
  }
  const overrides = mustResolve(item.packet, env, 'packet') as { readonly [name: string]: Template };
  return {
    packet: overridePacket(packet, overrides),
    frame: { ...stimulus.frame, ...frameOverrides(item.frame, env) },
    ...(item.after === undefined ? {} : { after: resolveNumber(item.after, env, 'after') }),
  };
}
