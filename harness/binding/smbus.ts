import { crc8 } from '../codec/checksum';
import type { Layout } from '../codec/layout';
import { encode, layout } from '../codec/layout';
import { concat, fromHex } from '../codec/octets';
import type { Override } from './override';
import { applyOverride } from './override';

/** SMBus command code of every MCTP packet (DSP0237 6.3). */
export const MCTP_COMMAND_CODE = 0x0f;

/** Octets before the MCTP packet (DSP0237 6.3, Table 1); addresses are 7-bit values. */
export const smbusHeaderLayout: Layout = layout([
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

/** One block write carrying `packet`, from the address octet to the PEC (DSP0237 6.3). */
export function encodeSmbus(
  packet: Uint8Array,
  addressing: SmbusAddressing,
  overrides: SmbusOverrides = {},
): Uint8Array {
  const computed: Record<string, number> = {
    destinationAddress: addressing.destinationAddress,
    readWrite: 0,
    smbusCommandCode: MCTP_COMMAND_CODE,
    byteCount: packet.length + 1,
    sourceAddress: addressing.sourceAddress,
    sourceFlag: 1,
  };
  const values: Record<string, number> = {};
  for (const [name, value] of Object.entries(computed)) {
    values[name] = applyOverride(value, overrides[name as 'byteCount']) ?? 0;
  }
  const covered = concat(encode(smbusHeaderLayout, values), packet);
  const pec = applyOverride(
    crc8(overrides.pecScope === 'without-address' ? covered.subarray(1) : covered),
    overrides.pec,
  );
  const whole = concat(covered, pec === undefined ? [] : [pec & 0xff], fromHex(overrides.append ?? ''));
  return overrides.truncate === undefined ? whole : whole.subarray(0, overrides.truncate);
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

/** Undefined where the octets end before the source address. A missing PEC shows by the byte count. */
export function decodeSmbus(octets: Uint8Array): SmbusFrame | undefined {
  const [first, smbusCommandCode, byteCount, source] = octets;
  if (first === undefined || smbusCommandCode === undefined || byteCount === undefined || source === undefined) {
    return undefined;
  }
  const hasPec = octets.length > SMBUS_HEADER_SIZE && octets.length !== byteCount + 3;
  const end = hasPec ? octets.length - 1 : octets.length;
  const pec = hasPec ? octets[end] : undefined;
  return {
    destinationAddress: first >> 1,
    readWrite: first & 1,
    smbusCommandCode,
    byteCount,
    actualCount: end - 3,
    sourceAddress: source >> 1,
    sourceFlag: source & 1,
    pec,
    pecStatus: pecStatus(octets.subarray(0, end), pec),
    packet: octets.slice(SMBUS_HEADER_SIZE, end),
  };
}

function pecStatus(covered: Uint8Array, pec: number | undefined): PecStatus {
  if (pec === undefined) return 'absent';
  if (crc8(covered) === pec) return 'good';
  return crc8(covered.subarray(1)) === pec ? 'without-address' : 'bad';
}
