import type { Answer, Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, cut, firstEid, isSuccess, mistaking, refusal, responding, respondingTo, sending } from './change';
import { limited } from './reach';

const COMMAND = 'setEndpointId';
const SET = 0;
const FORCE = 1;
const RESET = 2;
const SET_DISCOVERED_FLAG = 3;
const INVALID_DATA = 2;

const accepted = (eid: number): Answer => ({ fields: { assignmentStatus: 0, allocationStatus: 0, eid, poolSize: 0 } });

/** Says that it accepts an assignment, and adopts another EID. */
function adopting(eid: (before: number, operation: unknown) => number | undefined): Change {
  return (correct) => ({
    respond: limited([COMMAND], (request, commands) => {
      const { command, fields, state } = request;
      const before = state.eid;
      const answer = correct.respond(request, commands);
      const instead = command.name === COMMAND && before !== 0 ? eid(before, fields.operation) : undefined;
      if (instead !== undefined && isSuccess(answer)) state.eid = instead;
      return answer;
    }),
  });
}

/** Adopts an EID that is none. */
const adoptingIllegal = (illegal: number): Change =>
  responding(COMMAND, ({ fields, state }) => {
    if (fields.eid !== illegal || (fields.operation !== SET && fields.operation !== FORCE)) return undefined;
    state.eid = illegal;
    return accepted(illegal);
  });

const assigns = (operation: unknown): boolean => operation === SET || operation === FORCE;

export const setEndpointIdDeviations: readonly Deviation[] = [
  {
    name: 'set-eid-without-pool-size',
    title: 'leaves the pool size out of its answer to Set Endpoint ID',
    change: cut(COMMAND, () => 6),
  },
  {
    name: 'set-eid-answers-old-eid',
    title: 'accepts an EID and answers with the old one',
    seenIn: 'PICMG endpoint',
    change: (correct) => ({
      respond: limited([COMMAND], (request, commands) => {
        const before = request.state.eid;
        const answer = correct.respond(request, commands);
        if (request.command.name !== COMMAND || before === 0 || !isSuccess(answer)) return answer;
        return { fields: { ...answer.fields, eid: before } };
      }),
    }),
  },
  {
    name: 'set-eid-says-rejected',
    title: 'adopts an EID and says that it rejects it',
    change: answering(COMMAND, { assignmentStatus: 1 }),
  },
  {
    name: 'set-eid-answers-reserved-eid',
    title: 'answers with an EID that no endpoint can have',
    change: answering(COMMAND, { eid: 3 }),
  },
  {
    name: 'set-eid-status-undefined',
    title: 'answers with an assignment status that no revision defines',
    change: answering(COMMAND, { assignmentStatus: 2 }),
  },
  {
    name: 'set-eid-status-reserved-bits',
    title: 'sets reserved bits of the assignment status',
    change: answering(COMMAND, { reserved7to6: 3, reserved3to2: 1 }),
  },
  {
    name: 'asks-for-eid-pool',
    classes: ['endpoint', 'nic'],
    title: 'asks for a pool of EIDs although it is no bridge',
    change: answering(COMMAND, { allocationStatus: 1, poolSize: 4 }),
  },
  {
    name: 'refuses-high-eids',
    classes: ['endpoint', 'nic'],
    title: 'takes no EID above 0x7F',
    change: responding(COMMAND, ({ fields }) =>
      assigns(fields.operation) && Number(fields.eid) > 0x7f ? refusal(INVALID_DATA) : undefined,
    ),
  },
  {
    name: 'keeps-eid',
    title: 'accepts an EID and keeps the one that it has',
    seenIn: 'Fungible mctp_daemon',
    change: adopting((before) => before),
  },
  {
    name: 'refuses-second-assignment',
    title: 'rejects every EID but the first that it was given',
    change: responding(COMMAND, ({ fields, state }) => {
      const legal = Number(fields.eid) > 7 && fields.eid !== 0xff;
      if (fields.operation !== SET || !legal || state.eid === 0 || state.eid === fields.eid) return undefined;
      return { fields: { assignmentStatus: 1, allocationStatus: 0, eid: state.eid, poolSize: 0 } };
    }),
  },
  {
    name: 'rejects-and-names-the-other',
    title: 'rejects every EID but its first and answers with the one that it has rejected',
    change: responding(COMMAND, ({ fields, state }) => {
      const eid = Number(fields.eid);
      const legal = eid > 7 && eid !== 0xff;
      if (fields.operation !== SET || !legal || state.eid === 0 || state.eid === eid) return undefined;
      return { fields: { assignmentStatus: 1, allocationStatus: 0, eid, poolSize: 0 } };
    }),
  },
  {
    name: 'listens-at-first-eid',
    title: 'reports the EID that it was given last and answers at the one that it was given first',
    change: (correct) => ({
      acceptsPacket: (packet, state) => correct.acceptsPacket(packet, { ...state, eid: firstEid(state) }),
    }),
  },
  {
    name: 'answers-at-former-eid',
    title: 'goes on answering at the EID that it was given first',
    seenIn: 'CodeConstruct/mctp 19',
    change: (correct) => ({
      acceptsPacket: (packet, state) => {
        const former = { ...state, eid: firstEid(state) };
        return correct.acceptsPacket(packet, state) || correct.acceptsPacket(packet, former);
      },
    }),
  },
  {
    name: 'refuses-forced-eid',
    title: 'does not know the operation Force EID',
    change: responding(COMMAND, ({ fields }) => (fields.operation === FORCE ? refusal(INVALID_DATA) : undefined)),
  },
  {
    name: 'takes-force-once',
    title: 'accepts every forced EID and adopts the first only',
    change: respondingTo([COMMAND], (correct, request, sets) => {
      const { state, fields } = request;
      const before = state.eid;
      const answer = correct(request, sets);
      if (fields.operation !== FORCE || !isSuccess(answer)) return answer;
      if (state.memory.get('forced') === 1) state.eid = before;
      state.memory.set('forced', 1);
      return answer;
    }),
  },
  {
    name: 'long-requests-are-refused-and-obeyed',
    title: 'refuses an assignment that is too long, and adopts its EID nevertheless',
    change: (correct) => ({
      wrongLength: (request, problem) => {
        const code = correct.wrongLength(request, problem);
        if (request.command.name === COMMAND && problem === 'long') request.state.eid = Number(request.fields.eid);
        return code;
      },
    }),
  },
  {
    name: 'ignores-forced-eid',
    title: 'accepts a forced EID and keeps the one that it has',
    change: adopting((before, operation) => (operation === FORCE ? before : undefined)),
  },
  {
    name: 'accepts-reset-of-eid',
    title: 'says that it has reset its EID although it has no static one',
    change: responding(COMMAND, ({ fields, state }) => (fields.operation === RESET ? accepted(state.eid) : undefined)),
  },
  {
    name: 'takes-reset-for-set',
    title: 'takes Reset EID for an assignment',
    change: mistaking([COMMAND], ({ fields }) => (fields.operation === RESET ? { operation: SET } : undefined)),
  },
  {
    name: 'accepts-discovered-flag',
    title: 'says that it has set a Discovered flag that its binding does not have',
    change: responding(COMMAND, ({ fields, state }) =>
      fields.operation === SET_DISCOVERED_FLAG ? accepted(state.eid) : undefined,
    ),
  },
  {
    name: 'takes-discovered-flag-for-set',
    title: 'takes Set Discovered Flag for an assignment',
    change: mistaking([COMMAND], ({ fields }) =>
      fields.operation === SET_DISCOVERED_FLAG ? { operation: SET } : undefined,
    ),
  },
  {
    name: 'accepts-null-eid',
    title: 'lets itself be assigned the null EID',
    change: adoptingIllegal(0x00),
  },
  {
    name: 'accepts-broadcast-eid',
    title: 'lets itself be assigned the broadcast EID',
    change: adoptingIllegal(0xff),
  },
  {
    name: 'ignores-reserved-eids',
    title: 'does not answer an assignment of EIDs 1 to 7',
    change: responding(COMMAND, ({ fields }) => {
      const eid = Number(fields.eid);
      return assigns(fields.operation) && eid >= 1 && eid <= 7 ? 'silence' : undefined;
    }),
  },
  {
    name: 'refuses-reserved-operation-bits',
    title: 'refuses an assignment with reserved bits of the operation set',
    change: responding(COMMAND, ({ fields }) => (fields.reserved === 0 ? undefined : refusal(INVALID_DATA))),
  },
  {
    name: 'set-eid-answered-from-elsewhere',
    title: 'answers an assignment from an EID that is neither its old nor its new one',
    seenIn: 'CodeConstruct/mctp PR 167',
    change: sending((message, request) =>
      request?.command.name === COMMAND ? { ...message, sourceEid: 0x77 } : message,
    ),
  },
];
