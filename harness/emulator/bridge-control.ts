import { fromHex, toHex } from '../codec/octets';
import { BROADCAST_EID, NULL_EID } from '../names';
import { ERROR_INVALID_DATA, ERROR_INVALID_LENGTH, failure, success } from './answers';
import { addressOctets, contains, POOL_SIZE, routesOf, routeTo, UPSTREAM } from './bridge-state';
import type { BridgeState, Medium, Route } from './bridge-types';
import { classDefinitions } from './classes';
import type { Answer, DeviceRequest, DeviceState, Responder, Responders } from './endpoint-types';

/** MCTP control responders that only a bridge has (DSP0236 12.10 to 12.13, 12.18, 12.19). */

const ROUTING_TABLE_FULL = 0x80;
const LAST_HANDLE = 0xff;
const FIRST_EID = 8;
const LAST_EID = 0xfe;
/** Entries of an answer: few, so that even a small table takes several. */
const ENTRIES_PER_ANSWER = 2;
const LEARNED_ROUTES = 24;
/** Octets of an entry of Routing Information Update before its address. */
const ENTRY_SIZE = 3;

const ACCEPTED = 0;
const FORCE = 1;
const QUERY = 2;
const RESERVED_OPERATION = 3;

/** A responder that has a bridge to ask. */
const bridged =
  (respond: (request: DeviceRequest, bridge: BridgeState) => Answer): Responder =>
  (request) =>
    request.state.bridge === undefined ? failure(ERROR_INVALID_DATA) : respond(request, request.state.bridge);

const isEid = (eid: number): boolean => eid >= FIRST_EID && eid <= LAST_EID;

/** Allocation status and pool size of Set Endpoint ID (DSP0236 12.4, Table 14). */
export function poolStatus({ bridge }: DeviceState): { readonly allocationStatus: number; readonly poolSize: number } {
  if (bridge === undefined) return { allocationStatus: 0, poolSize: 0 };
  return { allocationStatus: bridge.pool === undefined ? 1 : 2, poolSize: POOL_SIZE };
}

/** There is one bus to be given a pool by, so that none is ever rejected (DSP0236 12.11). */
const allocateEndpointIds = bridged(({ fields, state }, bridge) => {
  const [operation, count, firstEid] = [Number(fields.operation), Number(fields.count), Number(fields.firstEid)];
  if (operation === RESERVED_OPERATION) return failure(ERROR_INVALID_DATA);
  if (operation !== QUERY) {
    const last = firstEid + count - 1;
    const fits = count === 0 || (isEid(firstEid) && isEid(last) && (state.eid < firstEid || state.eid > last));
    if (count > POOL_SIZE || !fits) return failure(ERROR_INVALID_DATA);
    bridge.pool = { firstEid: count === 0 ? NULL_EID : firstEid, count };
    bridge.downstream = bridge.downstream.map((endpoint) => ({ ...endpoint, eid: NULL_EID }));
    if (operation === FORCE) bridge.learned = [];
  }
  return success({ allocationStatus: ACCEPTED, poolSize: POOL_SIZE, firstEid: bridge.pool?.firstEid ?? NULL_EID });
});

const mediumOf = (port: number, { media }: BridgeState): Medium =>
  port === UPSTREAM ? media.upstream : media.downstream;

/** A part of a list that is read by handles, the first being 0; undefined where there is no such part. */
function partOf<T>(list: readonly T[], handle: number): { part: readonly T[]; nextHandle: number } | undefined {
  const from = handle * ENTRIES_PER_ANSWER;
  if (handle !== 0 && from >= list.length) return undefined;
  const end = from + ENTRIES_PER_ANSWER;
  return { part: list.slice(from, end), nextHandle: end < list.length ? handle + 1 : LAST_HANDLE };
}

const addressed = (address: string) => ({ addressLength: address.length / 2, physicalAddress: address });

const getRoutingTableEntries = bridged(({ fields, state }, bridge) => {
  const found = partOf(routesOf(state), Number(fields.handle));
  if (found === undefined) return failure(ERROR_INVALID_DATA);
  const entries = found.part.map(({ address, ...route }) => ({
    ...route,
    static: 0,
    ...mediumOf(route.port, bridge),
    ...addressed(address),
  }));
  return success({ nextHandle: found.nextHandle, entries });
});

/** An endpoint of the requester's bus by itself; what is behind the bridge by the bridge (DSP0236 12.10). */
const resolveEndpointId = bridged(({ fields, state }) => {
  const eid = Number(fields.eid);
  const own = { bridgeEid: state.eid, physicalAddress: addressOctets(state.address, state.binding) };
  if (eid === state.eid && eid !== NULL_EID) return success(own);
  const route = isEid(eid) ? routeTo(eid, state) : undefined;
  if (route === undefined) return failure(ERROR_INVALID_DATA);
  return success(route.port === UPSTREAM ? { bridgeEid: eid, physicalAddress: route.address } : own);
});

/** Whatever the type, and in the baseline unit, which is coded 0 (DSP0236 12.18). */
const queryHop = bridged(({ fields, state }) => {
  const { targetEid, messageType = 0 } = fields;
  const target = Number(targetEid);
  const hop = { messageType, incomingUnit: 0, outgoingUnit: 0 };
  if (target !== NULL_EID && target === state.eid) return success({ nextBridgeEid: NULL_EID, ...hop });
  const route = target === NULL_EID || target === BROADCAST_EID ? undefined : routeTo(target, state);
  if (route === undefined) return failure(ERROR_INVALID_DATA);
  return success({ nextBridgeEid: route.port === UPSTREAM ? NULL_EID : target, ...hop });
});

const plain = (uuid: unknown): string => String(uuid).replace(/-/g, '');

const resolveUuid = bridged(({ fields, state }, bridge) => {
  const known = [
    {
      uuid: classDefinitions[state.class].uuid,
      eid: state.eid,
      port: UPSTREAM,
      address: addressOctets(state.address, state.binding),
    },
    ...bridge.downstream,
  ];
  const wanted = known.filter(({ uuid, eid }) => eid !== NULL_EID && plain(uuid) === plain(fields.uuid));
  const found = partOf(wanted, Number(fields.handle));
  if (found === undefined) return failure(ERROR_INVALID_DATA);
  const entries = found.part.map(({ eid, port, address }) => ({
    eid,
    ...mediumOf(port, bridge),
    ...addressed(address),
  }));
  return success({ nextHandle: found.nextHandle, entries });
});

/** The entries of an update; undefined where they do not fill the message exactly. */
function readUpdate({ fields, state }: DeviceRequest): readonly Route[] | undefined {
  const octets = fromHex(plain(fields.entries ?? ''));
  const size = ENTRY_SIZE + (state.binding === 'smbus' ? 1 : 0);
  const count = Number(fields.entryCount);
  if (octets.length !== count * size) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const [type = 0, eidCount = 0, firstEid = 0, ...address] = octets.subarray(index * size, (index + 1) * size);
    return { entryType: type & 3, eidCount, firstEid, port: UPSTREAM, address: toHex(Uint8Array.from(address)) };
  });
}

function isLegal({ entryType, eidCount, firstEid }: Route): boolean {
  const single = entryType === 0 || entryType === 2;
  return isEid(firstEid) && isEid(firstEid + eidCount - 1) && eidCount > 0 && (!single || eidCount === 1);
}

/** Replaces what the same bus said of the same EIDs; routes of other buses stay (DSP0236 12.12.2). */
const routingInformationUpdate = bridged((request, bridge) => {
  const update = readUpdate(request);
  if (update === undefined) return failure(ERROR_INVALID_LENGTH);
  if (!update.every(isLegal)) return failure(ERROR_INVALID_DATA);
  const elsewhere = bridge.downstream.map(({ eid }) => eid);
  const routes = new Map(bridge.learned.map((route) => [route.firstEid, route]));
  for (const route of update) {
    if (!elsewhere.some((eid) => contains(route, eid))) routes.set(route.firstEid, route);
  }
  if (routes.size > LEARNED_ROUTES) return failure(ROUTING_TABLE_FULL);
  bridge.learned = [...routes.values()];
  return success();
});

export const bridgeResponders: Responders = {
  resolveEndpointId,
  allocateEndpointIds,
  routingInformationUpdate,
  getRoutingTableEntries,
  queryHop,
  resolveUuid,
};
