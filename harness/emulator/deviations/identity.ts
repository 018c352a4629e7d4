import { fromHex, toHex } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, cut, firstEid, lacking } from './change';

/** Get Endpoint ID and Get Endpoint UUID. */

const uuid = (change: (octets: Uint8Array, eid: number) => readonly number[]): Change =>
  answering('getEndpointUuid', (fields, { state }) => ({
    uuid: toHex(Uint8Array.from(change(fromHex(String(fields.uuid).replace(/-/g, '')), state.eid))),
  }));

const reversed = (octets: Uint8Array, from: number, to: number): readonly number[] =>
  [...octets.slice(from, to)].reverse();

export const identityDeviations: readonly Deviation[] = [
  {
    name: 'get-eid-without-medium-octet',
    title: 'leaves the medium-specific octet out of its answer to Get Endpoint ID',
    seenIn: 'PICMG endpoint',
    change: cut('getEndpointId', () => 6),
  },
  {
    name: 'poses-as-bridge',
    classes: ['endpoint', 'nic', 'hba', 'ssd'],
    title: 'calls itself a bridge',
    change: answering('getEndpointId', { endpointType: 1 }),
  },
  {
    name: 'eid-type-changes',
    title: 'says that it has a static EID only after it was assigned another',
    change: answering('getEndpointId', (_, { state }) => ({ eidType: state.eid === firstEid(state) ? 0 : 1 })),
  },
  {
    name: 'says-static-eid-in-force',
    title: 'says of any EID that it is its static one',
    change: answering('getEndpointId', { eidType: 2 }),
  },
  {
    name: 'endpoint-type-reserved-bits',
    title: 'sets reserved bits of the endpoint type',
    change: answering('getEndpointId', { reserved7to6: 2, reserved3to2: 3 }),
  },
  {
    name: 'medium-octet-changes',
    title: 'changes the medium-specific octet with its EID',
    change: answering('getEndpointId', (_, { state }) => ({ mediumSpecific: state.eid === firstEid(state) ? 0 : 1 })),
  },
  {
    name: 'medium-octet-set',
    title: 'sets a bit of the medium-specific octet that no binding defines',
    change: answering('getEndpointId', { mediumSpecific: 0x80 }),
  },
  {
    name: 'lacks-uuid',
    title: 'does not know Get Endpoint UUID although it claims it',
    seenIn: 'caliptra-mcu-sw 1849',
    change: lacking('getEndpointUuid'),
  },
  { name: 'uuid-cut-short', title: 'sends fifteen octets of its UUID', change: cut('getEndpointUuid', () => 19) },
  {
    name: 'uuid-follows-eid',
    title: 'makes its UUID of its EID',
    change: uuid((octets, eid) => [...octets.slice(0, 15), eid]),
  },
  {
    name: 'uuid-never-the-same',
    title: 'makes up a UUID every time',
    // After a hazard the UUID tells whether it is still the same device.
    pervasive: true,
    change: answering('getEndpointUuid', (fields, { state }) => {
      const count = ((state.memory.get('uuids') ?? 0) + 1) % 256;
      state.memory.set('uuids', count);
      return { uuid: String(fields.uuid).replace(/-/g, '').slice(0, 30) + toHex(Uint8Array.of(count)) };
    }),
  },
  {
    name: 'uuid-nil',
    title: 'has the nil UUID',
    seenIn: 'case checklist',
    change: uuid(() => new Array<number>(16).fill(0)),
  },
  {
    name: 'uuid-other-variant',
    title: "has a UUID of Microsoft's variant",
    change: uuid((octets) => [...octets.slice(0, 8), 0xc0, ...octets.slice(9)]),
  },
  {
    name: 'uuid-little-endian',
    title: 'sends the first three fields of its UUID least significant octet first',
    change: uuid((octets) => [
      ...reversed(octets, 0, 4),
      ...reversed(octets, 4, 6),
      ...reversed(octets, 6, 8),
      ...octets.slice(8),
    ]),
  },
];
