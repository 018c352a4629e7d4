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
  { name: 'smbus-counts-whole-frame', title: 'counts the whole frame', change: sent({ byteCount: { add: 3 } }) },
  { name: 'smbus-source-flag-clear', title: 'does not mark its frames as MCTP', change: sent({ sourceFlag: 0 }) },
  {
    name: 'smbus-source-address-of-requester',
    title: 'names the address of its requester as its own',
    change: sent({ sourceAddress: 0x10 }),
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
