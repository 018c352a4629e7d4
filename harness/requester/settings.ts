import { MILLISECOND } from '../clock';

/** Times in nanoseconds; EIDs as they are now. */
export interface RequesterSettings {
  readonly ownEid: number;
  readonly unit: number;
  readonly responseTimeout: number;
  readonly silenceWindow: number;
  readonly instanceIdExpiry: number;
  readonly requestRetries: number;
  /** Whether we answer what the device asks of its bus owner. */
  readonly answersAsOwner: boolean;
  /** Waits every window, also where the twin has answered. */
  readonly thorough: boolean;
}

/** A device that asks for time again and again is not waited for for ever. */
export const MOST_EXTENSIONS = 4;

/** Longer than any pause between two packets of one message. */
export const PACKET_PAUSE = 100 * MILLISECOND;
