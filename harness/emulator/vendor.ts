import { toHex } from '../codec/octets';
import { messageTypes } from '../names';

/** A vendor-defined message set, as Get Vendor Defined Message Support lists it (DSP0236 12.9, Table 22). */
export interface Vendor {
  /** 0: PCI vendor id; 1: IANA enterprise number. */
  readonly format: 0 | 1;
  /** As on the wire. */
  readonly id: string;
  readonly data: number;
}

/** DMTF's own numbers: PCI vendor 1AB4, IANA enterprise 412. */
export const vendors: readonly Vendor[] = [
  { format: 0, id: '1ab4', data: 0x0001 },
  { format: 1, id: '0000019c', data: 0x0001 },
];

/** Echoes messages of the listed vendors; those of others are nobody's (DSP0236 13, 14). */
export function vendorAnswer(body: Uint8Array, type: number, known: readonly Vendor[]): Uint8Array | 'silence' {
  const format = type === messageTypes['vendor-pci'] ? 0 : 1;
  const id = toHex(body.subarray(1, format === 0 ? 3 : 5));
  return known.some((vendor) => vendor.format === format && vendor.id === id) ? body : 'silence';
}
