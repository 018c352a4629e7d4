import { routeTo, UPSTREAM } from '../bridge-state';
import { classDefinitions } from '../classes';
import type { Answer, Deviation, DeviceRequest } from '../endpoint-types';
import { afterwards, forwarding, isBehind, routing } from './bridge-change';
import { poolDeviations } from './bridge-pool';
import { lookupDeviations, tableDeviations } from './bridge-tables';
import { mistaking, refusal, respondingTo } from './change';

/** What a bridge does with routes that it is told, and with packets for others. */

const UPDATE = 'routingInformationUpdate';
const ERROR = 1;
const TABLE_FULL = 0x80;
const BROADCAST = 0xff;
/** Octets: type, count of EIDs, first EID. */
const ENTRY_WITHOUT_ADDRESS = 3;

const isFull = ({ command }: DeviceRequest, answer: Answer): boolean =>
  command.name === UPDATE && answer !== 'silence' && answer.fields.completionCode === TABLE_FULL;

const updates: readonly Deviation[] = [
  {
    name: 'forgets-updated-routes',
    title: 'accepts Routing Information Update and does not keep what it says',
    change: afterwards(UPDATE, (bridge, before) => {
      bridge.learned = before.learned;
      return undefined;
    }),
  },
  {
    name: 'refuses-routes-without-address',
    title: 'refuses a route to an endpoint that has no physical address',
    bindings: ['serial'],
    change: respondingTo([UPDATE], (correct, request, sets) =>
      String(request.fields.entries).replaceAll(' ', '').length === 2 * ENTRY_WITHOUT_ADDRESS
        ? refusal(ERROR)
        : correct(request, sets),
    ),
  },
  {
    name: 'keeps-first-route',
    title: 'keeps the route that it has when an update brings another for the same EID',
    change: afterwards(UPDATE, (bridge, { learned }) => {
      bridge.learned = bridge.learned.map((route) => learned.find((old) => old.firstEid === route.firstEid) ?? route);
      return undefined;
    }),
  },
  {
    name: 'update-answered-with-count',
    title: 'sends the count of routes that it took after an update',
    change: (correct) => ({
      message: (message, request, state) => {
        const taken = request?.command.name === UPDATE && message.body[3] === 0;
        const body = taken ? Uint8Array.from([...message.body, 1]) : message.body;
        return correct.message({ ...message, body }, request, state);
      },
    }),
  },
  {
    name: 'takes-half-an-update',
    title: 'takes an update that counts more entries than it has',
    change: mistaking([UPDATE], ({ fields, state }) => ({
      entryCount: Math.min(
        Number(fields.entryCount),
        Math.floor(String(fields.entries).length / (state.binding === 'smbus' ? 8 : 6)),
      ),
    })),
  },
  {
    name: 'full-table-is-an-error',
    title: 'answers an update that it has no room for with ERROR',
    bindings: ['smbus'],
    change: (correct) => ({
      respond: (request, commands) => {
        const answer = correct.respond(request, commands);
        return isFull(request, answer) ? refusal(ERROR) : answer;
      },
    }),
  },
  {
    name: 'full-table-makes-room',
    title: 'gives up the routes that it has for those that it has no room for',
    bindings: ['smbus'],
    change: (correct) => ({
      respond: (request, commands) => {
        const answer = correct.respond(request, commands);
        const { bridge } = request.state;
        if (!isFull(request, answer) || bridge === undefined) return answer;
        bridge.learned = [];
        return correct.respond(request, commands);
      },
    }),
  },
];

const routes: readonly Deviation[] = [
  {
    name: 'forwards-nothing',
    title: 'drops what is for endpoints behind it',
    change: routing((_packet, _from, _state, way) => (typeof way === 'number' ? 'nowhere' : way)),
  },
  {
    name: 'answers-for-endpoints-behind-it',
    title: 'takes what is for endpoints behind it for its own',
    change: (correct) => ({
      ...routing((_packet, from, _state, way) => (from === UPSTREAM && typeof way === 'number' ? 'own' : way))(correct),
      acceptsPacket: (packet, state) =>
        correct.acceptsPacket(
          isBehind(packet.destinationEid, state) ? { ...packet, destinationEid: 0 } : packet,
          state,
        ),
    }),
  },
  {
    name: 'forwards-as-its-own',
    title: 'puts its own EID into what it forwards for others',
    change: forwarding((packets, to, state) =>
      to === UPSTREAM ? packets.map((packet) => ({ ...packet, sourceEid: state.eid })) : packets,
    ),
  },
  {
    name: 'forwards-with-another-tag',
    title: 'changes the tag of what it forwards',
    change: forwarding((packets, to) =>
      to === UPSTREAM ? packets.map((packet) => ({ ...packet, messageTag: packet.messageTag ^ 1 })) : packets,
    ),
  },
  {
    name: 'forwards-answers-to-another-eid',
    title: 'puts an EID of its own making in place of the one for which it forwards',
    change: forwarding((packets, to) =>
      to === UPSTREAM ? packets.map((packet) => ({ ...packet, destinationEid: 0x5e })) : packets,
    ),
  },
  {
    name: 'forwards-answers-as-requests',
    title: 'sets TO in the answers that it forwards',
    change: forwarding((packets, to) =>
      to === UPSTREAM ? packets.map((packet) => ({ ...packet, tagOwner: 1 })) : packets,
    ),
  },
  {
    name: 'forwards-broadcasts',
    title: 'forwards packets to the broadcast EID',
    change: routing(({ destinationEid }, from, _state, way) =>
      destinationEid === BROADCAST && from === UPSTREAM ? 1 : way,
    ),
  },
  {
    name: 'bridges-null-eids',
    title: 'forwards packets from and to the null EID',
    change: routing(({ destinationEid, sourceEid }, from, state, way) => {
      if (from !== UPSTREAM) return destinationEid === 0 ? UPSTREAM : way;
      return sourceEid === 0 && isBehind(destinationEid, state) ? (routeTo(destinationEid, state)?.port ?? way) : way;
    }),
  },
  {
    name: 'forwards-known-types-only',
    title: 'forwards messages of the types only that it speaks itself',
    change: routing(({ som, payload }, from, state, way) => {
      const spoken = classDefinitions[state.class].messageTypes.includes((payload[0] ?? 0) & 0x7f);
      return from === UPSTREAM && typeof way === 'number' && som === 1 && !spoken ? 'nowhere' : way;
    }),
  },
  {
    name: 'forwards-single-packets-only',
    title: 'does not forward messages of several packets',
    change: routing(({ som, eom }, from, _state, way) =>
      from === UPSTREAM && typeof way === 'number' && som * eom === 0 ? 'nowhere' : way,
    ),
  },
  {
    name: 'forwards-out-of-order',
    title: 'exchanges the order of packets that come fast after each other',
    change: forwarding(([first, second, ...rest], to) => {
      const both = [first, second].filter((packet) => packet !== undefined);
      return to === UPSTREAM ? [...both.reverse(), ...rest] : [...both, ...rest];
    }),
  },
  {
    name: 'forwards-no-full-packets',
    title: 'does not forward packets of 64 octets',
    change: forwarding((packets, to) => packets.filter(({ payload }) => to === UPSTREAM || payload.length < 64)),
  },
  {
    name: 'forwards-wrong-pec',
    title: 'forwards frames with a wrong PEC',
    bindings: ['smbus'],
    change: (correct) => ({
      acceptsSmbus: (frame, octets, state) => {
        const forOthers = isBehind(frame.packet[1] ?? 0, state);
        return correct.acceptsSmbus(forOthers ? { ...frame, pecStatus: 'good' } : frame, octets, state);
      },
    }),
  },
  {
    name: 'forwards-from-foreign-address',
    title: 'leaves the source address of the other bus in what it forwards',
    bindings: ['smbus'],
    change: (correct) => ({
      smbusFrame: (packet, state) => ({
        ...correct.smbusFrame(packet, state),
        ...(isBehind(packet[2] ?? 0, state) ? { sourceAddress: 0x20 } : {}),
      }),
    }),
  },
  {
    name: 'busy-while-forwarding',
    title: 'loses a request for itself that comes while one to an endpoint behind it is not answered yet',
    change: (correct) => ({
      bridging: {
        ...correct.bridging,
        forward: (packets, to, state) => {
          if (to !== UPSTREAM) state.memory.set('forwarding', 1);
          return correct.bridging.forward(packets, to, state);
        },
      },
      acceptsPacket: (packet, state) => {
        const busy = state.memory.get('forwarding') === 1;
        state.memory.set('forwarding', 0);
        return !busy && correct.acceptsPacket(packet, state);
      },
    }),
  },
];

export const bridgeDeviations: readonly Deviation[] = [
  ...poolDeviations,
  ...tableDeviations,
  ...lookupDeviations,
  ...updates,
  ...routes,
].map((deviation) => ({ ...deviation, classes: ['bridge'] }));
