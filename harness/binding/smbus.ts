import { crc8 } from '../codec/checksum';
import { layout } from '../codec/layout';
import { concat, fromHex } from '../codec/octets';
import type { Override } from './override';
import { applyOverride } from './override';

/** SMBus command code of every MCTP packet (DSP0237 6.3). */
export const MCTP_COMMAND_CODE = 0x0f;

/** Octets before the MCTP packet (DSP0237 6.3, Table 1); addresses are 7-bit values. */
export const smbusHeaderLayout = layout([
  {
    bits: [
      { name: 'destinationAddress', width: 7 },
      { name: 'readWrite', width: 1 },
    ],
  },
  { name: 'smbusCommandCode', type: 'uint8', default: MCTP_COMMAND_CODE },
  { name: 'byteCount', type: 'uint8' },
  {
    bits: [
      { name: 'sourceAddress', width: 7 },
      { name: 'sourceFlag', width: 1, default: 1 },
    ],
  },
]);

export const SMBUS_HEADER_SIZE = 4;

export const smbusFrameFields = [
  'destinationAddress',
  'readWrite',
  'smbusCommandCode',
  'byteCount',
  'sourceAddress',
  'sourceFlag',
  'pec',
] as const;

/** What a test may change in a frame. `truncate` keeps that many octets; `append` adds octets after the PEC. */
export interface SmbusOverrides {
  readonly destinationAddress?: Override;
  readonly readWrite?: Override;
  readonly smbusCommandCode?: Override;
  readonly byteCount?: Override;
  readonly sourceAddress?: Override;
  readonly sourceFlag?: Override;
  readonly pec?: Override;
  readonly pecScope?: 'all' | 'without-address';
  readonly truncate?: number;
  readonly append?: string;
}

export interface SmbusAddressing {
  readonly destinationAddress: number;
  readonly sourceAddress: number;
}

/**
 * One block write carrying `packet`, from the address octet to the PEC (DSP0237 6.3). `absent` leaves a whole octet out,
 * also where it is said of one of its bit fields; the PEC covers what is really sent.
 */
export function encodeSmbus(
  packet: Uint8Array,
  addressing: SmbusAddressing,
  overrides: SmbusOverrides = {},
): Uint8Array {
  const covered = concat(
    addressOctet(
      applyOverride(addressing.destinationAddress, overrides.destinationAddress),
      applyOverride(0, overrides.readWrite),
    ),
    octet(applyOverride(MCTP_COMMAND_CODE, overrides.smbusCommandCode)),
    octet(applyOverride(packet.length + 1, overrides.byteCount)),
    addressOctet(
      applyOverride(addressing.sourceAddress, overrides.sourceAddress),
      applyOverride(1, overrides.sourceFlag),
    ),
    packet,
  );
  const from = overrides.pecScope === 'without-address' ? 1 : 0;
  const pec = octet(applyOverride(crc8(covered, from), overrides.pec));
  const whole = concat(covered, pec, fromHex(overrides.append ?? ''));
  return overrides.truncate === undefined ? whole : whole.subarray(0, overrides.truncate);
}

function octet(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value & 0xff];
}

function addressOctet(address: number | undefined, bit: number | undefined): readonly number[] {
  return address === undefined || bit === undefined ? [] : octet((address << 1) | (bit & 1));
}

export type PecStatus = 'good' | 'bad' | 'absent' | 'without-address';

/** A block write taken apart without judging it. */
export interface SmbusFrame {
  readonly destinationAddress: number;
  readonly readWrite: number;
  readonly smbusCommandCode: number;
  readonly byteCount: number;
  /** Octets that the count should have had: after it, up to and not including the PEC. */
  readonly actualCount: number;
  readonly sourceAddress: number;
  readonly sourceFlag: number;
  readonly pec: number | undefined;
  readonly pecStatus: PecStatus;
  /** The MCTP packet. */
  readonly packet: Uint8Array;
}

/** What an octet too few for the count means: the PEC is missing, or the count is wrong; `told by PEC`: wrong if a good PEC ends it. */
export type Shortage = 'no PEC' | 'wrong count' | 'told by PEC';

/**
 * By hand as the layout says, for every frame of a run passes here. Undefined where the octets end before the source
 * address. One octet in 256 looks like a good PEC: who knows more of the sender says what a shortage means.
 */
export function decodeSmbus(octets: Uint8Array, shortage: Shortage = 'told by PEC'): SmbusFrame | undefined {
  if (octets.length < SMBUS_HEADER_SIZE) return undefined;
  const byteCount = octets[2] ?? 0;
  const short = octets.length === byteCount + 3;
  const lacksPec = short && shortage !== 'wrong count' && (shortage === 'no PEC' || crc8(octets) !== 0);
  const hasPec = octets.length > SMBUS_HEADER_SIZE && !lacksPec;
  const end = hasPec ? octets.length - 1 : octets.length;
  const pec = hasPec ? octets[end] : undefined;
  const destination = octets[0] ?? 0;
  const source = octets[3] ?? 0;
  return {
    destinationAddress: destination >> 1,
    readWrite: destination & 1,
    smbusCommandCode: octets[1] ?? 0,
    byteCount,
    sourceAddress: source >> 1,
    sourceFlag: source & 1,
    actualCount: end - 3,
    pec,
    pecStatus: pecStatus(octets, end, pec),
    packet: octets.slice(SMBUS_HEADER_SIZE, end),
  };
}

function pecStatus(octets: Uint8Array, end: number, pec: number | undefined): PecStatus {
  if (pec === undefined) return 'absent';
  if (crc8(octets, 0, end) === pec) return 'good';
  return crc8(octets, 1, end) === pec ? 'without-address' : 'bad';
}
