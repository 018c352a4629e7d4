import { toHex } from '../../codec/octets';
import { addressOctets } from '../bridge-state';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, cut, isSuccess, longer, mistaking, refusal, responding } from './change';

/** What a bridge says of its routes. */

const TABLE = 'getRoutingTableEntries';
const RESOLVE = 'resolveEndpointId';
const HOP = 'queryHop';
const RESOLVE_UUID = 'resolveUuid';
const INVALID_DATA = 2;
const LAST_HANDLE = 0xff;
const BROADCAST = 0xff;

interface Entry {
  readonly [field: string]: number | string;
  readonly physicalAddress: string;
}

const entries = (command: string, change: (entry: Entry) => Partial<Entry>): Change =>
  answering(command, (fields) => ({
    entries: (fields.entries as readonly Entry[]).map((entry) => ({ ...entry, ...change(entry) }) as Entry),
  }));

/** A 7-bit address as Linux keeps it: not shifted. */
const unshifted = (address: string): string =>
  address === '' ? '' : toHex(Uint8Array.of(Number.parseInt(address, 16) >> 1));

export const tableDeviations: readonly Deviation[] = [
  {
    name: 'routing-table-counts-without-list',
    title: 'counts the entries of its routing table and does not list them',
    change: cut(TABLE, () => 6),
  },
  {
    name: 'routing-table-entry-cut-short',
    title: 'sends the last entry of its routing table without its end',
    // From the medium on: its address has one octet or none.
    change: cut(TABLE, (body) => body.length - (body.at(-1) === 0 ? 2 : 3)),
  },
  {
    name: 'routing-table-counted-as-empty',
    title: 'lists the entries of its routing table and counts none',
    change: answering(TABLE, { entryCount: 0 }),
  },
  {
    name: 'routing-table-handle-stuck',
    title: 'names the handle of the second part of its routing table for ever',
    change: answering(TABLE, { nextHandle: 1 }),
  },
  {
    name: 'routing-table-handle-refused',
    title: 'refuses every handle of its routing table but 0',
    change: responding(TABLE, ({ fields }) => (fields.handle === 0 ? undefined : refusal(INVALID_DATA))),
  },
  {
    name: 'routing-table-handle-wraps',
    title: 'answers a handle that it never gave with the first part of its routing table',
    change: mistaking([TABLE], ({ fields }) => (Number(fields.handle) > 0x7f ? { handle: 0 } : undefined)),
  },
  {
    name: 'routing-table-of-static-routes',
    title: 'marks the routes that it was given as configured',
    change: entries(TABLE, () => ({ static: 1 })),
  },
  {
    name: 'routing-table-binding-unassigned',
    title: 'names a binding that no standard has in its routing table',
    seenIn: 'NVIDIA libmctp',
    change: entries(TABLE, () => ({ bindingType: 0 })),
  },
  {
    name: 'routing-table-medium-unassigned',
    title: 'names a medium that no standard has in its routing table',
    change: entries(TABLE, () => ({ mediaType: 0 })),
  },
  {
    name: 'routing-table-eids-reserved',
    title: 'lists ranges that begin with EID 0 in its routing table',
    change: entries(TABLE, () => ({ firstEid: 0 })),
  },
];

export const lookupDeviations: readonly Deviation[] = [
  {
    name: 'resolves-local-eid-to-itself',
    title: 'names itself as the bridge to an endpoint on the bus of the request',
    change: answering(RESOLVE, (_, { state }) => ({ bridgeEid: state.eid })),
  },
  {
    name: 'resolves-eid-behind-it-to-target',
    title: 'names the target itself for an endpoint that is behind the bridge',
    change: answering(RESOLVE, (_, { fields }) => ({ bridgeEid: Number(fields.eid) })),
  },
  {
    name: 'resolves-to-unshifted-address',
    title: 'gives 7-bit addresses unshifted',
    seenIn: 'mctpd',
    bindings: ['smbus'],
    change: answering(RESOLVE, ({ physicalAddress }) => ({ physicalAddress: unshifted(String(physicalAddress)) })),
  },
  {
    name: 'resolves-without-address',
    title: 'leaves the physical address out of its answer to Resolve Endpoint ID',
    bindings: ['smbus'],
    change: answering(RESOLVE, { physicalAddress: '' }),
  },
  {
    name: 'resolves-unknown-eid',
    title: 'gives an address for an EID that it does not know',
    change: (correct) => ({
      respond: (request, commands) => {
        const answer = correct.respond(request, commands);
        if (request.command.name !== RESOLVE || isSuccess(answer)) return answer;
        const physicalAddress = addressOctets(0x40, request.state.binding);
        return { fields: { bridgeEid: request.state.eid, physicalAddress } };
      },
    }),
  },
  {
    name: 'next-hop-is-itself',
    title: 'names itself as the next bridge to an endpoint that is behind it',
    change: answering(HOP, ({ nextBridgeEid }, { state }) => ({ nextBridgeEid: nextBridgeEid === 0 ? 0 : state.eid })),
  },
  {
    name: 'next-hop-is-never-zero',
    title: 'names the target as the next hop also where it is not through the bridge',
    change: answering(HOP, (_, { fields }) => ({ nextBridgeEid: Number(fields.targetEid) })),
  },
  {
    name: 'hops-to-special-eids',
    title: 'knows a hop to the null and the broadcast EID',
    change: responding(HOP, ({ fields }) =>
      fields.targetEid === 0 || fields.targetEid === BROADCAST
        ? { fields: { nextBridgeEid: 0, messageType: fields.messageType ?? 0, incomingUnit: 0, outgoingUnit: 0 } }
        : undefined,
    ),
  },
  {
    name: 'hops-to-unknown-eids',
    title: 'says of an EID without route that it is not through this bridge',
    change: (correct) => ({
      respond: (request, commands) => {
        const answer = correct.respond(request, commands);
        const { targetEid, messageType = 0 } = request.fields;
        const special = targetEid === 0 || targetEid === BROADCAST;
        if (request.command.name !== HOP || isSuccess(answer) || special) return answer;
        return { fields: { nextBridgeEid: 0, messageType, incomingUnit: 0, outgoingUnit: 0 } };
      },
    }),
  },
  {
    name: 'hop-of-control-only',
    title: 'answers Query Hop for control whatever message type was asked for',
    change: answering(HOP, { messageType: 0 }),
  },
  {
    name: 'hop-units-in-octets',
    title: 'gives the transmission units of Query Hop in octets',
    change: answering(HOP, { incomingUnit: 64, outgoingUnit: 64 }),
  },
  {
    name: 'hop-units-of-one-octet',
    title: 'gives each transmission unit of Query Hop one octet',
    change: cut(HOP, (body) => body.length - 2),
  },
  {
    name: 'resolves-uuid-to-nothing',
    title: 'knows no endpoint by its UUID',
    change: answering(RESOLVE_UUID, { entries: [] }),
  },
  {
    name: 'resolves-any-uuid',
    title: 'lists itself for a UUID that it does not know',
    change: answering(RESOLVE_UUID, (fields, { state }) => {
      const own = { eid: state.eid, bindingType: 1, mediaType: 3, addressLength: 1, physicalAddress: '3a' };
      const known = fields.entries as readonly Entry[];
      return { entries: known.length > 0 ? known : [own] };
    }),
  },
  {
    name: 'resolves-uuid-with-padding',
    title: 'pads its list of endpoints of a UUID',
    change: longer([RESOLVE_UUID], 2),
  },
  {
    name: 'resolves-uuid-without-end',
    title: 'names a next handle for ever when it resolves a UUID',
    change: answering(RESOLVE_UUID, ({ nextHandle }) => ({
      nextHandle: nextHandle === LAST_HANDLE ? 1 : Number(nextHandle),
    })),
  },
];
