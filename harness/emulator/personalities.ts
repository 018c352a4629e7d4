import { MILLISECOND } from '../clock';
import { failure } from './answers';
import { answering } from './deviations/change';
import { limited } from './deviations/reach';
import type { Deviation } from './endpoint-types';
import { questionsToOwner } from './own-requests';

/** DSP0236, Table 13. */
const ERROR_NOT_READY = 4;

/**
 * Ways to be that conform and are still unlike the plain device, each seen in products. A case that fails one of them is
 * wrong: it judges what the standard leaves open.
 */
export const personalities: readonly Deviation[] = [
  {
    name: 'chatty',
    title: 'asks its bus owner for message types and UUID after it got an EID, and asks again until answered',
    seenIn: 'mctpd',
    change: (correct) => ({
      ownRequests: (request, state) => [...correct.ownRequests(request, state), ...questionsToOwner(request, state)],
    }),
  },
  {
    name: 'slow',
    title: 'answers just within MT1',
    change: (correct) => ({
      message: (message, request, state) =>
        correct
          .message(message, request, state)
          .map((each) => (each.tagOwner === 0 ? { ...each, delayNs: each.delayNs + 90 * MILLISECOND } : each)),
    }),
  },
  {
    name: 'settles-after-assignment',
    title: 'is not ready for other control commands for 200 ms after an assignment',
    seenIn: 'Intel I210',
    change: (correct) => ({
      respond: limited(['setEndpointId'], (request, commands) => {
        const { command, state } = request;
        if (command.name === 'setEndpointId') state.memory.set('settled', state.now + 200 * MILLISECOND);
        else if (command.set === 'control' && state.now < (state.memory.get('settled') ?? 0))
          return failure(ERROR_NOT_READY);
        return correct.respond(request, commands);
      }),
    }),
  },
  {
    name: 'rounds-its-repository',
    title: 'rounds the size of its repository up to 1024 octets, and its largest record to 64',
    seenIn: 'mctp-rs',
    change: answering('pldm/getPdrRepositoryInfo', ({ repositorySize, largestRecordSize }) => ({
      repositorySize: Math.ceil(Number(repositorySize) / 1024) * 1024,
      largestRecordSize: Math.ceil(Number(largestRecordSize) / 64) * 64,
    })),
  },
  {
    name: 'running-sequence',
    title: 'lets packet sequence numbers run on across messages',
    seenIn: 'libmctp',
    change: (correct) => ({
      packets: (packets, state) => {
        const from = state.memory.get('running-sequence') ?? 1;
        state.memory.set('running-sequence', (from + packets.length) % 4);
        const numbered = packets.map((packet, index) => ({ ...packet, packetSequence: (from + index) % 4 }));
        return correct.packets(numbered, state);
      },
    }),
  },
  {
    name: 'answers-from-new-eid',
    title: 'answers Set Endpoint ID from the EID that it has just been given',
    seenIn: 'libmctp, mctpd, pymctp',
    change: (correct) => ({
      message: (message, request, state) => {
        const isSet = request?.command.name === 'setEndpointId';
        return correct.message(isSet ? { ...message, sourceEid: state.eid } : message, request, state);
      },
    }),
  },
  {
    name: 'notes-owner-first',
    title: 'takes the first assignment for a notice of who its bus owner is, and adopts an EID from the second on',
    seenIn: 'Fungible mctp_daemon',
    change: (correct) => ({
      respond: limited(['setEndpointId'], (request, commands) => {
        const { command, state } = request;
        const before = state.eid;
        const answer = correct.respond(request, commands);
        const noted = state.memory.get('owner-noted') === 1;
        if (command.name === 'setEndpointId' && answer !== 'silence' && answer.fields.completionCode === 0) {
          state.memory.set('owner-noted', 1);
          if (!noted) state.eid = before;
        }
        return answer;
      }),
    }),
  },
];
