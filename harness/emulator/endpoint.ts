import { MILLISECOND } from '../clock';
import { assemble } from '../codec/assembly';
import type { CommandSets } from '../codec/command';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket, fragment } from '../codec/packet';
import type { Binding, HookName } from '../names';
import { BASELINE_TRANSMISSION_UNIT, BROADCAST_EID, NULL_EID } from '../names';
import { deviating } from './behaviour';
import { newBridge } from './bridge-state';
import { newCard } from './card';
import type { EmulatedClass } from './classes';
import { classDefinitions } from './classes';
import type { Arrival, Reply } from './dispatch';
import { answerRequest, headerOf, setFor } from './dispatch';
import type { Behaviour, BusOwner, Deviation, DeviceRequest, DeviceState, Outgoing } from './endpoint-types';
import { nextDue, originate, settle, takeDue } from './own-requests';
import type { Port, Received } from './port';
import { WIRE_OCTET } from './port';
import { serialPort } from './port-serial';
import { smbusPort } from './port-smbus';

/** What the device puts on the wire: one SMBus block write, or one serial frame. */
export interface Action {
  readonly octets: Uint8Array;
  /** From `now` to the first octet. */
  readonly delayNs: number;
}

/** An emulated device. It has no clock: every time is handed in, and on one device they never go back. */
export interface Device {
  /** Whether a write is acknowledged; changes nothing. Always true on serial. */
  acknowledges(octets: Uint8Array): boolean;
  /** One SMBus block write, or any chunk of the serial stream, whose last octet came at `now`. */
  receive(octets: Uint8Array, now: number): readonly Action[];
  /** SMBus: what it does about a frame of its own that was not acknowledged. */
  refused(octets: Uint8Array, now: number): readonly Action[];
  /** What somebody did to it from outside, at `now`. */
  hook(name: HookName, now: number): void;
  /** When it next does something of its own; undefined: only if spoken to. */
  next(): number | undefined;
  /** What it does of its own up to `now`. */
  advance(now: number): readonly Action[];
}

export interface DeviceOptions {
  readonly class: EmulatedClass;
  readonly binding: Binding;
  /** 7-bit SMBus address. */
  readonly address: number;
  readonly commands: CommandSets;
  readonly deviations: readonly Deviation[];
  /** EID from the start; 0: not assigned. */
  readonly eid?: number;
  /** Who assigned that EID. */
  readonly busOwner?: BusOwner;
  /** Takes packets that are for others, and says what comes of them; undefined: it is the device's own. */
  readonly forward?: (packet: Packet, state: DeviceState, now: number) => readonly Forwarded[] | undefined;
}

/** A packet from another bus on its way out. */
export interface Forwarded {
  readonly packet: Packet;
  /** Physical destination. */
  readonly address: number;
  /** From the end of what called for it to its start. */
  readonly delayNs: number;
}

/** Between a frame that was not acknowledged and the next try. */
const RETRY_PAUSE = MILLISECOND;

/** How long the device thinks about any request. */
const RESPONSE_TIME = MILLISECOND;

export function createEndpoint(options: DeviceOptions): Device & { readonly state: DeviceState } {
  const eid = options.eid ?? classDefinitions[options.class].staticEid ?? NULL_EID;
  const state: DeviceState = {
    class: options.class,
    binding: options.binding,
    address: options.address,
    now: 0,
    eid,
    initialEid: eid,
    discovered: false,
    rateLimit: { burst: 0, rate: 0 },
    tid: 0,
    busOwner: options.busOwner,
    bridge: options.class === 'bridge' ? newBridge(options.binding) : undefined,
    card: classDefinitions[options.class].pldmTypes.length > 0 ? newCard() : undefined,
    assemblies: new Map(),
    pending: [],
    alive: true,
    bootsUntil: 0,
    memory: new Map(),
  };
  const behaviour = deviating(options.deviations);
  const port = options.binding === 'smbus' ? smbusPort(behaviour, state) : serialPort(behaviour, state);
  const { commands } = options;
  let retriesLeft = behaviour.packetRetries;
  return {
    state,
    acknowledges: (octets) => port.acknowledges(octets),
    receive(octets, now) {
      if (!state.alive || now < state.bootsUntil || !port.acknowledges(octets)) return [];
      state.now = now;
      retriesLeft = behaviour.packetRetries;
      return port.receive(octets).flatMap((received) => {
        const passed = passOn(received, options, port, state, now);
        if (passed !== undefined) return passed;
        return receivePacket(received, behaviour, commands, state, now).flatMap((message) =>
          transmit(message, behaviour, port, state),
        );
      });
    },
    refused(octets, now) {
      state.now = now;
      const again = retriesLeft > 0;
      retriesLeft = again ? retriesLeft - 1 : behaviour.packetRetries;
      if (!again) behaviour.gaveUp(state);
      return again ? [{ octets, delayNs: RETRY_PAUSE }] : [];
    },
    hook(name, now) {
      state.now = now;
      behaviour.hook(name, state);
      for (const wanted of behaviour.announcements(name, state))
        originate(state, wanted, commands, behaviour.requestRules, now);
    },
    next: () => nextDue(state, behaviour.requestRules),
    advance(now) {
      if (!state.alive) return [];
      return takeDue(state, behaviour.requestRules, now)
        .flatMap((message) => behaviour.message(message, undefined, state))
        .flatMap((message) => transmit(message, behaviour, port, state));
    },
  };
}

/** Frames of what a bridge sends on behalf of others; undefined where the packet is for the device itself. */
function passOn(
  { octets }: Received,
  { forward }: DeviceOptions,
  port: Port,
  state: DeviceState,
  now: number,
): readonly Action[] | undefined {
  const packet = forward === undefined ? undefined : decodePacket(octets);
  const passed = packet === undefined ? undefined : forward?.(packet, state, now);
  return passed?.map((each) => ({
    octets: port.frame(encodePacket(each.packet), each.address),
    delayNs: each.delayNs,
  }));
}

/** A packet through the receive rules (DSP0236 8.7 to 8.10), and what its message brings forth. */
function receivePacket(
  received: Received,
  behaviour: Behaviour,
  commands: CommandSets,
  state: DeviceState,
  now: number,
): readonly Outgoing[] {
  const packet = decodePacket(received.octets);
  if (packet === undefined || !state.alive) return [];
  if (!behaviour.acceptsPacket(packet, state)) {
    behaviour.discards(packet.tagOwner === 1 ? 'other-destination' : 'unexpected-tag', state);
    return [];
  }
  const outcome = assemble(state.assemblies, packet, behaviour.assembly);
  if (outcome.kind === 'dropped') behaviour.discards(outcome.reason, state);
  if (outcome.kind !== 'message') return [];
  const first = outcome.packets[0] ?? packet;
  const arrival = { body: outcome.body, packet: first, sourceAddress: received.sourceAddress };
  const eid = state.eid;
  const reply = handleMessage(arrival, behaviour, commands, state);
  if (reply === 'silence' || !state.alive) return [];
  for (const wanted of reply.request === undefined ? [] : behaviour.ownRequests(reply.request, state)) {
    originate(state, wanted, commands, behaviour.requestRules, now);
  }
  return behaviour.message(respondTo(arrival, reply, eid, state), reply.request, state);
}

function handleMessage(
  arrival: Arrival,
  behaviour: Behaviour,
  commands: CommandSets,
  state: DeviceState,
): Reply | 'silence' {
  const { body, packet } = arrival;
  const type = behaviour.messageType(body[0] ?? 0);
  const set = setFor(commands, type, state);
  const header = headerOf(set, body, type);
  if (header === undefined) return 'silence';
  const done = settle(state, behaviour.requestRules, header, packet);
  if (done !== undefined) {
    for (const wanted of behaviour.answered(done, body, state))
      originate(state, wanted, commands, behaviour.requestRules, state.now);
    return 'silence';
  }
  if (!behaviour.acceptsMessage(header, packet, state)) return 'silence';
  if (set !== undefined) return answerRequest(set, header, arrival, behaviour, commands, state);
  const raw = behaviour.respondRaw(body, packet, state);
  return raw === 'silence' ? raw : { body: raw, request: undefined };
}

/** Back to where it came from, with the tag and TO clear (DSP0236 8.2), from the EID of `sourceOf`. */
function respondTo({ packet, sourceAddress }: Arrival, reply: Reply, oldEid: number, state: DeviceState): Outgoing {
  return {
    body: reply.body,
    destinationEid: packet.sourceEid,
    sourceEid: sourceOf(reply.request, packet, oldEid, state),
    tagOwner: 0,
    messageTag: packet.messageTag,
    address: sourceAddress,
    delayNs: RESPONSE_TIME,
    unit: BASELINE_TRANSMISSION_UNIT,
  };
}

/** Set Endpoint ID is answered from the EID that it was sent to (DSP0236 1.3.2, 12.4), the new one if that was null. */
function sourceOf(request: DeviceRequest | undefined, packet: Packet, oldEid: number, state: DeviceState): number {
  const addressed = packet.destinationEid !== NULL_EID && packet.destinationEid !== BROADCAST_EID;
  return request?.command.name === 'setEndpointId' && addressed ? oldEid : state.eid;
}

/** The frames of one message, one after the other (DSP0236 8.4.2). */
function transmit(message: Outgoing, behaviour: Behaviour, port: Port, state: DeviceState): readonly Action[] {
  const { body, destinationEid, sourceEid, tagOwner, messageTag, address, unit } = message;
  const flags = { som: 0, eom: 0, packetSequence: 0, tagOwner, messageTag };
  const header = { reserved: 0, headerVersion: 1, destinationEid, sourceEid, ...flags };
  let delayNs = message.delayNs;
  return behaviour.packets(fragment(body, header, unit), state).map((packet, index) => {
    const octets = port.frame(encodePacket(behaviour.packet(packet, index, state)), address);
    const action = { octets, delayNs };
    delayNs += octets.length * WIRE_OCTET;
    return action;
  });
}
