import { BASELINE_TRANSMISSION_UNIT } from '../names';
import { concat } from './octets';
import type { Packet } from './packet';

/** Why a packet was not used (DSP0236 8.7 to 8.10). */
export type DropReason =
  | 'header-version'
  | 'oversize'
  | 'unexpected-middle'
  | 'unexpected-end'
  | 'out-of-sequence'
  | 'duplicate-start'
  | 'empty-start'
  | 'no-room'
  | 'too-long';

/** What one packet did. `discarded` names the assembly that it ended, if it ended one. */
export type AssemblyOutcome =
  | {
      readonly kind: 'message';
      readonly body: Uint8Array;
      readonly packets: readonly Packet[];
      readonly discarded: boolean;
    }
  | { readonly kind: 'partial'; readonly discarded: boolean }
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly discarded: boolean };

/** The receiver's choices. The defaults are DSP0236's; others exist so that a faulty receiver can be described. */
export interface AssemblyRules {
  /** The message terminus (8.6): source EID, TO and tag. */
  readonly key: (packet: Packet) => string;
  readonly acceptsVersion: (version: number) => boolean;
  /** Largest payload that is accepted. */
  readonly unit: number;
  /** Out of sequence ends the assembly (8.9), drops the packet only, or is not noticed. */
  readonly sequence: 'ends-assembly' | 'drops-packet' | 'ignored';
  /** A new start replaces the assembly (8.9), or both are dropped. */
  readonly newStart: 'replaces' | 'drops-both' | 'drops-new';
  /** A single-packet message ends the assembly of its terminus (8.9). */
  readonly singleEndsAssembly: boolean;
  /** Middle and end packets without a start are dropped (8.7), or taken for a start. */
  readonly orphans: 'dropped' | 'taken-for-start';
  /** Assemblies that may be in progress at once. */
  readonly slots: number;
  /** What a start finds when all slots are taken: it is dropped (the default), or the oldest assembly makes room. */
  readonly whenFull?: 'drops-new' | 'drops-oldest';
  /** Packets of the longest message; one more ends the assembly. */
  readonly longest?: number;
}

/** 256 KiB in packets of the baseline unit: beyond that a device never stops, and memory must not follow it. */
const LONGEST = 4096;

export const standardAssembly: AssemblyRules = {
  key: (packet) => `${packet.sourceEid}/${packet.tagOwner}/${packet.messageTag}`,
  acceptsVersion: (version) => version === 1,
  unit: BASELINE_TRANSMISSION_UNIT,
  sequence: 'ends-assembly',
  newStart: 'replaces',
  singleEndsAssembly: true,
  orphans: 'dropped',
  slots: 16,
};

/** Assemblies in progress, by terminus. Plain data: the caller owns it. */
export type Assemblies = Map<string, { readonly packets: Packet[] }>;

export function assemble(state: Assemblies, packet: Packet, rules: AssemblyRules = standardAssembly): AssemblyOutcome {
  const dropped = (reason: DropReason, discarded = false): AssemblyOutcome => ({ kind: 'dropped', reason, discarded });
  if (!rules.acceptsVersion(packet.headerVersion)) return dropped('header-version');
  if (packet.payload.length > rules.unit) return dropped('oversize');
  const key = rules.key(packet);
  const open = state.get(key);
  if (packet.som) return start(state, key, packet, rules);
  if (open === undefined) {
    if (rules.orphans === 'taken-for-start') return start(state, key, packet, rules);
    return dropped(packet.eom ? 'unexpected-end' : 'unexpected-middle');
  }
  const previous = open.packets.at(-1);
  const expected = ((previous?.packetSequence ?? 0) + 1) % 4;
  if (packet.packetSequence !== expected && rules.sequence !== 'ignored') {
    if (rules.sequence === 'ends-assembly') state.delete(key);
    return dropped('out-of-sequence', rules.sequence === 'ends-assembly');
  }
  open.packets.push(packet);
  if (open.packets.length > (rules.longest ?? LONGEST)) {
    state.delete(key);
    return dropped('too-long', true);
  }
  if (!packet.eom) return { kind: 'partial', discarded: false };
  state.delete(key);
  return message(open.packets, false);
}

function start(state: Assemblies, key: string, packet: Packet, rules: AssemblyRules): AssemblyOutcome {
  const busy = state.has(key);
  if (packet.payload.length === 0) return { kind: 'dropped', reason: 'empty-start', discarded: false };
  if (packet.eom) {
    const discarded = busy && rules.singleEndsAssembly && state.delete(key);
    return message([packet], discarded);
  }
  if (busy && rules.newStart !== 'replaces') {
    if (rules.newStart === 'drops-both') state.delete(key);
    return { kind: 'dropped', reason: 'duplicate-start', discarded: rules.newStart === 'drops-both' };
  }
  if (!busy && state.size >= rules.slots) {
    const [oldest] = state.keys();
    if (rules.whenFull !== 'drops-oldest' || oldest === undefined) {
      return { kind: 'dropped', reason: 'no-room', discarded: false };
    }
    state.delete(oldest);
  }
  state.delete(key);
  state.set(key, { packets: [packet] });
  return { kind: 'partial', discarded: busy };
}

function message(packets: readonly Packet[], discarded: boolean): AssemblyOutcome {
  return { kind: 'message', body: concat(...packets.map((packet) => packet.payload)), packets, discarded };
}
