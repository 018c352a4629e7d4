import type { Clock } from '../clock';
import { printable } from './child';
import { PROTOCOL_VERSION, type RelayFailure, type RelayGoodbye, type RelayHello, type Rx } from './relay-protocol';

export interface SessionOptions {
  /** Run by `/bin/sh -c`. */
  readonly command: string;
  /** Each line of its standard error, and what the relay reports besides, made printable. */
  readonly onLog?: (line: string) => void;
  readonly clock?: Clock;
  /** Silence after which either end gives the other up, in nanoseconds. */
  readonly keepalive?: number;
  /** How long the relay may take to greet: a login over a slow network is part of it. */
  readonly helloPatience?: number;
}

/** Told of what the relay says of its own. */
export interface SessionListener {
  rx(rx: Rx): void;
  failure(failure: RelayFailure): void;
  /** Octets that are no message. */
  garbage(octets: Uint8Array, detail: string): void;
  /** Once, and nothing follows. */
  ended(detail: string): void;
}

export type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;

/** What is answered; a string says why it never will be. */
export type Answer<T> = T | string;

/** The version that both speak is ours; a sentence where there is none. */
export function versionProblem({ lowestVersion, highestVersion, program }: RelayHello): string | undefined {
  if (lowestVersion <= PROTOCOL_VERSION && highestVersion >= PROTOCOL_VERSION) return undefined;
  const theirs = lowestVersion === highestVersion ? `${lowestVersion}` : `${lowestVersion} to ${highestVersion}`;
  const older = highestVersion < PROTOCOL_VERSION ? 'the relay' : 'mctp-certify';
  return `${printable(program)} speaks the relay protocol in version ${theirs}, this is ${PROTOCOL_VERSION}: update ${older}`;
}

export function farewellText({ reason, failed, text }: RelayGoodbye, fatal: RelayFailure | undefined): string {
  const lost = failed === 0 ? '' : `; ${failed} of what was moved could not be restored`;
  if (fatal !== undefined) return `${printable(fatal.text)}${lost}`;
  return `the relay said goodbye (${reason}): ${printable(text)}${lost}`;
}
