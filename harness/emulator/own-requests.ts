import { MILLISECOND } from '../clock';
import type { CommandSets } from '../codec/command';
import { encodeRequest, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { BASELINE_TRANSMISSION_UNIT, messageTypes } from '../names';
import type { DeviceRequest, DeviceState, Outgoing, OwnRequest, PendingRequest, RequestRules } from './endpoint-types';

/** MT2, and MN1 with the first try (DSP0237, Table 9). */
export const standardRequests: RequestRules = {
  tries: 3,
  timeout: 300 * MILLISECOND,
  oneAtATime: true,
  retriesKeepInstanceId: true,
  newInstanceIds: true,
  checksCommand: true,
};

/** What a device that knows its bus owner wants to know of it (as mctpd does). */
export function questionsToOwner({ command }: DeviceRequest, { busOwner }: DeviceState): readonly OwnRequest[] {
  if (command.name !== 'setEndpointId' || busOwner === undefined) return [];
  const to = { fields: {}, destinationEid: busOwner.eid, address: busOwner.address };
  return [
    { ...to, command: 'getMessageTypeSupport', delayNs: 5 * MILLISECOND },
    { ...to, command: 'getEndpointUuid', delayNs: 10 * MILLISECOND },
  ];
}

const NEXT_TAG = 'own-request.tag';
const NEXT_INSTANCE = 'own-request.instance';

/** The next of `modulus` values under a name of the device's memory. */
function next(state: DeviceState, name: string, modulus: number): number {
  const value = state.memory.get(name) ?? 0;
  state.memory.set(name, (value + 1) % modulus);
  return value;
}

/** Queues a request; commands that no table has are not asked. */
export function originate(
  state: DeviceState,
  wanted: OwnRequest,
  commands: CommandSets,
  rules: RequestRules,
  now: number,
): void {
  const command = findCommand(commands, wanted.command);
  const set = command === undefined ? undefined : commands[command.set];
  if (command === undefined || set === undefined) return;
  const { destinationEid, address } = wanted;
  const awaited = command.answered !== false;
  const numbered = awaited && (rules.newInstanceIds ? next(state, NEXT_INSTANCE, 32) : 0);
  const request: PendingRequest = {
    body: encodeRequest(set, command, wanted.fields, numbered === false ? {} : { instanceId: numbered }),
    messageTag: next(state, NEXT_TAG, 8),
    destinationEid,
    address,
    at: now + wanted.delayNs,
    triesLeft: awaited ? (wanted.tries ?? rules.tries) : 1,
    awaited,
    asked: false,
    wanted,
  };
  state.pending = [...state.pending, request];
}

/** Those that nothing holds back. */
function ready({ pending }: DeviceState, rules: RequestRules): readonly PendingRequest[] {
  if (!rules.oneAtATime) return pending;
  const peer = ({ address, destinationEid }: PendingRequest): number => address * 256 + destinationEid;
  return pending.filter((request, index) => pending.findIndex((other) => peer(other) === peer(request)) === index);
}

/** When the first of them is due. */
export function nextDue(state: DeviceState, rules: RequestRules): number | undefined {
  if (!state.alive || state.pending.length === 0) return undefined;
  return Math.min(...ready(state, rules).map((request) => request.at));
}

/** What is due at `now`, to be sent; each waits for its response, and is forgotten after the last try. */
export function takeDue(state: DeviceState, rules: RequestRules, now: number): readonly Outgoing[] {
  const due = new Set(ready(state, rules).filter((request) => request.at <= now));
  const sent: PendingRequest[] = [];
  state.pending = state.pending.flatMap((request) => {
    if (!due.has(request)) return [request];
    if (request.triesLeft === 0) return [];
    const fresh = request.asked && !rules.retriesKeepInstanceId;
    const body = fresh ? withInstanceId(request.body, next(state, NEXT_INSTANCE, 32)) : request.body;
    const again = {
      ...request,
      body,
      at: now + (request.wanted.timeout ?? rules.timeout),
      triesLeft: request.triesLeft - 1,
      asked: true,
    };
    sent.push(again);
    return request.awaited ? [again] : [];
  });
  wake(state, now);
  return sent.map(({ body, destinationEid, address, messageTag }) => ({
    body,
    destinationEid,
    sourceEid: state.eid,
    tagOwner: 1,
    messageTag,
    address,
    delayNs: 0,
    unit: BASELINE_TRANSMISSION_UNIT,
  }));
}

/** Whoever waited for another request is due now at the earliest. */
function wake(state: DeviceState, now: number): void {
  state.pending = state.pending.map((request) => (request.at < now ? { ...request, at: now } : request));
}

function withInstanceId(body: Uint8Array, instanceId: number): Uint8Array {
  return body.map((octet, index) => (index === 1 ? (octet & 0xe0) | instanceId : octet));
}

/** The request of ours to which a message is the response: it is done then. */
export function settle(
  state: DeviceState,
  rules: RequestRules,
  header: FieldValues,
  packet: Packet,
): OwnRequest | undefined {
  if (packet.tagOwner !== 0 || header.request === 1) return undefined;
  const { messageTag } = packet;
  const asked = state.pending.find(
    (request) => request.asked && request.messageTag === messageTag && answers(header, request.body, rules),
  );
  if (asked === undefined) return undefined;
  state.pending = state.pending.filter((request) => request !== asked);
  wake(state, state.now);
  return asked.wanted;
}

/** Same type, instance id and, in control, command (DSP0236 11.5). */
function answers(header: FieldValues, request: Uint8Array, rules: RequestRules): boolean {
  const [type, flags = 0, command] = request;
  const sameCommand = type !== messageTypes.control || !rules.checksCommand || header.commandCode === command;
  return header.messageType === type && header.instanceId === (flags & 0x1f) && sameCommand;
}
