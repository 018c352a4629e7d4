import { formatDuration } from '../clock';
import type { CommandSets } from '../codec/command';
import { completionCodeName } from '../codec/command';
import type { Binding, CaseVerdict } from '../names';
import type { Check, UnitFacts } from '../record/lines';
import type { CaseObservations, Exchange, Observation, ReceivedMessage, Within } from '../record/observation';
import { stepOf, undeliveredOf } from '../record/observation';
import type { Environment } from '../resolve';
import { resolve, withEid } from '../resolve';
import type {
  Claims,
  CompiledCase,
  Expectation,
  ListenStep,
  Parameters,
  Requirements,
  Step,
  Template,
  WalkStep,
} from '../suite/compiled';
import { judgeTrials } from './exploration';
import type { Finding } from './finding';
import { isIdle, nothingShown } from './idle';
import { judgeListened } from './judge-listen';
import { judgeWalk } from './judge-walk';
import { listenView, ownMessages } from './listen';
import type { Naming } from './match';
import { match, show } from './match';
import { codesIn, namingOf } from './naming';
import { sameLoop, savedOf, unitFactsIn } from './saved';
import { caseVerdict, milder, severityOf } from './severity';
import { valueAt, viewOf } from './view';
import { walkOf } from './walk';

/** What judging needs besides case and observations; all of it stands in the record. */
export interface JudgeContext {
  readonly requirements: Requirements;
  readonly commands: CommandSets;
  readonly parameters: Parameters;
  readonly claims: Claims;
  readonly binding: Binding;
  readonly strict: boolean;
  /** Times of what was sent count from a queue before the wire, as behind a network interface. */
  readonly queued?: boolean;
}

export interface Judgement {
  readonly checks: readonly Check[];
  readonly verdict: CaseVerdict;
  readonly reason?: string;
  /** What the case has read of the unit. */
  readonly unit?: UnitFacts;
}

type Late = CaseObservations['late'][number];

/** Whether an answer that is missing may have come, and not to us. */
function mayBeLost({ sent, response, silence }: Exchange): boolean {
  const due = silence === undefined ? { sent, response } : silence.twin;
  return due?.sent.unheld === true && due.sent.delivery === 'sent' && due.response === undefined;
}

/** Pure (design law 4): the same observations always give the same checks. */
export function judgeCase(kase: CompiledCase, seen: CaseObservations, context: JudgeContext): Judgement {
  const undelivered = seen.observations
    .flatMap(({ exchanges, disconnected }) =>
      exchanges.flatMap((each) =>
        // A twin that could not be sent any more was not refused by the transport: the device has gone.
        each.silence?.twin === undefined || disconnected !== undefined ? [each] : [each, each.silence.twin],
      ),
    )
    .flatMap((each) => undeliveredOf(each) ?? []);
  if (undelivered[0] !== undefined)
    return { checks: [], verdict: 'error', reason: `a stimulus could not be sent: ${undelivered[0]}` };
  if (seen.life?.undelivered !== undefined) {
    const reason = `whether the device lives after it could not be asked: ${seen.life.undelivered}`;
    return { checks: [], verdict: 'error', reason };
  }
  if (seen.observations.some(({ exchanges }) => exchanges.some(mayBeLost))) {
    const why =
      'no answer came through a mux that other traffic may have switched to another channel: use all of it alone';
    return { checks: [], verdict: 'error', reason: why };
  }
  const environmentOf = (observation: Observation, known: Environment['saved']): Environment =>
    environment(kase, observation, known, context);
  const saved = savedOf(kase, seen.observations, context, environmentOf);
  const checks: Check[] = [];
  const heard: ReceivedMessage[] = [];
  for (const observation of seen.observations) {
    const step = stepOf(kase, observation);
    if (step === undefined) continue;
    if (observation.step === 1 && observation.within === undefined) heard.length = 0;
    heard.push(...observation.unsolicited);
    const late = seen.late.length === 0 ? seen.late : seen.late.filter((entry) => isOf(entry, observation));
    const env = environmentOf(observation, saved(observation));
    const scene: Scene = { kase, observation, late, env, context };
    if (observation.unformed !== undefined)
      checks.push(toCheck(scene, unformed(observation.unformed), requirementOf(step)));
    else if (step.kind === 'request' || step.kind === 'send') {
      const exchange = observation.exchanges[0];
      if (exchange !== undefined) checks.push(...judgeExchange(scene, exchange, step.expect, ''));
    } else if (step.kind === 'packets') {
      for (const message of step.messages) {
        const exchange = observation.exchanges.find((candidate) => candidate.message === message.name);
        if (exchange !== undefined) checks.push(...judgeExchange(scene, exchange, message.expect, `${message.name}.`));
      }
    } else if (step.kind === 'explore') {
      const finding = { path: 'sequences', ...judgeTrials(observation.trials ?? [], observation.seed) };
      checks.push(toCheck(scene, finding, undefined));
    } else if (step.kind === 'walk') checks.push(...judgeWalkStep(scene, step));
    else if (step.kind === 'listen')
      checks.push(...judgeListen(scene, step.keep === true ? [...heard] : heard.splice(0), step));
  }
  checks.push(...judgeLife(kase, seen, context));
  const idle = isIdle(kase, checks);
  const verdict = idle ? 'warn' : caseVerdict(checks);
  if (verdict === 'error') return { checks, verdict, reason: 'nothing was checked' };
  const reason = idle ? nothingShown(checks) : undefined;
  const last = seen.observations.at(-1);
  // A place after all others: what was saved up to there.
  const unit = last === undefined ? {} : unitFactsIn(saved({ ...last }));
  const facts = Object.keys(unit).length === 0 ? {} : { unit };
  return { checks, verdict, ...(reason === undefined ? {} : { reason }), ...facts };
}

/** What references stand for at an observation. */
function environment(
  kase: CompiledCase,
  { eid, loop, within }: Observation,
  saved: Environment['saved'],
  { parameters, claims }: JudgeContext,
): Environment {
  const base = { parameters: withEid(parameters, eid), claims, saved, loop: { ...loop, ...within?.entries } };
  return kase.with === undefined ? base : { ...base, with: resolve(kase.with, base) as Environment['saved'] };
}

/** Whether a late answer belongs to an observation's stimulus. */
function isOf({ step, loop, within }: Late, observation: Observation): boolean {
  if (step !== observation.step || !sameLoop(loop, observation.loop)) return false;
  const place = ({ steps, indexes }: Within): string => JSON.stringify([steps, indexes]);
  return (within && place(within)) === (observation.within && place(observation.within));
}

/** A walk that the run cut off is one that did not come to its end. */
function judgeWalkStep(scene: Scene, step: WalkStep): readonly Check[] {
  const { observation, env, context } = scene;
  const walk = walkOf(step, observation.exchanges, env, context.commands, context.binding);
  if (walk.request !== undefined) {
    walk.fault = { expected: 'an end', actual: `cut off after ${walk.answers.length} answers` };
  }
  const { layout } = walk;
  const naming: Naming = (path) => codesIn(layout, path.split('.'));
  return judgeWalk(walk, step, env, naming).map((finding) => toCheck(scene, finding, step.requirement));
}

/** A stimulus that needs what an earlier answer should have told (it did not) is a miss of the device's. */
function unformed(reference: string): Finding {
  const expected = `a value for ${reference}, from an earlier answer`;
  return { path: 'stimulus', ok: false, expected, actual: 'it did not come, so this step could not be formed' };
}

function requirementOf(step: Step): string | undefined {
  if (step.kind === 'request' || step.kind === 'send' || step.kind === 'listen') return step.expect.requirement;
  if (step.kind === 'walk') return step.requirement;
  return step.kind === 'packets' ? step.messages[0]?.expect.requirement : undefined;
}

interface Scene {
  readonly kase: CompiledCase;
  readonly observation: Observation;
  readonly late: readonly Late[];
  readonly env: Environment;
  readonly context: JudgeContext;
}

function judgeExchange(scene: Scene, exchange: Exchange, expect: Expectation, prefix: string): readonly Check[] {
  const late = scene.late.filter((entry) => entry.message === exchange.message);
  const findings = findingsOf(scene, exchange, late, expect);
  return findings.map((finding) => toCheck(scene, { ...finding, path: prefix + finding.path }, expect.requirement));
}

function findingsOf(scene: Scene, exchange: Exchange, late: readonly Late[], expect: Expectation): readonly Finding[] {
  switch (expect.kind) {
    case 'silence':
      return [silence(scene, exchange, late)];
    case 'anything':
      return [answered(scene, exchange)];
    case 'fields':
      return fields(scene, exchange, expect);
    case 'one-of':
      return oneOf(scene, exchange, late, expect);
  }
}

function answered(scene: Scene, exchange: Exchange): Finding {
  const { response } = exchange;
  if (response !== undefined) {
    return {
      path: 'response',
      ok: true,
      expected: 'an answer',
      actual: describe(scene, exchange),
      octets: response.body,
    };
  }
  const tries = exchange.attempts === 1 ? '' : ` after ${exchange.attempts} attempts`;
  const actual =
    exchange.sent.delivery === 'sent' ? `no answer${tries}` : `not delivered (${exchange.sent.delivery})${tries}`;
  return { path: 'response', ok: false, expected: 'an answer', actual };
}

function silence(scene: Scene, exchange: Exchange, late: readonly Late[]): Finding {
  const base = { path: 'silence', expected: 'no answer' };
  const { response, silence: proof } = exchange;
  if (response !== undefined)
    return { ...base, ok: false, actual: `answered: ${describe(scene, exchange)}`, octets: response.body };
  const late0 = late[0];
  if (late0 !== undefined) {
    const after = formatDuration(Math.max(0, late0.received.at - exchange.sent.at));
    return { ...base, ok: false, actual: `answered late, after ${after}`, octets: late0.received.body };
  }
  if (proof === undefined) return { ...base, ok: false, actual: 'silence that nothing proves' };
  const waited = formatDuration(proof.waited);
  if (proof.twin?.response === undefined) {
    const what = proof.by === 'twin' ? 'the same message without its fault' : 'a valid request afterwards';
    return {
      ...base,
      ok: false,
      actual: `silence, but ${what} was not answered either: the device proves nothing by it`,
    };
  }
  return {
    ...base,
    ok: true,
    actual: 'no answer',
    note: proof.by === 'twin' ? `by twin, after ${waited}` : `by window of ${waited}`,
  };
}

/** The message in a few words: command or completion code, and its size. */
function describe(scene: Scene, exchange: Exchange): string {
  const { response } = exchange;
  if (response === undefined) return 'nothing';
  const view = viewOf(exchange, response, scene.context.commands, scene.context.binding);
  const { decoded } = view;
  const size = `${response.body.length / 2} octets`;
  if (decoded?.completionCode === undefined) return size;
  return `${completionCodeName(decoded.set, view.command, decoded.completionCode)}, ${size}`;
}

const FROM_QUEUE = "the time counts from the interface's queue, which may wait for the bus: it fails nobody";

function fields(
  scene: Scene,
  exchange: Exchange,
  expect: Extract<Expectation, { kind: 'fields' }>,
): readonly Finding[] {
  const arrival = answered(scene, exchange);
  const { response } = exchange;
  if (response === undefined) return [arrival];
  const view = viewOf(exchange, response, scene.context.commands, scene.context.binding);
  const naming = namingOf(view);
  const env = { ...scene.env, view: view.values, answer: view.values };
  const judged = expect.checks.map((check): Finding => {
    const actual = valueAt(view.values, check.path);
    const result = match(check.matcher, actual, env, naming, check.path);
    const place = view.locate(check.path);
    const missing = actual === undefined && view.decoded?.problem !== undefined ? ` (${view.decoded.problem})` : '';
    const shown =
      check.path === 'elapsed' && typeof actual === 'number'
        ? formatDuration(actual)
        : (result.actual ?? show(actual, naming(check.path)));
    const late = check.path === 'elapsed' && !result.ok && scene.context.queued === true;
    return {
      path: check.path,
      ok: result.ok,
      expected: result.expected,
      actual: shown + missing,
      requirement: check.requirement,
      verdict: late ? 'warn' : result.verdict,
      note: late ? FROM_QUEUE : result.note,
      octets: place?.octets,
      highlight: place === undefined ? undefined : { offset: place.offset, length: place.length },
    };
  });
  return [arrival, ...judged];
}

function oneOf(
  scene: Scene,
  exchange: Exchange,
  late: readonly Late[],
  expect: Extract<Expectation, { kind: 'one-of' }>,
): readonly Finding[] {
  const tried = expect.branches.map((branch) => ({
    branch,
    findings: findingsOf(scene, exchange, late, branch.expect),
  }));
  const words = tried.map(({ branch, findings }) => {
    const what = findings.map((finding) =>
      finding.path === 'response' && findings.length > 1 ? '' : `${finding.path} ${finding.expected}`,
    );
    return what.filter((part) => part !== '').join(', ') + (branch.verdict === 'pass' ? '' : ` (${branch.verdict})`);
  });
  const expected = words.join('; or ');
  const hit = tried.find(({ findings }) => findings.every((finding) => finding.ok));
  const actual = exchange.response === undefined ? answered(scene, exchange).actual : describe(scene, exchange);
  const octets = exchange.response?.body;
  if (hit === undefined) {
    const unproven = tried
      .flatMap(({ findings }) => findings)
      .find((finding) => finding.path === 'silence' && exchange.response === undefined);
    return [{ path: 'one-of', ok: false, expected, actual: unproven?.actual ?? actual, octets }];
  }
  const { verdict, reason } = hit.branch;
  const note = reason ?? hit.findings[0]?.note;
  return [{ path: 'one-of', ok: verdict !== 'fail', expected, actual, verdict, note, octets }];
}

/** Over everything that the device sent of its own since the `listen` before, or since the case began. */
function judgeListen(scene: Scene, all: readonly ReceivedMessage[], { of, expect }: ListenStep): readonly Check[] {
  const { commands, binding } = scene.context;
  const own = of === undefined ? undefined : ownMessages(all, of, commands);
  const heard = own?.messages ?? all;
  const values = own?.values ?? listenView(heard, commands, binding);
  return judgeListened(heard, values, expect, scene.env).map((finding) => toCheck(scene, finding, expect.requirement));
}

function toCheck(scene: Scene, finding: Finding, stepRequirement: string | undefined): Check {
  const { kase, observation, context } = scene;
  const { step, within } = observation;
  const number = [step, ...(within?.steps ?? [])].join('.');
  const id = finding.requirement ?? stepRequirement ?? kase.requirements[0] ?? '';
  const requirement = Object.hasOwn(context.requirements, id) ? context.requirements[id] : undefined;
  const worst = severityOf(requirement, context.strict);
  const missed = finding.verdict === undefined ? worst.verdict : milder(finding.verdict, worst.verdict);
  const verdict = finding.ok ? (finding.verdict ?? 'pass') : missed;
  const notes = [finding.note, finding.ok ? undefined : worst.note].filter((note) => note !== undefined);
  return {
    id: `${kase.id}#${number}.${finding.path}${loopSuffix(observation.loop, within?.label)}`,
    requirement: id,
    level: requirement?.level ?? 'mandatory',
    verdict,
    expected: finding.expected,
    actual: finding.actual,
    step: observation.step,
    ...(finding.octets === undefined ? {} : { octets: finding.octets }),
    ...(finding.highlight === undefined || finding.highlight.length === 0 ? {} : { highlight: finding.highlight }),
    ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
  };
}

function loopSuffix(loop: Observation['loop'], entry: string | undefined): string {
  const loops = Object.entries(loop).map(([name, value]) => `${name}=${plain(value)}`);
  const parts = entry === undefined ? loops : [...loops, entry];
  return parts.length === 0 ? '' : `[${parts.join(',')}]`;
}

function plain(value: Template): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A stimulus that kills the device is a failure of the case, whatever its level. */
function judgeLife(kase: CompiledCase, seen: CaseObservations, context: JudgeContext): readonly Check[] {
  const { life } = seen;
  if (life === undefined || (life.alive && life.recovered === undefined)) return [];
  const id = kase.requirements[0] ?? '';
  const actual = life.recovered ?? 'no answer any more, and it did not come back';
  const level = context.requirements[id]?.level ?? 'mandatory';
  return [
    {
      id: `${kase.id}#life`,
      requirement: id,
      level,
      verdict: 'fail',
      expected: 'the device answers after the case',
      actual,
      step: kase.steps.length,
    },
  ];
}
