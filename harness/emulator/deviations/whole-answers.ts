import { SECOND } from '../../clock';
import { BROADCAST_EID, messageTypes } from '../../names';
import type { Deviation } from '../endpoint-types';
import { answering, longer, refusal, sending } from './change';
import { limited, typeKey } from './reach';

/** Answers that are wrong as a whole: to every request, to one that was sent before, beyond what they count. */

const ERROR = 1;
/** Until then an instance id may come from a retry (DSP0237, Table 8). */
const MT4 = 6 * SECOND;

export const wholeAnswerDeviations: readonly Deviation[] = [
  {
    name: 'refuses-everything',
    title: 'refuses every request with an error',
    pervasive: true,
    change: () => ({ respond: () => refusal(ERROR) }),
  },
  {
    name: 'refuses-repeated-requests',
    title: 'refuses a control request with instance id, tag and command of the one before',
    change: (correct) => ({
      respond: limited([typeKey(messageTypes.control)], (request, sets) => {
        const { command, header, packet, state } = request;
        if (command.set !== 'control') return correct.respond(request, sets);
        const key = (command.code * 32 + Number(header.instanceId)) * 8 + packet.messageTag;
        const repeated = state.memory.get('last-answered') === key && state.now < (state.memory.get('remembered') ?? 0);
        state.memory.set('last-answered', key);
        state.memory.set('remembered', state.now + MT4);
        return repeated ? refusal(ERROR) : correct.respond(request, sets);
      }),
    }),
  },
  {
    name: 'version-list-with-octet-more',
    title: 'sends an octet more than the versions that it counts',
    change: longer(['getMctpVersionSupport']),
  },
  {
    name: 'type-list-with-octet-more',
    title: 'sends an octet more than the message types that it counts',
    change: longer(['getMessageTypeSupport']),
  },
  {
    name: 'answers-broadcasts-to-everybody',
    title: 'answers a broadcast request with a broadcast',
    classes: ['complete'],
    change: sending((message, request) =>
      request?.packet.destinationEid === BROADCAST_EID ? { ...message, destinationEid: BROADCAST_EID } : message,
    ),
  },
  {
    name: 'rate-limit-answered-with-zeros',
    title: 'accepts a rate limit and names zeros in its answer',
    classes: ['complete'],
    change: answering('requestTxRateLimit', { burst: 0, rate: 0 }),
  },
  {
    name: 'vendor-answers-as-pldm',
    title: 'answers vendor-defined messages under the type of PLDM',
    classes: ['complete'],
    change: (correct) => ({
      respondRaw: (body, packet, state) => {
        const answer = correct.respondRaw(body, packet, state);
        return answer === 'silence' ? answer : Uint8Array.of(1, ...answer.subarray(1));
      },
    }),
  },
];
