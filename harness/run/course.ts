import type { CommandSets } from '../codec/command';
import { findCommand } from '../codec/command';
import { messageTypes } from '../names';
import type { Coming, Course } from '../requester/look-ahead';
import type { Environment } from '../resolve';
import type { CompiledCase, ExchangeStep, Expectation, Step } from '../suite/compiled';
import { movesEid } from './moves';

type Loop = Environment['loop'];

/** Whether a stimulus may stay without an answer. */
export function maySilent(expect: Expectation): boolean {
  if (expect.kind === 'silence') return true;
  return expect.kind === 'one-of' && expect.branches.some((branch) => maySilent(branch.expect));
}

/** Whether an expectation counts the answers, so that all that come within the window matter. */
export function countsAnswers(expect: Expectation): boolean {
  if (expect.kind === 'fields') return expect.checks.some(({ path }) => /^(answers|others)(\.|$)/.test(path));
  return expect.kind === 'one-of' && expect.branches.some((branch) => countsAnswers(branch.expect));
}

/** Command sets whose answers have the head of their request but for its first bit. */
const PLAIN_TYPES: readonly number[] = [messageTypes.control, messageTypes.pldm];

const NOTHING = '{}';

/**
 * A well-formed request in its own right: nothing of it comes from an answer, its own answer is waited for once, and nothing
 * is moved by it.
 */
function isPlain(step: Step, sets: CommandSets): step is ExchangeStep {
  if (step.kind !== 'request' && step.kind !== 'send') return false;
  const { hook, refuse, expect, message, packet, frame, fields } = step;
  const changed = [message, packet, frame].some((map) => JSON.stringify(map) !== NOTHING);
  const special = changed || hook !== undefined || refuse !== undefined || movesEid(step);
  if (special || maySilent(expect) || countsAnswers(expect) || /"\$saved\./.test(JSON.stringify(fields))) return false;
  const set = findCommand(sets, step.command)?.set;
  const type = set === undefined ? undefined : sets[set]?.messageType;
  return type !== undefined && PLAIN_TYPES.includes(type) && sets[set ?? '']?.identity === undefined;
}

/**
 * What a case will send, as far as it does not depend on answers: from the step at `index` of the loop's turn `turn` on. A
 * case that has effects, or that asks the device to ask, is not looked ahead into.
 */
export function courseOf(
  kase: CompiledCase,
  turns: readonly Loop[],
  sets: CommandSets,
  environment: (loop: Loop) => Environment,
): ((turn: number, index: number) => Course) | undefined {
  const { steps } = kase;
  const quiet =
    kase.effects.length === 0 &&
    kase.hazard === undefined &&
    kase.deviceRequests === undefined &&
    kase.answers === undefined;
  if (!quiet || /"\$saved\./.test(JSON.stringify(kase.with ?? {}))) return undefined;
  const plain = steps.map((step) => isPlain(step, sets));
  const known = new Map<number, Coming>();
  const at = (place: number): Coming | undefined => {
    const index = place % steps.length;
    const step = steps[index];
    const loop = turns[(place - index) / steps.length];
    if (step === undefined || loop === undefined || plain[index] !== true) return undefined;
    const found = known.get(place) ?? { spec: step as ExchangeStep, env: environment(loop) };
    known.set(place, found);
    known.delete(place - 64);
    return found;
  };
  return (turn, index) => (distance) => at(turn * steps.length + index + distance);
}
