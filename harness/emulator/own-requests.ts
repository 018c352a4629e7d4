import { MILLISECOND } from '../clock';
import type { CommandSets } from '../codec/command';
import { encodeRequest, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import type { Packet } from '../codec/packet';
import { BASELINE_TRANSMISSION_UNIT, messageTypes } from '../names';
import type { DeviceState, Outgoing, OwnRequest, PendingRequest } from './endpoint-types';

/** MT2 and MN1 plus the first try (DSP0237, Tables 6 and 9). */
const RESPONSE_TIMEOUT = 300 * MILLISECOND;
const TRIES = 3;
const NEXT_TAG = 'own-request.tag';
const NEXT_INSTANCE = 'own-request.instance';

/** The next of `modulus` values under a name of the device's memory. */
function next(state: DeviceState, name: string, modulus: number): number {
  const value = state.memory.get(name) ?? 0;
  state.memory.set(name, (value + 1) % modulus);
  return value;
}

/** Queues a request; commands that no table has are not asked. */
export function originate(state: DeviceState, wanted: OwnRequest, commands: CommandSets, now: number): void {
  const command = findCommand(commands, wanted.command);
  const set = command === undefined ? undefined : commands[command.set];
  if (command === undefined || set === undefined) return;
  const { destinationEid, address } = wanted;
  const body = encodeRequest(set, command, wanted.fields, { instanceId: next(state, NEXT_INSTANCE, 32) });
  const request: PendingRequest = {
    body,
    messageTag: next(state, NEXT_TAG, 8),
    destinationEid,
    address,
    at: now + wanted.delayNs,
    triesLeft: TRIES,
  };
  state.pending = [...state.pending, request];
}

/** When the first of them is due. */
export function nextDue(state: DeviceState): number | undefined {
  if (!state.alive || state.pending.length === 0) return undefined;
  return Math.min(...state.pending.map((request) => request.at));
}

/** What is due at `now`, to be sent; each waits for its response, and is forgotten after the last try. */
export function takeDue(state: DeviceState, now: number): readonly Outgoing[] {
  const due = state.pending.filter((request) => request.at <= now);
  state.pending = state.pending.flatMap((request) => {
    if (request.at > now) return [request];
    return request.triesLeft > 0 ? [{ ...request, at: now + RESPONSE_TIMEOUT, triesLeft: request.triesLeft - 1 }] : [];
  });
  return due
    .filter((request) => request.triesLeft > 0)
    .map(({ body, destinationEid, address, messageTag }) => ({
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

/** Whether a message is the response to a request of ours, which is then done. */
export function settle(state: DeviceState, header: FieldValues, packet: Packet): boolean {
  if (packet.tagOwner !== 0 || header.request === 1) return false;
  const { messageTag } = packet;
  const asked = state.pending.find((request) => request.messageTag === messageTag && answers(header, request.body));
  if (asked === undefined) return false;
  state.pending = state.pending.filter((request) => request !== asked);
  return true;
}

/** Same type, instance id and, in control, command (DSP0236 11.5). */
function answers(header: FieldValues, request: Uint8Array): boolean {
  const [type, flags = 0, command] = request;
  const sameCommand = type !== messageTypes.control || header.commandCode === command;
  return header.messageType === type && header.instanceId === (flags & 0x1f) && sameCommand;
}
