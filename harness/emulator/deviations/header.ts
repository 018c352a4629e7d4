import { BASELINE_TRANSMISSION_UNIT } from '../../names';
import type { Deviation } from '../endpoint-types';
import { assembling, dropping, packets, sending, stallingAfter, taking } from './change';

/** The MCTP packet header: versions, EIDs, tags. */

const isEidCommand = (payload: Uint8Array): boolean => payload[0] === 0 && (payload[2] === 1 || payload[2] === 2);

export const headerDeviations: readonly Deviation[] = [
  {
    name: 'accepts-any-header-version',
    title: 'does not look at the header version',
    seenIn: 'libmctp',
    change: assembling(() => ({ acceptsVersion: () => true })),
  },
  { name: 'header-version-zero', title: 'sends header version 0', change: packets(() => ({ headerVersion: 0 })) },
  {
    name: 'header-version-two-after-the-first',
    title: 'sends header version 2 in all packets of a message but the first',
    change: packets((_packet, index) => (index === 0 ? {} : { headerVersion: 2 })),
  },
  {
    name: 'header-reserved-bits',
    title: 'sets the bits beside the header version',
    change: packets(() => ({ reserved: 0xf })),
  },
  {
    name: 'drops-header-reserved-bits',
    title: 'compares the whole first octet of the header with 1',
    seenIn: 'Linux',
    change: dropping(({ reserved }) => reserved !== 0),
  },
  {
    name: 'null-destination-for-eid-commands-only',
    title: 'takes the null EID for its own in Set and Get Endpoint ID only',
    change: dropping(({ destinationEid, payload }) => destinationEid === 0 && !isEidCommand(payload)),
  },
  {
    name: 'drops-null-source',
    title: 'drops requests from the null EID',
    seenIn: 'mctpd',
    change: dropping(({ sourceEid }) => sourceEid === 0),
  },
  {
    name: 'answers-any-destination',
    title: 'takes packets to any EID',
    change: taking(() => ({ destinationEid: 0 })),
  },
  {
    name: 'answers-a-fixed-eid',
    title: 'sends its answers to EID 8 whoever has asked',
    change: sending((message) => ({ ...message, destinationEid: 8 })),
  },
  {
    name: 'answers-to-null-eid',
    title: 'sends its answers to the null EID',
    change: sending((message, request) => (request === undefined ? message : { ...message, destinationEid: 0 })),
  },
  {
    name: 'answers-from-eid-addressed',
    title: 'answers from the EID that it was sent to, null and broadcast too',
    seenIn: 'PICMG endpoint',
    change: sending((message, request) =>
      request === undefined ? message : { ...message, sourceEid: request.packet.destinationEid },
    ),
  },
  {
    name: 'source-eid-null',
    title: 'sends from the null EID',
    change: sending((message) => ({ ...message, sourceEid: 0 })),
  },
  {
    name: 'source-eid-reserved',
    title: 'sends from EID 1',
    pervasive: true,
    change: sending((message) => ({ ...message, sourceEid: 1 })),
  },
  {
    name: 'starts-at-sequence-zero-only',
    title: 'takes a first packet with sequence number 0 only',
    change: dropping(({ som, packetSequence }) => som === 1 && packetSequence !== 0),
  },
  {
    name: 'single-packet-without-end-flag',
    title: 'does not mark a single packet as the last',
    pervasive: true,
    change: (correct) => ({
      packets: (each, state) =>
        correct.packets(each, state).map((packet) => (each.length === 1 ? { ...packet, eom: 0 } : packet)),
    }),
  },
  {
    name: 'deaf-at-its-eid',
    title: 'takes packets to the null EID, not to its own',
    pervasive: true,
    change: dropping(({ destinationEid }) => destinationEid !== 0 && destinationEid !== 0xff),
  },
  {
    name: 'single-packet-without-start-flag',
    title: 'does not mark a single packet as the first',
    change: packets(({ som, eom }) => (som * eom === 1 ? { som: 0 } : {})),
  },
  {
    name: 'stalls-after-empty-packet',
    title: 'is deaf for a while after a packet without payload',
    change: stallingAfter(({ payload }) => payload.length === 0, 8),
  },
  // Of types without instance ids an answer is known by its tag alone.
  {
    name: 'tag-zero',
    title: 'answers with tag 0',
    seenIn: 'libmctp 8',
    pervasive: true,
    change: packets(() => ({ messageTag: 0 })),
  },
  {
    name: 'tag-of-two-bits',
    title: 'echoes two bits of the tag',
    pervasive: true,
    change: packets(({ messageTag }) => ({ messageTag: messageTag & 3 })),
  },
  {
    name: 'long-response-owns-its-tag',
    title: 'sets TO in responses of several packets',
    change: sending((message) =>
      message.body.length > BASELINE_TRANSMISSION_UNIT ? { ...message, tagOwner: 1 } : message,
    ),
  },
  {
    name: 'response-owns-its-tag',
    title: 'sets TO in its answers',
    change: packets(() => ({ tagOwner: 1 })),
  },
  {
    name: 'answers-whoever-owns-the-tag',
    title: 'takes requests with TO clear',
    change: (correct) => ({
      acceptsPacket: (packet, state) => correct.acceptsPacket({ ...packet, tagOwner: 1 }, state),
      acceptsMessage: (header, packet, state) => correct.acceptsMessage(header, { ...packet, tagOwner: 1 }, state),
    }),
  },
];
