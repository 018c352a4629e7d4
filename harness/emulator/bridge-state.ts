import type { Binding } from '../names';
import { BROADCAST_EID, NULL_EID } from '../names';
import type { BridgeState, Bridging, Medium, Route } from './bridge-types';
import type { DeviceState } from './endpoint-types';

/** EIDs that the bridge asks for. */
export const POOL_SIZE = 8;
export const UPSTREAM = 0;

/** DSP0239, Tables 2 and 3: SMBus on I2C at 100 kHz, and an asynchronous serial line. */
const media: { readonly [B in Binding]: Medium } = {
  smbus: { bindingType: 0x01, mediaType: 0x03 },
  serial: { bindingType: 0x05, mediaType: 0x24 },
};

/** The binding behind the bridge is the other one. */
export const otherBinding = (binding: Binding): Binding => (binding === 'smbus' ? 'serial' : 'smbus');

/** 7-bit SMBus addresses of the endpoints behind the bridge, and its own there. */
export const downstreamAddresses = { bridge: 0x11, endpoints: [0x20, 0x21] } as const;

const uuids = ['a3c5d0b2-7e41-4f0e-8d3b-2f6a90c1e701', 'a3c5d0b2-7e41-4f0e-8d3b-2f6a90c1e702'] as const;

/** Octets of a 7-bit address in control messages: one, shifted (DSP0237 6.8, Table 3). */
export function addressOctets(address: number, binding: Binding): string {
  return binding === 'smbus' ? ((address << 1) & 0xff).toString(16).padStart(2, '0') : '';
}

/** A bridge that nobody has configured: on SMBus one bus of two endpoints is behind it, else two serial lines are. */
export function newBridge(upstream: Binding): BridgeState {
  const behind = otherBinding(upstream);
  return {
    media: { upstream: media[upstream], downstream: media[behind] },
    pool: undefined,
    downstream: uuids.map((uuid, index) => ({
      uuid,
      port: behind === 'smbus' ? 1 : 1 + index,
      address: addressOctets(downstreamAddresses.endpoints[index] ?? 0, behind),
      eid: NULL_EID,
    })),
    learned: [],
  };
}

/** The routing table: what was learned, the bus owner, the endpoints behind the bridge. */
export function routesOf(state: DeviceState): readonly Route[] {
  const { bridge, busOwner } = state;
  if (bridge === undefined) return [];
  const single = { eidCount: 1, entryType: 0 };
  const known = busOwner !== undefined && bridge.learned.some((route) => contains(route, busOwner.eid));
  const owner: readonly Route[] =
    busOwner === undefined || busOwner.eid === NULL_EID || known
      ? []
      : [
          {
            ...single,
            firstEid: busOwner.eid,
            port: UPSTREAM,
            address: addressOctets(busOwner.address, state.binding),
          },
        ];
  const behind = bridge.downstream
    .filter(({ eid }) => eid !== NULL_EID)
    .map(({ eid, port, address }) => ({ ...single, firstEid: eid, port, address }));
  return [...bridge.learned, ...owner, ...behind];
}

export function contains({ firstEid, eidCount }: Route, eid: number): boolean {
  return eid >= firstEid && eid < firstEid + eidCount;
}

/** The route to an EID, of which those behind the bridge are its own doing and win. */
export function routeTo(eid: number, state: DeviceState): Route | undefined {
  return routesOf(state).findLast((route) => contains(route, eid));
}

/** The bridge that conforms; of an EID that it does not know its own receive rules dispose. */
export const correctBridging: Bridging<DeviceState> = {
  route: ({ destinationEid, sourceEid, headerVersion }, from, state) => {
    const others = ![NULL_EID, BROADCAST_EID, state.eid].includes(destinationEid);
    const route = others && state.bridge !== undefined ? routeTo(destinationEid, state) : undefined;
    if (route === undefined) return 'own';
    return route.port === from || sourceEid === NULL_EID || headerVersion !== 1 ? 'nowhere' : route.port;
  },
  forward: (packets) => packets,
  assign: ({ firstEid, count }, { bridge }) =>
    (bridge?.downstream ?? []).map((_, index) => (index < count ? firstEid + index : NULL_EID)),
};
