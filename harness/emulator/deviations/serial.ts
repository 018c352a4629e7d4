import type { SerialOverrides } from '../../binding/serial';
import { ESCAPE, FLAG, SERIAL_REVISION } from '../../binding/serial';
import { crc16 } from '../../codec/checksum';
import { concat } from '../../codec/octets';
import type { Behaviour, Deviation } from '../endpoint-types';
import type { Change } from './change';
import { dropping } from './change';

/** Serial frames, both ways. */

const STALLED = 16;

const needsEscape = (octet: number): boolean => octet === FLAG || octet === ESCAPE;
const swapped = (fcs: number): number => ((fcs & 0xff) << 8) | (fcs >> 8);

const sent =
  (overrides: SerialOverrides | ((packet: Uint8Array) => SerialOverrides)): Change =>
  (correct) => ({
    serialFrame: (packet, state) => ({
      ...correct.serialFrame(packet, state),
      ...(typeof overrides === 'function' ? overrides(packet) : overrides),
    }),
  });

const received =
  (rules: Partial<Behaviour['serialRules']>): Change =>
  (correct) => ({
    serialRules: { ...correct.serialRules, ...rules },
  });

/** The octets that the FCS covers. */
const covered = (packet: Uint8Array): Uint8Array => concat([SERIAL_REVISION, packet.length], packet);

/** Loses transmissions; `when` may remember. */
const losing =
  (when: (octets: Uint8Array) => boolean): Change =>
  (correct) => ({
    serialOctets: (octets, state) => (when(octets) ? new Uint8Array(0) : correct.serialOctets(octets, state)),
  });

/** Takes nothing of so many transmissions after one that trips it. */
const stallingAfter =
  (trips: (octets: Uint8Array) => boolean): Change =>
  (correct) => {
    let left = 0;
    const lost = (octets: Uint8Array): boolean => {
      if (left > 0) {
        left -= 1;
        return true;
      }
      if (trips(octets)) left = STALLED;
      return false;
    };
    return losing(lost)(correct);
  };

/** A transmission that is one frame without escapes, flags included. */
const isWhole = (octets: Uint8Array): boolean =>
  octets[0] === FLAG && octets[1] === SERIAL_REVISION && octets.at(-1) === FLAG && !octets.includes(ESCAPE);
const countOf = (octets: Uint8Array): number => octets[2] ?? 0;

const deviations: readonly Omit<Deviation, 'bindings'>[] = [
  { name: 'serial-other-revision', title: 'sends revision 2', change: sent({ revision: 2 }) },
  {
    name: 'serial-no-flag-after-long-frames',
    title: 'forgets the closing flag of frames with more than twenty octets',
    pervasive: true,
    change: sent((packet) => (packet.length > 20 ? { closingFlag: 'absent' } : {})),
  },
  {
    name: 'serial-escapes-nothing',
    title: 'sends flags and escapes among its data as they are',
    seenIn: 'Linux before f962e8361adf',
    change: sent({ escaping: 'none' }),
  },
  {
    name: 'serial-counts-escapes',
    title: 'counts its escapes',
    change: sent((packet) => ({ byteCount: { add: packet.filter(needsEscape).length } })),
  },
  {
    name: 'serial-fcs-includes-flag',
    title: 'computes the FCS from the opening flag on',
    seenIn: 'PICMG firmware of 2020',
    change: sent((packet) => ({ fcs: crc16(concat([FLAG], covered(packet))) })),
  },
  {
    name: 'serial-fcs-from-zero',
    title: 'begins its FCS with zeros',
    seenIn: 'Linux before the fix of the starting value',
    change: sent((packet) => ({ fcs: crc16(covered(packet), 0) })),
  },
  {
    name: 'serial-fcs-wrong-beside-escapes',
    title: 'sends a wrong FCS where its packet has to be escaped',
    change: sent((packet) => (packet.some(needsEscape) ? { fcs: { xor: 0x0101 } } : {})),
  },
  { name: 'serial-fcs-wrong', title: 'sends a wrong FCS', change: sent({ fcs: { xor: 0x1234 } }) },
  { name: 'serial-fcs-complemented', title: 'complements its FCS', change: sent({ fcs: { xor: 0xffff } }) },
  {
    name: 'serial-fcs-low-octet-first',
    title: 'sends the least significant octet of its FCS first',
    change: sent((packet) => ({ fcs: swapped(crc16(covered(packet))) })),
  },
  {
    name: 'serial-escapes-fcs',
    title: 'escapes the octets of its FCS',
    seenIn: 'PICMG endpoint',
    change: sent({ fcsEscaping: 'standard' }),
  },
  {
    name: 'serial-any-revision',
    title: 'does not look at the revision',
    seenIn: 'PICMG endpoint',
    change: received({ acceptsRevision: () => true }),
  },
  {
    name: 'serial-flag-is-data',
    title: 'takes a raw flag among the data for data',
    seenIn: 'libmctp, Zephyr',
    change: received({ flagInData: 'data' }),
  },
  {
    name: 'serial-undoes-any-escape',
    title: 'undoes the escape of any octet',
    seenIn: 'Linux, libmctp, Zephyr',
    change: received({ invalidEscape: 'undo' }),
  },
  {
    name: 'serial-fcs-not-checked',
    title: 'does not check the FCS',
    change: received({ acceptsFcs: () => true }),
  },
  {
    name: 'serial-closing-flag-not-needed',
    title: 'takes frames without a closing flag',
    change: received({ needsClosingFlag: false }),
  },
  {
    name: 'serial-escapes-not-undone',
    title: 'drops frames with escapes',
    pervasive: true,
    change: dropping(({ sourceEid, destinationEid, payload }) =>
      [sourceEid, destinationEid, ...payload].some(needsEscape),
    ),
  },
  {
    name: 'serial-confused-by-noise',
    title: 'loses a frame after octets that belong to none',
    change: losing((octets) => octets[0] !== FLAG),
  },
  {
    name: 'serial-takes-second-flag-for-revision',
    title: 'takes a second flag for the revision',
    seenIn: 'PICMG endpoint',
    change: losing((octets) => octets[0] === FLAG && octets[1] === FLAG),
  },
  {
    name: 'serial-stalls-after-wrong-count',
    title: 'is deaf for a while after a frame whose count is not that of its octets',
    change: stallingAfter((octets) => isWhole(octets) && countOf(octets) > 3 && countOf(octets) !== octets.length - 6),
  },
  {
    name: 'serial-stalls-after-impossible-count',
    title: 'is deaf for a while after a frame that counts fewer octets than a packet header',
    seenIn: 'mctp-estack, PICMG endpoint',
    change: stallingAfter((octets) => isWhole(octets) && countOf(octets) < 4),
  },
  {
    name: 'serial-stalls-after-cut-frame',
    title: 'is deaf for a while after a frame without its end',
    change: stallingAfter((octets) => octets.at(-1) !== FLAG),
  },
];

export const serialDeviations: readonly Deviation[] = deviations.map((deviation) => ({
  ...deviation,
  bindings: ['serial'],
}));
