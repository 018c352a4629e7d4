import type { Packet } from '../../codec/packet';
import type { Deviation, DeviceState } from '../endpoint-types';
import type { Change } from './change';
import { assembling, dropping, lengthAnswer, stallingAfter } from './change';

/** How messages of several packets are received. */

const STALLED = 16;
const PLDM = 1;

/** Ends the assembly of a packet that should only have been dropped. */
const endsMessage =
  (when: (packet: Packet, state: DeviceState) => boolean): Change =>
  (correct) => ({
    acceptsPacket: (packet, state) => {
      if (when(packet, state)) state.assemblies.delete(correct.assembly.key(packet));
      return correct.acceptsPacket(packet, state);
    },
  });

/** Faults that only a class with messages of several packets shows. */
const severalPackets: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'assembles-nothing',
    title: 'takes messages of one packet only',
    pervasive: true,
    change: dropping(({ som, eom }) => som * eom === 0),
  },
  {
    name: 'ignores-sequence-numbers',
    title: 'does not look at sequence numbers',
    change: assembling(() => ({ sequence: 'ignored' })),
  },
  {
    name: 'keeps-message-out-of-sequence',
    title: 'drops a packet out of sequence and keeps the message',
    seenIn: 'Linux',
    change: assembling(() => ({ sequence: 'drops-packet' })),
  },
  {
    name: 'second-start-drops-both',
    title: 'drops both messages when a second one begins under the same tag',
    seenIn: 'Linux',
    change: assembling(() => ({ newStart: 'drops-both' })),
  },
  {
    name: 'second-start-is-dropped',
    title: 'goes on with the first message when a second one begins under the same tag',
    change: assembling(() => ({ newStart: 'drops-new' })),
  },
  {
    name: 'single-packet-leaves-message-open',
    title: 'goes on with a message after a single packet under the same tag',
    seenIn: 'libmctp',
    change: assembling(() => ({ singleEndsAssembly: false })),
  },
  {
    name: 'single-packet-waits-for-message',
    title: 'drops a single packet of PLDM while a message is in progress under its tag',
    change: (correct) => ({
      acceptsPacket: (packet, state) => {
        const single = packet.som * packet.eom === 1 && packet.payload[0] === PLDM;
        return !(single && state.assemblies.has(correct.assembly.key(packet))) && correct.acceptsPacket(packet, state);
      },
    }),
  },
  {
    name: 'assembles-whatever-the-tag',
    title: 'does not look at the tag when it assembles',
    change: assembling(() => ({ key: ({ sourceEid, tagOwner }) => `${sourceEid}/${tagOwner}` })),
  },
  {
    name: 'assembles-whatever-the-source',
    title: 'does not look at the source EID when it assembles',
    change: assembling(() => ({ key: ({ tagOwner, messageTag }) => `${tagOwner}/${messageTag}` })),
  },
  {
    name: 'assembles-by-two-bits-of-the-tag',
    title: 'looks at two bits of the tag when it assembles',
    change: assembling(() => ({
      key: ({ sourceEid, tagOwner, messageTag }) => `${sourceEid}/${tagOwner}/${messageTag % 4}`,
    })),
  },
  {
    name: 'assembles-by-four-bits-of-the-source',
    title: 'looks at four bits of the source EID when it assembles',
    change: assembling(() => ({
      key: ({ sourceEid, tagOwner, messageTag }) => `${sourceEid % 16}/${tagOwner}/${messageTag}`,
    })),
  },
  {
    name: 'assembles-whoever-owns-the-tag',
    title: 'does not look at TO when it assembles',
    seenIn: 'libmctp discussion 27',
    change: (correct) => ({
      assembly: { ...correct.assembly, key: ({ sourceEid, messageTag }) => `${sourceEid}/${messageTag}` },
      acceptsPacket: (packet, state) => correct.acceptsPacket({ ...packet, tagOwner: 1 }, state),
    }),
  },
  {
    name: 'assembles-one-message-only',
    title: 'assembles one message at a time',
    change: assembling(() => ({ slots: 1 })),
  },
  {
    name: 'assembly-never-given-up',
    title: 'keeps messages that never end until it has no room for another',
    seenIn: 'libmctp discussion 27',
    pervasive: true,
    change: assembling(() => ({ whenFull: 'drops-new' })),
  },
  {
    name: 'other-version-ends-message',
    title: 'gives up a message at a packet of another header version',
    change: endsMessage(({ headerVersion }) => headerVersion !== 1),
  },
  {
    name: 'other-destination-ends-message',
    title: 'gives up a message at a packet to another EID',
    change: endsMessage(({ destinationEid }, { eid }) => ![0, 0xff, eid].includes(destinationEid)),
  },
  {
    name: 'accepts-60-octets-only',
    title: 'counts the packet header among the 64 octets that it accepts',
    pervasive: true,
    change: assembling(() => ({ unit: 60 })),
  },
  {
    name: 'stalls-after-odd-middle',
    title: 'is deaf for a while after a middle packet of another size',
    change: stallingAfter(({ som, eom, payload }) => som + eom === 0 && payload.length !== 64, STALLED),
  },
  {
    name: 'stalls-after-small-start',
    title: 'is deaf for a while after a first packet of less than 64 octets',
    change: stallingAfter(({ som, eom, payload }) => som === 1 && eom === 0 && payload.length < 64, STALLED),
  },
];

export const assemblyDeviations: readonly Deviation[] = [
  ...severalPackets.map((deviation): Deviation => ({ ...deviation, classes: ['nic', 'hba'] })),
  {
    name: 'takes-any-packet-for-a-start',
    title: 'takes a packet without a first one for the first',
    change: assembling(() => ({ orphans: 'taken-for-start' })),
  },
  {
    name: 'answers-oversize-packets',
    title: 'takes control packets of more than 64 octets and ignores the excess',
    change: (correct) => ({
      assembly: { ...correct.assembly, unit: 250 },
      wrongLength: (request, problem) =>
        request.body.length > 64
          ? lengthAnswer('control', 'long', undefined)(correct).wrongLength?.(request, problem)
          : correct.wrongLength(request, problem),
    }),
  },
  {
    name: 'stalls-after-oversize-packet',
    title: 'is deaf for a while after a packet of more than 64 octets',
    change: stallingAfter(({ payload }) => payload.length > 64, STALLED),
  },
  {
    name: 'stalls-after-unsupported-message',
    title: 'is deaf for a while after a message of several packets of a type that it does not have',
    change: stallingAfter(
      ({ som, eom, payload }) => som === 1 && eom === 0 && ((payload[0] ?? 0) & 0x7f) >= 0x10,
      STALLED,
    ),
  },
  {
    name: 'masks-message-type',
    title: 'looks at four bits of the message type',
    seenIn: 'PICMG endpoint',
    change: () => ({ messageType: (octet) => octet & 0x0f }),
  },
  {
    name: 'answers-any-message-type',
    title: 'answers messages of types that it does not support',
    change: () => ({ respondRaw: (body) => Uint8Array.of(...body.subarray(0, 3), 1) }),
  },
];
