import type { SmbusFrame, SmbusOverrides } from '../../binding/smbus';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';

/** SMBus frames, both ways. */

const sent =
  (overrides: SmbusOverrides | ((packet: Uint8Array) => SmbusOverrides)): Change =>
  (correct) => ({
    smbusFrame: (packet, state) => ({
      ...correct.smbusFrame(packet, state),
      ...(typeof overrides === 'function' ? overrides(packet) : overrides),
    }),
  });

/** Takes frames as if they had other fields. */
const taken =
  (change: (frame: SmbusFrame) => Partial<SmbusFrame>): Change =>
  (correct) => ({
    acceptsSmbus: (frame, octets, state) => correct.acceptsSmbus({ ...frame, ...change(frame) }, octets, state),
  });

/** Octets of a packet with a payload of the baseline transmission unit. */
const FULL_PACKET = 68;
const SMBUS_HOST = 0x08;
const GET_MESSAGE_TYPE_SUPPORT = 0x05;

const isFirst = (packet: Uint8Array): boolean => ((packet[3] ?? 0) & 0x80) !== 0;

const deviations: readonly Omit<Deviation, 'bindings'>[] = [
  {
    name: 'smbus-other-command-code',
    title: 'sends SMBus command code 0x10',
    change: sent({ smbusCommandCode: 0x10 }),
  },
  {
    name: 'smbus-counts-without-source-address',
    title: 'leaves the source address out of the byte count',
    change: sent({ byteCount: { add: -1 } }),
  },
  {
    name: 'smbus-full-frame-counted-short',
    title: 'counts one octet too few in frames of 64 octets of payload',
    change: sent((packet) => (packet.length === FULL_PACKET ? { byteCount: { add: -1 } } : {})),
  },
  { name: 'smbus-counts-whole-frame', title: 'counts the whole frame', change: sent({ byteCount: { add: 3 } }) },
  { name: 'smbus-source-flag-clear', title: 'does not mark its frames as MCTP', change: sent({ sourceFlag: 0 }) },
  {
    name: 'smbus-source-address-of-requester',
    title: 'names the address of its requester as its own',
    change: sent({ sourceAddress: 0x10 }),
  },
  {
    name: 'smbus-source-address-beyond-seven-bits',
    title: 'names an address that begins one of ten bits',
    change: sent({ sourceAddress: 0x79 }),
  },
  {
    name: 'smbus-answers-a-fixed-address',
    title: 'writes its answers to Get Message Type Support to the host, whoever has asked',
    seenIn: 'facebook/OpenBIC PR 2766',
    pervasive: true,
    change: (correct) => ({
      smbusFrame: (packet, state) => ({
        ...correct.smbusFrame(packet, state),
        ...(packet[4] === 0 && packet[6] === GET_MESSAGE_TYPE_SUPPORT ? { destination: SMBUS_HOST } : {}),
      }),
    }),
  },
  { name: 'smbus-read-bit-set', title: 'sets the read bit of its address octet', change: sent({ readWrite: 1 }) },
  {
    name: 'smbus-without-pec',
    title: 'sends no PEC',
    seenIn: 'facebook/openbmc 57',
    // One in 256 frames ends by chance in what would be its PEC, and is read so.
    pervasive: true,
    change: sent({ pec: 'absent' }),
  },
  {
    name: 'smbus-pec-without-address',
    title: 'leaves the address octet out of the PEC',
    seenIn: 'zephyr PR 111090',
    change: sent({ pecScope: 'without-address' }),
  },
  { name: 'smbus-pec-wrong', title: 'sends a wrong PEC', change: sent({ pec: { xor: 0x5a } }) },
  {
    name: 'smbus-pec-wrong-now-and-then',
    title: 'sends a wrong PEC in every fiftieth frame',
    change: (correct) => ({
      smbusFrame: (packet, state) => {
        const count = (state.memory.get('frames') ?? 0) + 1;
        state.memory.set('frames', count);
        return { ...correct.smbusFrame(packet, state), ...(count % 50 === 0 ? { pec: { xor: 0x80 } } : {}) };
      },
    }),
  },
  {
    name: 'smbus-pec-good-in-first-frame-only',
    title: 'computes the PEC of later frames from the first',
    classes: ['nic'],
    change: sent((packet) => (isFirst(packet) ? {} : { pec: { xor: 0x5a } })),
  },
  {
    name: 'smbus-pec-not-checked',
    title: 'does not check the PEC',
    seenIn: 'libmctp',
    change: taken(({ pecStatus }) => (pecStatus === 'absent' ? {} : { pecStatus: 'good' })),
  },
  {
    name: 'smbus-takes-pec-without-address',
    title: 'takes frames whose PEC leaves out the address',
    change: taken(({ pecStatus }) => (pecStatus === 'without-address' ? { pecStatus: 'good' } : {})),
  },
  {
    name: 'smbus-pec-not-needed',
    title: 'takes frames without a PEC',
    change: taken(({ pecStatus }) => (pecStatus === 'absent' ? { pecStatus: 'good' } : {})),
  },
  {
    name: 'smbus-takes-any-command-code',
    title: 'takes any SMBus command for MCTP',
    change: taken(() => ({ smbusCommandCode: 0x0f })),
  },
  {
    name: 'smbus-takes-ipmi-for-mctp',
    title: 'does not look at the bit that tells MCTP from IPMI',
    seenIn: 'Linux mctp-i2c',
    change: taken(() => ({ sourceFlag: 1 })),
  },
  {
    name: 'smbus-byte-count-not-checked',
    title: 'does not look at the byte count',
    change: taken(({ actualCount }) => ({ byteCount: actualCount })),
  },
  {
    name: 'smbus-wrong-pec-ends-message',
    title: 'gives up a message at a frame with a wrong PEC',
    classes: ['nic'],
    change: (correct) => ({
      acceptsSmbus: (frame, octets, state) => {
        if (frame.pecStatus !== 'good') state.assemblies.clear();
        return correct.acceptsSmbus(frame, octets, state);
      },
    }),
  },
  {
    name: 'smbus-deaf-after-broken-write',
    title: 'is deaf for a while after a write that ends in its middle',
    change: (correct) => ({
      acceptsSmbus: (frame, octets, state) => {
        const left = state.memory.get('stalled') ?? 0;
        const broken = octets.length < 11 && frame.byteCount > frame.actualCount;
        state.memory.set('stalled', broken ? 16 : Math.max(0, left - 1));
        return left === 0 && correct.acceptsSmbus(frame, octets, state);
      },
    }),
  },
  {
    name: 'smbus-misses-its-address',
    title: 'does not acknowledge every sixteenth write',
    pervasive: true,
    change: (correct) => ({
      acknowledges: (octets, state) => {
        const count = state.memory.get('writes') ?? 0;
        if (count % 16 !== 15 || state.memory.get('missed') === count) return correct.acknowledges(octets, state);
        state.memory.set('missed', count);
        return false;
      },
      acceptsSmbus: (frame, octets, state) => {
        state.memory.set('writes', (state.memory.get('writes') ?? 0) + 1);
        return correct.acceptsSmbus(frame, octets, state);
      },
    }),
  },
  {
    name: 'smbus-refuses-data-octets',
    title: 'does not acknowledge what comes after the first octets of a long write',
    seenIn: 'case checklist',
    pervasive: true,
    change: (correct) => ({
      acknowledges: (octets, state) => octets.length <= 20 && correct.acknowledges(octets, state),
    }),
  },
  {
    name: 'smbus-sends-once',
    title: 'does not send again what is not acknowledged',
    seenIn: 'Linux mctp-i2c',
    change: () => ({ packetRetries: 0 }),
  },
  {
    name: 'smbus-sends-four-times',
    title: 'gives up a frame after four refusals',
    change: () => ({ packetRetries: 3 }),
  },
  {
    name: 'smbus-sends-for-ever',
    title: 'sends again without end what is not acknowledged',
    change: () => ({ packetRetries: Number.POSITIVE_INFINITY }),
  },
  {
    name: 'smbus-deaf-after-refusals',
    title: 'is deaf for a while after a frame of its own that nobody acknowledged',
    change: (correct) => ({
      gaveUp: (state) => {
        state.memory.set('deaf', 16);
      },
      acceptsSmbus: (frame, octets, state) => {
        const left = state.memory.get('deaf') ?? 0;
        state.memory.set('deaf', Math.max(0, left - 1));
        return left === 0 && correct.acceptsSmbus(frame, octets, state);
      },
    }),
  },
  {
    name: 'smbus-blocks-of-32-octets',
    title: 'takes blocks of at most 32 octets',
    pervasive: true,
    change: (correct) => ({
      acceptsSmbus: (frame, octets, state) => frame.byteCount <= 32 && correct.acceptsSmbus(frame, octets, state),
    }),
  },
];

export const smbusDeviations: readonly Deviation[] = deviations.map((deviation) => ({
  ...deviation,
  bindings: ['smbus'],
}));
