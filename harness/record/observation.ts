import type { Answer, Arrival } from '../explore/receive-model';
import type { CompiledCase, Step, Template } from '../suite/compiled';
import type { Delivery } from '../transport/transport';

/** Octets are lower-case hex, times nanoseconds on the transport's clock. All of it is JSON. */

/** A message as we sent it. */
export interface SentMessage {
  readonly at: number;
  readonly body: string;
  /** MCTP packets from the header version on. */
  readonly packets: readonly string[];
  /** Frames as on the wire; empty where the transport has no such plane. */
  readonly frames: readonly string[];
  readonly command?: string;
  readonly messageType: number;
  readonly instanceId?: number;
  readonly tagOwner: number;
  readonly messageTag: number;
  readonly sourceEid: number;
  readonly destinationEid: number;
  readonly delivery: Delivery;
  /** The way led through a mux that nothing kept on this channel: an answer may have been lost there. */
  readonly unheld?: true;
  readonly detail?: string;
}

/** A message as it came: with everything that was tolerated to understand it. */
export interface ReceivedMessage {
  /** Start of the first packet's arrival. */
  readonly at: number;
  readonly body: string;
  readonly packets: readonly string[];
  readonly frames: readonly string[];
}

/** How the absence of an answer was shown. */
export interface Silence {
  readonly by: 'twin' | 'window';
  /** Time waited after the stimulus. */
  readonly waited: number;
  /** The same stimulus healed; `response` is what it got, missing where it got nothing. */
  readonly twin?: { readonly sent: SentMessage; readonly response?: ReceivedMessage };
}

/** One stimulus and what came of it. */
export interface Exchange {
  /** The name of the message in a `packets` step. */
  readonly message?: string;
  readonly sent: SentMessage;
  readonly attempts: number;
  readonly response?: ReceivedMessage;
  /** Further answers to the same stimulus. */
  readonly also: readonly ReceivedMessage[];
  /** End of transmission to start of answer. */
  readonly elapsed?: number;
  readonly silence?: Silence;
}

/** One generated packet sequence and the answers that it got (an `explore` step). */
export interface Trial {
  readonly arrivals: readonly Arrival[];
  readonly came: readonly Answer[];
  /** MCTP packets as sent, from the header version on. */
  readonly packets: readonly string[];
  /** Whether the device answered a plain request afterwards. */
  readonly alive: boolean;
}

/** A step within a walk: `step` is the walk's. */
export interface Within {
  /** Numbers of the step below the walk, from 1; one for each walk around it. */
  readonly steps: readonly number[];
  /** Which of the selected entries, from 0. */
  readonly indexes: readonly number[];
  readonly entries: { readonly [name: string]: Template };
  /** For people: `sensorId=3`. */
  readonly label: string;
}

export interface Observation {
  /** Number of the step, from 1. */
  readonly step: number;
  readonly loop: { readonly [name: string]: Template };
  /** The device's EID when the step began: `$parameters.eid`. */
  readonly eid: number;
  readonly exchanges: readonly Exchange[];
  /** Of a walk that an earlier case had made already: in the record its exchanges stand with that one alone. */
  readonly taken?: { readonly case: string; readonly step: number };
  /** Of an `explore` step: what was tried, and the seed that makes it again. */
  readonly trials?: readonly Trial[];
  readonly seed?: number;
  /** Of a step within a walk. */
  readonly within?: Within;
  /** The reference without which the step's stimulus could not be formed: what it saves never came. */
  readonly unformed?: string;
  /** What came unasked during this step, or between it and the one before. */
  readonly unsolicited: readonly ReceivedMessage[];
  /** The way to the device ended during this step. */
  readonly disconnected?: string;
}

/** Whether the device lives after a case, where that was asked. */
export interface LifeProbe {
  readonly alive: boolean;
  readonly recovered?: string;
  /** Why no question whether it lives got onto the wires: nothing is known of the device then. */
  readonly undelivered?: string;
}

/** Why a stimulus is not known to have reached the wires, which is never the device's doing; undefined: it went, or was not acknowledged. */
export function undeliveredOf({ sent, response }: Pick<Exchange, 'sent' | 'response'>): string | undefined {
  const { delivery, detail } = sent;
  const kept = delivery === 'refused' || (delivery === 'arbitration-lost' && response === undefined);
  return kept
    ? (detail ?? (delivery === 'refused' ? 'the transport refused it' : 'another controller won the bus'))
    : undefined;
}

/** All that judging a case needs besides the case itself. */
export interface CaseObservations {
  readonly observations: readonly Observation[];
  readonly life?: LifeProbe;
  /** Frames that came after the case had ended and fit one of its silent stimuli. */
  readonly late: readonly {
    readonly step: number;
    readonly loop: Observation['loop'];
    readonly within?: Within;
    readonly message?: string;
    readonly received: ReceivedMessage;
  }[];
}

/** The step that an observation is of. */
export function stepOf(kase: CompiledCase, { step, within }: Pick<Observation, 'step' | 'within'>): Step | undefined {
  let found = kase.steps[step - 1];
  for (const number of within?.steps ?? []) found = found?.kind === 'walk' ? found.steps[number - 1] : undefined;
  return found;
}
