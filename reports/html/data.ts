import type { CommandSets } from '../../harness/codec/command';
import type { Binding, CaseVerdict, Confidence, Level, Plane } from '../../harness/names';
import type { Purpose } from '../../harness/record/lines';
import type { CheckResult } from '../../harness/record/result-schema';

/**
 * What the report's file carries of each case, one line of JSON each, and what all cases share. The browser makes a
 * case's details of it when the case is opened; `html.ts` does the same beforehand for those that are red.
 */
export interface Shared {
  readonly binding: Binding;
  readonly commands: CommandSets;
  readonly requirements: { readonly [id: string]: Clause };
}

/** A requirement as far as the report quotes it. */
export interface Clause {
  readonly document: string;
  readonly version: string;
  readonly clause: string;
  readonly level: Level;
  readonly confidence: Confidence;
  readonly statement: string;
}

export interface CaseData {
  readonly id: string;
  readonly verdict: CaseVerdict;
  readonly requirements: readonly string[];
  readonly checks: readonly CheckData[];
  readonly groups: readonly GroupData[];
  /** Which packets of `traffic.pcapng` are the case's own; empty where there are none. */
  readonly range: string;
  readonly counters?: string;
}

/** A check without what the transfers hold already; `id` without the case. */
export interface CheckData extends Omit<CheckResult, 'octets' | 'highlight'> {
  /** Where its octets lie: the transfer of `group`, first octet and number; then the deciding ones among these. */
  readonly place?: { readonly transfer: number; readonly offset: number; readonly length: number };
  /** Octets that lie in no transfer of the group. */
  readonly octets?: string;
  readonly highlight?: { readonly offset: number; readonly length: number };
  readonly group?: number;
  readonly exchange?: number;
}

/** One step, with one set of loop values, and the transfers until the next one. */
export interface GroupData {
  /** 0 for what came after the last step: life probes, restoring. */
  readonly step: number;
  /** Of a step within a walk, whose number `step` is: its own, `1` or `1.2`. */
  readonly inner?: string;
  /** Loop values, and the entries of walks. */
  readonly loop: string;
  readonly exchanges: readonly ExchangeData[];
  readonly transfers: readonly TransferData[];
  /** Transfers that were left out. */
  readonly more?: number;
  readonly note?: string;
}

/** Numbers are places in the group's `transfers`. */
export interface ExchangeData {
  readonly name?: string;
  /** What the step makes wrong on purpose, or sets: `frame pec xor 0x01`. */
  readonly overrides: readonly Override[];
  readonly sent: readonly number[];
  readonly answer: readonly number[];
  readonly attempts: number;
  /** Nanoseconds. */
  readonly elapsed?: number;
  readonly silence?: { readonly by: 'twin' | 'window'; readonly waited: number; readonly answered: boolean };
}

export interface Override {
  readonly layer: 'message' | 'packet' | 'frame';
  readonly field: string;
  readonly change: string;
  /** Of one packet only: its place among those sent. */
  readonly packet?: number;
}

export interface TransferData {
  /** Nanoseconds since the case began. */
  readonly at: number;
  readonly direction: 'tx' | 'rx';
  readonly purpose: Purpose;
  readonly plane: Plane;
  readonly octets: string;
  /** As hex, or as `[first octet, number]` where the octets hold it unchanged. */
  readonly packets: readonly (string | readonly [offset: number, length: number])[];
  readonly note?: string;
}

/** Octets of a packet of a transfer, as hex. */
export function packetHex(transfer: TransferData, packet: TransferData['packets'][number]): string {
  return typeof packet === 'string' ? packet : transfer.octets.slice(packet[0] * 2, (packet[0] + packet[1]) * 2);
}
