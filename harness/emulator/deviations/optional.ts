import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, cut, longer, refusal, responding } from './change';

/** Optional control commands, static EIDs and the Discovered flag. */

const SET = 'setEndpointId';
const QUERY = 'queryRateLimit';
const LIMIT = 'requestTxRateLimit';
const INTERFACES = 'querySupportedInterfaces';
const WITH_TAIL = [LIMIT, INTERFACES, 'prepareForEndpointDiscovery'] as const;
const RESET = 2;
const SET_DISCOVERED_FLAG = 3;
const INVALID_DATA = 2;
const BROADCAST = 0xff;

const status = (assignmentStatus: number, eid: number): ReturnType<typeof refusal> => ({
  fields: { completionCode: 0, assignmentStatus, allocationStatus: 0, eid, poolSize: 0 },
});

/** After a request of the command it has the rate limit that it had before. */
const keepingLimit =
  (when: (burst: number) => boolean): Change =>
  (correct) => ({
    respond: (request, commands) => {
      const before = request.state.rateLimit;
      const answer = correct.respond(request, commands);
      if (request.command.name === LIMIT && when(Number(request.fields.burst))) request.state.rateLimit = before;
      return answer;
    },
  });

const deviations: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'network-id-cut-short',
    title: 'sends fifteen octets of its network id',
    change: cut('getNetworkId', () => 19),
  },
  {
    name: 'network-id-never-the-same',
    title: 'makes up a network id every time',
    change: answering('getNetworkId', (fields, { state }) => {
      const count = (state.memory.get('network-ids') ?? 0) + 1;
      state.memory.set('network-ids', count);
      return { networkId: `${String(fields.networkId).slice(0, -2)}${String(count % 100).padStart(2, '0')}` };
    }),
  },
  {
    name: 'rate-limit-cut-short',
    title: 'leaves the capabilities out of its answer to Query rate limit',
    change: cut(QUERY, (body) => body.length - 1),
  },
  {
    name: 'optional-answers-with-tail',
    title: 'sends an octet behind its answers to optional commands',
    change: longer(WITH_TAIL),
  },
  {
    name: 'rates-without-rate-limit',
    title: 'says that it does not limit its rate, and names rates',
    change: answering(QUERY, { rateLimitSupported: 0 }),
  },
  {
    name: 'rate-limit-reserved-bits',
    title: 'sets reserved bits of its rate limit capabilities',
    change: answering(QUERY, { reserved: 0x20 }),
  },
  {
    name: 'rate-limit-not-used',
    title: 'accepts a rate limit and does not use it',
    change: keepingLimit((burst) => burst > 0),
  },
  {
    name: 'takes-any-rate',
    title: 'accepts a rate above its highest',
    change: responding(LIMIT, ({ fields, state }) => {
      const [burst, rate] = [Number(fields.burst), Number(fields.rate)];
      if (rate <= 100_000) return undefined;
      state.rateLimit = { burst, rate };
      return { fields: { burst, rate } };
    }),
  },
  {
    name: 'keeps-rate-limit',
    title: 'keeps its rate limit for a burst of 0',
    change: keepingLimit((burst) => burst === 0),
  },
  {
    name: 'update-rate-limit-with-data',
    title: 'sends data after the completion code of Update rate limit',
    change: longer(['updateRateLimit'], 3),
  },
  {
    name: 'interfaces-not-listed',
    title: 'counts its interfaces and does not list them',
    change: cut(INTERFACES, () => 5),
  },
  { name: 'no-interfaces', title: 'has no interface at all', change: answering(INTERFACES, { interfaces: [] }) },
  {
    name: 'interfaces-without-type',
    title: 'lists interfaces of type 0',
    change: answering(INTERFACES, (_, { state }) => ({ interfaces: [{ interfaceType: 0, eid: state.eid }] })),
  },
  {
    name: 'static-eid-cannot-be-replaced',
    title: 'rejects every EID but its static one',
    change: responding(SET, ({ fields, state }) =>
      fields.operation === 0 && fields.eid !== state.eid ? status(1, state.eid) : undefined,
    ),
  },
  {
    name: 'cannot-reset-eid',
    title: 'does not go back to its static EID',
    change: responding(SET, ({ fields }) => (fields.operation === RESET ? refusal(INVALID_DATA) : undefined)),
  },
  {
    name: 'resets-to-the-eid-given',
    title: 'looks at the EID of a request to reset it',
    change: responding(SET, ({ fields, state }) => {
      if (fields.operation !== RESET || fields.eid === 0) return undefined;
      return fields.eid === BROADCAST ? refusal(INVALID_DATA) : status(0, state.eid);
    }),
  },
  {
    name: 'static-eid-type-only',
    title: 'does not say whether its static EID is in force',
    change: answering('getEndpointId', { eidType: 1 }),
  },
];

const ofDiscovery: readonly Omit<Deviation, 'classes' | 'bindings'>[] = [
  {
    name: 'ignores-prepare-for-discovery',
    title: 'answers Prepare for Endpoint Discovery and stays discovered',
    change: responding('prepareForEndpointDiscovery', () => ({ fields: { completionCode: 0 } })),
  },
  {
    name: 'assignment-leaves-undiscovered',
    title: 'is not discovered by an assignment',
    change: (correct) => ({
      respond: (request, commands) => {
        const before = request.state.discovered;
        const answer = correct.respond(request, commands);
        const assigned = request.command.name === SET && request.fields.operation !== SET_DISCOVERED_FLAG;
        if (assigned) request.state.discovered = before;
        return answer;
      },
    }),
  },
  {
    name: 'discovered-by-broadcast-only',
    title: 'answers Endpoint Discovery to the broadcast EID only',
    change: responding('endpointDiscovery', ({ packet }) =>
      packet.destinationEid === BROADCAST ? undefined : 'silence',
    ),
  },
  {
    name: 'refuses-discovered-flag',
    title: 'refuses to set its Discovered flag',
    change: responding(SET, ({ fields }) =>
      fields.operation === SET_DISCOVERED_FLAG ? refusal(INVALID_DATA) : undefined,
    ),
  },
  {
    name: 'looks-at-eid-while-undiscovered',
    title: 'drops what is sent to another EID although it is undiscovered',
    change: (correct) => ({
      acceptsPacket: (packet, state) => correct.acceptsPacket(packet, { ...state, discovered: true }),
    }),
  },
];

/** As mctpd does it: also where there is no flag at all. */
const rejecting: Deviation = {
  name: 'rejects-discovered-flag',
  title: 'answers Set Discovered Flag with SUCCESS and the status rejected',
  seenIn: 'mctpd',
  change: responding(SET, ({ fields, state }) =>
    fields.operation === SET_DISCOVERED_FLAG ? status(1, state.eid) : undefined,
  ),
};

export const optionalDeviations: readonly Deviation[] = [
  ...deviations.map((deviation): Deviation => ({ ...deviation, classes: ['complete'] })),
  ...ofDiscovery.map((deviation): Deviation => ({ ...deviation, classes: ['complete'], bindings: ['serial'] })),
  rejecting,
];
