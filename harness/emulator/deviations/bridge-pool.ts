import { POOL_SIZE } from '../bridge-state';
import type { Deviation } from '../endpoint-types';
import { afterwards } from './bridge-change';
import type { Change } from './change';
import { answering, mistaking, refusal, responding } from './change';

/** The pool of EIDs of a bridge: asked for, allocated, handed out. */

const SET_EID = 'setEndpointId';
const ALLOCATE = 'allocateEndpointIds';
const FORCE = 1;
const QUERY = 2;
const RESERVED_OPERATION = 3;
const INVALID_DATA = 2;

const assigning =
  (eids: (firstEid: number, count: number, index: number) => number): Change =>
  (correct) => ({
    bridging: {
      ...correct.bridging,
      assign: ({ firstEid, count }, state) =>
        count === 0
          ? correct.bridging.assign({ firstEid, count }, state)
          : (state.bridge?.downstream ?? []).map((_, index) => eids(firstEid, count, index)),
    },
  });

export const poolDeviations: readonly Deviation[] = [
  {
    name: 'poses-as-simple-endpoint',
    title: 'calls itself a simple endpoint although it is a bridge',
    change: answering('getEndpointId', { endpointType: 0 }),
  },
  {
    name: 'asks-for-no-pool',
    title: 'does not ask for the pool of EIDs that it needs',
    change: answering(SET_EID, { allocationStatus: 0, poolSize: 0 }),
  },
  {
    name: 'goes-on-asking-for-pool',
    title: 'asks for a pool of EIDs although it has one',
    change: answering(SET_EID, { allocationStatus: 1 }),
  },
  {
    name: 'pool-size-only-while-asking',
    title: 'reports a pool size of 0 once it has its pool',
    change: answering(SET_EID, ({ allocationStatus }) => ({ poolSize: allocationStatus === 2 ? 0 : POOL_SIZE })),
  },
  {
    name: 'loses-pool-with-eid',
    title: 'gives up its pool when it is given another EID',
    change: (correct) => ({
      respond: (request, commands) => {
        const { state } = request;
        const before = state.eid;
        const answer = correct.respond(request, commands);
        if (request.command.name === SET_EID && state.eid !== before && state.bridge !== undefined) {
          state.bridge.pool = undefined;
        }
        return answer;
      },
    }),
  },
  {
    name: 'forgets-its-pool',
    title: 'accepts a pool of EIDs and has none',
    change: afterwards(ALLOCATE, (bridge) => {
      bridge.pool = undefined;
      return undefined;
    }),
  },
  {
    name: 'allocation-without-first-eid',
    title: 'leaves the first EID out of its answer to an allocation',
    change: (correct) => ({
      message: (message, request, state) => {
        const allocates = request?.command.name === ALLOCATE && request.fields.operation !== QUERY;
        const body = allocates && message.body[3] === 0 ? message.body.subarray(0, 6) : message.body;
        return correct.message({ ...message, body }, request, state);
      },
    }),
  },
  {
    name: 'allocation-says-rejected',
    title: 'takes a pool and says that it rejects it',
    change: answering(ALLOCATE, (_, { fields }) => ({ allocationStatus: fields.operation === QUERY ? 0 : 1 })),
  },
  {
    name: 'allocation-status-reserved-bits',
    title: 'sets reserved bits of the allocation status',
    change: answering(ALLOCATE, { reserved: 0x21 }),
  },
  {
    name: 'refuses-reserved-allocation-bits',
    title: 'refuses an allocation with reserved bits of the operation set',
    change: responding(ALLOCATE, ({ fields }) => (fields.reserved === 0 ? undefined : refusal(INVALID_DATA))),
  },
  {
    name: 'takes-reserved-operation-for-allocation',
    title: 'takes the reserved operation for an allocation',
    change: mistaking([ALLOCATE], ({ fields }) =>
      fields.operation === RESERVED_OPERATION ? { operation: 0 } : undefined,
    ),
  },
  {
    name: 'reads-fields-of-a-query',
    title: 'looks at count and first EID of a query',
    change: responding(ALLOCATE, ({ fields }) =>
      fields.operation === QUERY && Number(fields.count) > POOL_SIZE ? refusal(INVALID_DATA) : undefined,
    ),
  },
  {
    name: 'reports-what-is-left-of-its-pool',
    title: 'reports how much of its pool it has not handed out, when it is asked',
    change: answering(ALLOCATE, ({ poolSize }, { fields, state }) => {
      const handedOut = (state.bridge?.downstream ?? []).filter(({ eid }) => eid !== 0).length;
      return { poolSize: fields.operation === QUERY ? Number(poolSize) - handedOut : Number(poolSize) };
    }),
  },
  {
    name: 'takes-more-eids-than-its-pool',
    title: 'accepts more EIDs than its pool has',
    change: mistaking([ALLOCATE], ({ fields }) =>
      fields.operation !== QUERY && Number(fields.count) > POOL_SIZE ? { count: POOL_SIZE, firstEid: 0x70 } : undefined,
    ),
  },
  {
    name: 'refuses-empty-pool',
    title: 'refuses a pool of no EID',
    change: responding(ALLOCATE, ({ fields }) =>
      fields.operation !== QUERY && fields.count === 0 ? refusal(INVALID_DATA) : undefined,
    ),
  },
  {
    name: 'keeps-pool-when-emptied',
    title: 'accepts a pool of no EID and keeps the one that it has',
    change: afterwards(ALLOCATE, (bridge, before, { fields }) => {
      if (fields.operation !== QUERY && fields.count === 0) Object.assign(bridge, before);
      return undefined;
    }),
  },
  {
    name: 'refuses-forced-pool',
    title: 'rejects a forced pool other than the one that it has',
    change: responding(ALLOCATE, ({ fields, state }) => {
      const own = state.bridge?.pool;
      if (fields.operation !== FORCE || own === undefined || own.count === 0 || fields.count === 0) return undefined;
      if (Number(fields.count) > POOL_SIZE || own.firstEid === fields.firstEid) return undefined;
      return { fields: { allocationStatus: 1, poolSize: POOL_SIZE, firstEid: own.firstEid } };
    }),
  },
  {
    name: 'keeps-eids-when-forced',
    title: 'takes a forced pool and leaves the endpoints behind it at their old EIDs',
    change: (correct) => ({
      bridging: {
        ...correct.bridging,
        assign: (given, state) => {
          const first = state.memory.get('first-pool') ?? given.firstEid;
          if (given.count > 0) state.memory.set('first-pool', first);
          return correct.bridging.assign({ ...given, firstEid: first }, state);
        },
      },
    }),
  },
  {
    name: 'assigns-nothing',
    title: 'gives the endpoints behind it no EID of its pool',
    change: assigning(() => 0),
  },
  {
    name: 'assigns-outside-its-pool',
    title: 'gives the endpoints behind it EIDs beyond its pool',
    change: assigning((firstEid, count, index) => firstEid + count + index),
  },
];
