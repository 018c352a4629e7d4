import { encodeSerial, SerialReceiver, strictSerial } from '../binding/serial';
import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import type { CommandSets } from '../codec/command';
import { decodeBody, encodeRequest, findCommand } from '../codec/command';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import { messageTypes, NULL_EID } from '../names';
import { success } from './answers';
import { deviating } from './behaviour';
import { downstreamAddresses, otherBinding, routeTo, UPSTREAM } from './bridge-state';
import type { Bridging } from './bridge-types';
import type { Device, DeviceOptions, Forwarded } from './endpoint';
import { createEndpoint } from './endpoint';
import type { Deviation, DeviceState } from './endpoint-types';
import { WIRE_OCTET } from './port';

/** Packets that came back from behind the bridge: when, after the one that called for them. */
interface Echo {
  readonly packet: Packet;
  readonly delayNs: number;
}

/** One endpoint behind the bridge, and the way to it. */
interface Link {
  readonly port: number;
  readonly device: ReturnType<typeof createEndpoint>;
  /** What the endpoint there says to a packet. */
  send(packet: Packet, now: number): readonly Echo[];
}

/** Hops of a packet that went from one bus behind the bridge to another. */
const LONGEST_WAY = 4;

const ownUuid = (uuid: string): Deviation => ({
  name: 'own-uuid',
  title: 'has a UUID of its own, not that of its class',
  change: (correct) => ({
    respond: (request, commands) =>
      request.command.name === 'getEndpointUuid' ? success({ uuid }) : correct.respond(request, commands),
  }),
});

/**
 * A bridge: an endpoint of its own on our bus, and two endpoints, the second a network card, behind it. What it sends them
 * as their bus owner are real packets; their wires take time, and nothing is lost on them.
 */
export function createBridge(options: DeviceOptions): Device & { readonly state: DeviceState } {
  const { bridging } = deviating(options.deviations);
  const { commands } = options;
  let links: readonly Link[] = [];
  const forward = (packet: Packet, state: DeviceState, now: number): readonly Forwarded[] | undefined => {
    const way = bridging.route(packet, UPSTREAM, state);
    if (way === 'own') return undefined;
    if (way === 'nowhere') return [];
    const echoes = carry(packet, way, bridging, links, state, now);
    return sendUp(echoes, bridging, state);
  };
  const bridge = createEndpoint({ ...options, forward });
  const { state } = bridge;
  links = createLinks(state, commands);
  return {
    ...bridge,
    receive(octets, now) {
      const actions = bridge.receive(octets, now);
      if (state.alive) assignEids(bridging, links, commands, state, now);
      return actions;
    },
  };
}

function createLinks(state: DeviceState, commands: CommandSets): readonly Link[] {
  const binding = otherBinding(state.binding);
  return (state.bridge?.downstream ?? []).map(({ uuid, port }, index) => {
    const address = downstreamAddresses.endpoints[index] ?? 0;
    const deviations = [ownUuid(uuid)];
    const device = createEndpoint({
      class: index === 0 ? 'endpoint' : 'nic',
      binding,
      address,
      commands,
      deviations,
    });
    const receiver = new SerialReceiver(strictSerial);
    const frame = (packet: Uint8Array): Uint8Array =>
      binding === 'serial'
        ? encodeSerial(packet)
        : encodeSmbus(packet, { destinationAddress: address, sourceAddress: downstreamAddresses.bridge });
    const unframe = (octets: Uint8Array): readonly Uint8Array[] => {
      if (binding === 'serial') {
        return receiver.feed(octets).flatMap((event) => (event.kind === 'frame' ? [event.frame.packet] : []));
      }
      const packet = decodeSmbus(octets)?.packet;
      return packet === undefined ? [] : [packet];
    };
    return {
      port,
      device,
      send(packet, now) {
        const octets = frame(encodePacket(packet));
        const sent = octets.length * WIRE_OCTET;
        return device.receive(octets, now + sent).flatMap((action) => {
          const delayNs = sent + action.delayNs + action.octets.length * WIRE_OCTET;
          return unframe(action.octets).flatMap((each) => {
            const answer = decodePacket(each);
            return answer === undefined ? [] : [{ packet: answer, delayNs }];
          });
        });
      },
    };
  });
}

/** A packet out of a port behind the bridge, and what comes of it: all that is for our bus, in order. */
function carry(
  packet: Packet,
  to: number,
  bridging: Bridging<DeviceState>,
  links: readonly Link[],
  state: DeviceState,
  now: number,
  hops = 0,
): readonly Echo[] {
  if (hops > LONGEST_WAY) return [];
  return bridging.forward([packet], to, state).flatMap((forwarded) =>
    links
      .filter(({ port }) => port === to)
      .flatMap((link) => link.send(forwarded, now))
      .flatMap((echo) => {
        const way = bridging.route(echo.packet, to, state);
        if (way === UPSTREAM) return [echo];
        if (typeof way === 'string') return [];
        return carry(echo.packet, way, bridging, links, state, now + echo.delayNs, hops + 1).map((further) => ({
          ...further,
          delayNs: further.delayNs + echo.delayNs,
        }));
      }),
  );
}

/** One after the other on our bus, none before it has come. */
function sendUp(echoes: readonly Echo[], bridging: Bridging<DeviceState>, state: DeviceState): readonly Forwarded[] {
  const packets = bridging.forward(
    echoes.map(({ packet }) => packet),
    UPSTREAM,
    state,
  );
  let free = 0;
  return packets.map((packet, index) => {
    const delayNs = Math.max(free, echoes[index]?.delayNs ?? 0);
    free = delayNs + (packet.payload.length + FRAMING) * WIRE_OCTET;
    return { packet, address: addressOf(packet.destinationEid, state), delayNs };
  });
}

/** Octets of a frame besides its payload, at most. */
const FRAMING = 16;

function addressOf(eid: number, state: DeviceState): number {
  const route = routeTo(eid, state);
  if (route === undefined) return state.busOwner?.address ?? 0;
  return route.address === '' ? 0 : Number.parseInt(route.address, 16) >> 1;
}

/** As bus owner behind it: every endpoint there gets its EID of the pool, by physical address (DSP0236 8.18.5). */
function assignEids(
  bridging: Bridging<DeviceState>,
  links: readonly Link[],
  commands: CommandSets,
  state: DeviceState,
  now: number,
): void {
  const { bridge } = state;
  if (bridge?.pool === undefined) return;
  const wanted = bridging.assign(bridge.pool, state);
  const before = bridge.downstream;
  if (before.every(({ eid }, index) => eid === (wanted[index] ?? NULL_EID))) return;
  bridge.downstream = before.map((endpoint, index) => {
    const eid = wanted[index] ?? NULL_EID;
    const link = links[index];
    if (link === undefined || eid === NULL_EID) return { ...endpoint, eid: NULL_EID };
    return { ...endpoint, eid: setEid(link, eid, commands, state, now) };
  });
}

/** The EID that the endpoint says it has taken; 0 where it has not. */
function setEid(link: Link, eid: number, commands: CommandSets, state: DeviceState, now: number): number {
  const command = findCommand(commands, 'setEndpointId');
  const set = commands.control;
  if (command === undefined || set === undefined) return NULL_EID;
  const payload = encodeRequest(set, command, { operation: 0, eid }, { instanceId: 0 });
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 1, messageTag: 0 };
  const header = { reserved: 0, headerVersion: 1, destinationEid: NULL_EID, sourceEid: state.eid };
  const [answer] = link.send({ ...header, ...flags, payload }, now);
  if (answer === undefined || answer.packet.payload[0] !== messageTypes.control) return NULL_EID;
  const { completionCode, fields } = decodeBody(set, answer.packet.payload, 'response', command);
  return completionCode === 0 && fields.eid === eid ? eid : NULL_EID;
}
