import { MILLISECOND } from '../../clock';
import { concat } from '../../codec/octets';
import type { Packet } from '../../codec/packet';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { dropping, packets, sending } from './change';

/** How messages of several packets are sent, and when answers come. */

/** Cuts a message of several packets anew: `sizes` of the first ones, then the last of these again and again. */
function recut(sent: readonly Packet[], sizes: readonly number[]): readonly Packet[] {
  const [first] = sent;
  if (first === undefined || sent.length < 3) return sent;
  const body = concat(...sent.map(({ payload }) => payload));
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < body.length; ) {
    const size = sizes[Math.min(parts.length, sizes.length - 1)] ?? body.length;
    parts.push(body.subarray(offset, offset + size));
    offset += size;
  }
  return parts.map((payload, index) => ({
    ...first,
    som: index === 0 ? 1 : 0,
    eom: index === parts.length - 1 ? 1 : 0,
    packetSequence: (first.packetSequence + index) % 4,
    payload,
  }));
}

const cutting =
  (sizes: readonly number[]): Change =>
  (correct) => ({
    packets: (sent, state) => recut(correct.packets(sent, state), sizes),
  });

/** Of messages of several packets. */
const repeating =
  (change: (sent: readonly Packet[]) => readonly Packet[]): Change =>
  (correct) => ({
    packets: (sent, state) => {
      const right = correct.packets(sent, state);
      return right.length > 1 ? change(right) : right;
    },
  });

const inUnitsOf = (unit: number): Change =>
  sending((message) => (message.body.length > 64 ? { ...message, unit } : message));

const slower = (command: string | undefined): Change =>
  sending((message, request) =>
    command === undefined || request?.command.name === command
      ? { ...message, delayNs: message.delayNs + 150 * MILLISECOND }
      : message,
  );

export const transmissionDeviations: readonly Deviation[] = [
  {
    name: 'start-flag-on-every-packet',
    classes: ['nic'],
    pervasive: true,
    title: 'marks every packet of a message as the first',
    change: packets(() => ({ som: 1 })),
  },
  {
    name: 'sequence-stands-still',
    classes: ['nic'],
    title: 'sends every packet with sequence number 0',
    change: packets(() => ({ packetSequence: 0 })),
  },
  {
    name: 'sequence-does-not-wrap',
    classes: ['nic'],
    title: 'stops counting its packets at 3',
    change: packets((_, index) => ({ packetSequence: Math.min(index, 3) })),
  },
  {
    name: 'tag-changes-within-message',
    classes: ['nic'],
    title: 'takes another tag for every packet of a message',
    seenIn: 'case checklist',
    change: packets(({ messageTag }, index) => ({ messageTag: (messageTag + index) % 8 })),
  },
  {
    name: 'packets-out-of-order',
    classes: ['nic'],
    pervasive: true,
    title: 'sends the third packet of a message before the second',
    change: (correct) => ({
      packets: (sent, state) => {
        const [first, second, third, ...rest] = correct.packets(sent, state);
        const known = first !== undefined && second !== undefined && third !== undefined;
        return known ? [first, third, second, ...rest] : correct.packets(sent, state);
      },
    }),
  },
  {
    name: 'sequence-counts-by-two',
    classes: ['nic'],
    title: 'leaves a sequence number out between two packets of a message',
    change: packets((_, index) => ({ packetSequence: (2 * index) % 4 })),
  },
  {
    name: 'first-packet-twice',
    classes: ['nic'],
    title: 'sends the first packet of a message twice',
    change: repeating(([first, ...rest]) => (first === undefined ? [] : [first, first, ...rest])),
  },
  {
    name: 'last-packet-twice',
    classes: ['nic'],
    title: 'sends the last packet of a message twice',
    change: repeating((sent) => [...sent, ...sent.slice(-1)]),
  },
  {
    name: 'sequence-jumps',
    title: 'leaves a sequence number out between two messages',
    change: (correct) => ({
      packets: (sent, state) => {
        const from = state.memory.get('sequence') ?? 0;
        state.memory.set('sequence', (from + sent.length + 1) % 4);
        const numbered = sent.map((packet, index) => ({ ...packet, packetSequence: (from + index) % 4 }));
        return correct.packets(numbered, state);
      },
    }),
  },
  {
    name: 'header-counted-in-unit',
    classes: ['nic'],
    title: 'counts the packet header among the 64 octets of a packet',
    seenIn: 'CodeConstruct/mctp-rs PR 52',
    change: inUnitsOf(60),
  },
  {
    name: 'packets-of-unequal-size',
    classes: ['nic'],
    title: 'sends packets of 64 and of 60 octets in one message',
    change: cutting([64, 60, 64]),
  },
  {
    name: 'last-packet-larger',
    classes: ['nic'],
    title: 'sends the rest of a message in one packet, however much it is',
    change: cutting([64, 64, 4096]),
  },
  {
    name: 'packets-of-244-octets',
    classes: ['nic'],
    title: 'sends packets of 244 octets without asking',
    seenIn: 'facebook/OpenBIC PR 2766',
    change: inUnitsOf(244),
  },
  { name: 'slow-answers', title: 'thinks for 150 ms before it answers', change: slower(undefined) },
  {
    name: 'slow-to-be-assigned',
    title: 'does other things before it answers Set Endpoint ID',
    seenIn: 'CodeConstruct/mctp 155',
    change: slower('setEndpointId'),
  },
  {
    name: 'answers-twice',
    bindings: ['smbus'],
    title: 'sends every answer of one packet twice',
    change: (correct) => ({
      message: (message, request, state) =>
        correct
          .message(message, request, state)
          .flatMap((each) => (each.body.length > each.unit ? [each] : [each, each])),
    }),
  },
  {
    name: 'loses-every-fifth-request',
    title: 'loses every fifth packet',
    pervasive: true,
    change: dropping((_, state) => {
      const count = (state.memory.get('packets') ?? 0) + 1;
      state.memory.set('packets', count);
      return count % 5 === 0;
    }),
  },
];
