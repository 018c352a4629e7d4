import type { CommandSet } from '../codec/command';
import { decodeBody } from '../codec/command';
import type { ReceivedMessage, SentMessage } from '../record/observation';
import type { Gathered } from './gather';
import type { Key, Marks } from './matching';
import { GOOD, score } from './matching';

interface PendingAnswer {
  readonly message: ReceivedMessage;
  readonly score: number;
  /** It asks for time only. */
  readonly interim: boolean;
}

/** A stimulus whose answers are collected, also for a while after its step has ended. */
export interface Pending {
  readonly key: Key;
  readonly sent: SentMessage;
  readonly answers: PendingAnswer[];
  /** Requests with the very marks of the stimulus: the device's own, or answers that look like them where none else comes. */
  readonly doubtful: Gathered[];
  /** Set once its step has ended; what comes then is late. */
  closed: boolean;
  /** Told of an answer that comes after the step has ended. */
  late: ((message: ReceivedMessage) => void) | undefined;
  readonly expires: number;
  readonly set: CommandSet;
  /** Until when the device has asked to be waited for; 0: it has not. */
  extended: number;
}

/** Octets of PLDM's header and a code; control has one less. */
const SHORTEST_REFUSAL = 5;

/** Whether an answer may still come that would be late: nothing has answered this stimulus yet. */
export function isHeld(pending: Pending): boolean {
  return pending.answers.length === 0;
}

/** Of stimuli that fit alike one without an answer, and of those the youngest: a doubtful answer is the twin's. */
export function best(
  candidates: readonly Pending[],
  marks: Marks,
): { readonly pending: Pending | undefined; readonly fit: number } {
  let found: Pending | undefined;
  let fit = 0;
  for (const pending of candidates) {
    const value = score(pending.key, marks);
    if (value === 0 || value < fit) continue;
    if (value === fit && pending.answers.length > 0 && found?.answers.length === 0) continue;
    fit = value;
    found = pending;
  }
  return { pending: found, fit };
}

export function isUnanswered(pending: Pending): boolean {
  return pending.answers.length === 0 && pending.doubtful.length === 0;
}

export function hasGood(pending: Pending): boolean {
  return pending.answers.some((answer) => answer.score >= GOOD && !answer.interim);
}

/** A final answer is worth more than any that asks for time. */
export function worth({ score: fit, interim }: PendingAnswer): number {
  return interim ? fit - 2 * GOOD : fit;
}

/** Whether it has been told only that the device is not ready, which says no time: it is asked again after the usual one. */
export function isPutOff({ answers, extended }: Pending): boolean {
  return extended === 0 && answers.length > 0 && answers.every(({ interim }) => interim);
}

/** ERROR_NOT_READY (DSP0236, Table 13; DSP0240, Table 5): a refusal for now, and nothing after its code. */
export function isNotReady(set: CommandSet, body: Uint8Array): boolean {
  const code = set.completionCodes.ERROR_NOT_READY;
  if (code === undefined || body.at(-1) !== code || body.length > SHORTEST_REFUSAL) return false;
  return decodeBody(set, body, 'response').completionCode === code;
}

/** How long the device asks to be waited for; undefined where it does not. */
export function timeAsked(set: CommandSet, body: Uint8Array): number | undefined {
  const rule = set.answers?.interim;
  if (rule === undefined) return undefined;
  const { completionCode, fields } = decodeBody(set, body, 'response');
  return completionCode === rule.code ? Number(fields[rule.wait] ?? 0) * rule.unit : undefined;
}
