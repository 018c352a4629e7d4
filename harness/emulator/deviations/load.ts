import { MILLISECOND, SECOND } from '../../clock';
import { messageTypes } from '../../names';
import type { Behaviour, Deviation, DeviceRequest, DeviceState } from '../endpoint-types';
import type { Change } from './change';
import { refusal, withOctet } from './change';
import { limited, typeKey } from './reach';

/** Requests in quick succession, requests that come again, and time that passes. */

const SET = 'setEndpointId';
const INVALID_DATA = 2;
const NOT_READY = 4;
/** Less than the time between an answer and the next request of somebody who waits for answers. */
const AT_ONCE = 1.5 * MILLISECOND;
/** Requests of a burst from which on it is too much. */
const MANY = 6;

/** How many requests in one packet have come at once, this one included. */
function counted(state: DeviceState): number {
  const gap = state.now - (state.memory.get('burst.last') ?? Number.NEGATIVE_INFINITY);
  const count = gap < AT_ONCE ? (state.memory.get('burst.count') ?? 0) + 1 : 1;
  state.memory.set('burst.last', state.now);
  state.memory.set('burst.count', count);
  return count;
}

/** Told of each single packet with its place in a burst; false: drops it. */
const counting =
  (take: (count: number, state: DeviceState) => boolean): Change =>
  (correct) => ({
    acceptsPacket: (packet, state) => {
      const taken = correct.acceptsPacket(packet, state);
      return packet.som * packet.eom === 0 ? taken : take(counted(state), state) && taken;
    },
  });

/** Counts something down in the device's memory; true while there was something left. */
function countDown(state: DeviceState, name: string): boolean {
  const left = state.memory.get(name) ?? 0;
  if (left > 0) state.memory.set(name, left - 1);
  return left > 0;
}

const ofBursts: readonly Deviation[] = [
  {
    name: 'deaf-after-burst',
    title: 'is deaf for a while after six requests in a row',
    change: counting((count, state) => {
      if (countDown(state, 'deaf')) return false;
      if (count >= MANY) state.memory.set('deaf', 30);
      return true;
    }),
  },
  {
    name: 'busy-after-burst',
    title: 'says that it is not ready, and goes on saying so, after six requests in a row',
    seenIn: 'case checklist',
    change: (correct) => ({
      ...counting((count, state) => {
        if (count >= MANY) state.memory.set('busy', 60);
        return true;
      })(correct),
      respond: (request, commands) =>
        countDown(request.state, 'busy') ? refusal(NOT_READY) : correct.respond(request, commands),
    }),
  },
  {
    name: 'storms-after-burst',
    title: 'sends the answers of a burst again and again',
    change: (correct) => ({
      ...counting(() => true)(correct),
      message: (message, request, state) => {
        const storms = (state.memory.get('burst.count') ?? 0) >= MANY;
        const again = [20, 40].map((ms) => ({ ...message, delayNs: message.delayNs + ms * MILLISECOND }));
        return [message, ...(storms ? again : [])].flatMap((each) => correct.message(each, request, state));
      },
    }),
  },
  {
    name: 'crosses-answers',
    title: 'answers the second of two requests at once with the instance id of the first',
    change: (correct) => ({
      message: (message, request, state) => {
        const first = state.memory.get('first.instance') ?? 0;
        const together = state.now - (state.memory.get('first.at') ?? Number.NEGATIVE_INFINITY) < AT_ONCE;
        if (request === undefined || request.command.set !== 'control') return correct.message(message, request, state);
        state.memory.set('first.at', state.now);
        state.memory.set('first.instance', Number(request.header.instanceId));
        const body = together ? withOctet(message.body, 1, (octet) => (octet & 0xe0) | first) : message.body;
        return correct.message({ ...message, body }, request, state);
      },
    }),
  },
];

/** Told of each request in one packet with the time since the one before; false: drops it. */
const afterPause =
  (take: (pause: number, state: DeviceState) => boolean): Change =>
  (correct) => ({
    acceptsPacket: (packet, state) => {
      if (!correct.acceptsPacket(packet, state)) return false;
      const pause = state.now - (state.memory.get('pause.last') ?? state.now);
      state.memory.set('pause.last', state.now);
      return take(pause, state);
    },
  });

/** Pauses of somebody who polls once a second. */
const isPoll = (pause: number): boolean => pause > 0.9 * SECOND && pause < 1.1 * SECOND;

const ofPolls: readonly Deviation[] = [
  {
    name: 'stuck-when-polled',
    title: 'answers nothing any more after it has been polled once a second for a while',
    pervasive: true,
    seenIn: 'case checklist',
    change: afterPause((pause, state) => {
      const polls = isPoll(pause) ? (state.memory.get('polls') ?? 0) + 1 : 0;
      state.memory.set('polls', polls);
      state.alive = polls < 10;
      return state.alive;
    }),
  },
  {
    name: 'dozes-off',
    title: 'loses the first request after a second without any',
    change: afterPause((pause) => !isPoll(pause)),
  },
];

/** The answers to the last few assignments, by what asked for them. */
function remembering(correct: Behaviour): Partial<Behaviour> {
  const seen: string[] = [];
  const keyOf = ({ header, packet, body }: DeviceRequest): string =>
    [header.instanceId, packet.messageTag, packet.sourceEid, ...body.subarray(3)].join();
  return {
    respond: limited([SET], (request, commands) => {
      if (request.command.name !== SET) return correct.respond(request, commands);
      const key = keyOf(request);
      if (seen.includes(key)) {
        const { eid = 0 } = request.fields;
        return { fields: { completionCode: 0, assignmentStatus: 0, allocationStatus: 0, eid, poolSize: 0 } };
      }
      seen.push(key);
      if (seen.length > 4) seen.shift();
      return correct.respond(request, commands);
    }),
  };
}

export const loadDeviations: readonly Deviation[] = [
  ...ofBursts,
  ...ofPolls,
  {
    name: 'remembers-requests-for-ever',
    title: 'takes a request for a retry however long the first one is ago',
    change: remembering,
  },
  {
    name: 'forgets-eid-when-unused',
    title: 'gives up its EID when nobody has spoken to it for eight seconds',
    change: (correct) => ({
      acceptsPacket: (packet, state) => {
        if (state.now - (state.memory.get('spoken-to') ?? state.now) > 8 * SECOND) state.eid = 0;
        state.memory.set('spoken-to', state.now);
        return correct.acceptsPacket(packet, state);
      },
    }),
  },
  {
    name: 'slow-now-and-then',
    title: 'thinks for 150 ms about every ninth request',
    pervasive: true,
    change: (correct) => ({
      message: (message, request, state) => {
        const count = (state.memory.get('answers') ?? 0) + 1;
        state.memory.set('answers', count);
        const delayNs = message.delayNs + (count % 9 === 0 ? 150 * MILLISECOND : 0);
        return correct.message({ ...message, delayNs }, request, state);
      },
    }),
  },
  {
    name: 'illegal-values-are-errors',
    title: 'refuses illegal values with ERROR',
    change: (correct) => ({
      respond: limited([typeKey(messageTypes.control)], (request, commands) => {
        const answer = correct.respond(request, commands);
        const code = answer === 'silence' ? 0 : answer.fields.completionCode;
        return code === INVALID_DATA && request.command.set === 'control' ? refusal(1) : answer;
      }),
    }),
  },
];
