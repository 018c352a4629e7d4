import { crc32 } from './checksum';
import { toHex } from './octets';

/** The header of a PLDM firmware update package (DSP0267 1.0 to 1.3), as far as an update agent needs it. */

export interface FirmwarePackage {
  /** Of the format: 1 to 4. */
  readonly revision: number;
  readonly version: string;
  /** Of the set of images for the first device that it names; no device of which there is more than one record is looked up. */
  readonly setVersion: string;
  /** Data for that device, which it may ask for. */
  readonly packageData: Uint8Array;
  /** Those of the images that are for that device. */
  readonly components: readonly FirmwarePackageComponent[];
}

export interface FirmwarePackageComponent {
  readonly classification: number;
  readonly identifier: number;
  readonly comparisonStamp: number;
  readonly options: number;
  readonly version: string;
  readonly image: Uint8Array;
}

export type PackageResult =
  | { readonly ok: true; readonly value: FirmwarePackage }
  | { readonly ok: false; readonly problem: string };

const identifiers: { readonly [uuid: string]: number } = {
  f018878ccb7d49439800a02f059aca02: 1,
  '1244d2648d7d4718a030fc8a56587d5a': 2,
  '3119ce2fe80a4a99af6d46f8b121f6bf': 3,
  '7b291c996db64208801b0202e6463c78': 4,
};
const DOWNSTREAM_SINCE = 2;
const OPAQUE_SINCE = 3;
const MANIFEST_SINCE = 4;
/** Of UUID, revision, header size, release date, bitmap length. */
const FIXED = 34;

/** Little-endian numbers and texts one after the other; what is not there reads as zero and is `short`. */
class Cursor {
  short = false;
  private readonly octets: Uint8Array;
  private at: number;

  constructor(octets: Uint8Array, at = 0) {
    this.octets = octets;
    this.at = at;
  }

  number(size: 1 | 2 | 4): number {
    return this.take(size).reduceRight((sum, octet) => sum * 256 + octet, 0);
  }

  text(length: number): string {
    return String.fromCharCode(...this.take(length));
  }

  take(length: number): Uint8Array {
    const taken = this.octets.subarray(this.at, this.at + length);
    if (taken.length < length) this.short = true;
    this.at += length;
    return taken;
  }

  /** What begins here and is so long, as a list of its own. */
  record(): Cursor {
    const length = this.number(2);
    return new Cursor(this.take(Math.max(0, length - 2)));
  }
}

/** Reads a package; says what is wrong with one that cannot be used. */
export function readFirmwarePackage(octets: Uint8Array): PackageResult {
  const wrong = (problem: string): PackageResult => ({ ok: false, problem });
  const revision = identifiers[toHex(octets.subarray(0, 16))];
  if (revision === undefined) return wrong('it does not begin with the identifier of a PLDM firmware package');
  const cursor = new Cursor(octets, 17);
  const headerSize = cursor.number(2);
  cursor.take(13);
  const bitmapSize = cursor.number(2) / 8;
  // From 1.3 on a checksum of the images follows that of the header.
  const checked = headerSize - (revision >= MANIFEST_SINCE ? 8 : 4);
  if (headerSize > octets.length || checked < FIXED)
    return wrong(`its header of ${headerSize} octets is not there whole`);
  if (crc32(octets.subarray(0, checked)) !== new Cursor(octets, checked).number(4))
    return wrong('the checksum of its header is wrong');
  const header = new Cursor(octets.subarray(0, checked), FIXED);
  header.number(1);
  const version = header.text(header.number(1));
  const records = Array.from({ length: header.number(1) }, () => header.record());
  const downstream = revision >= DOWNSTREAM_SINCE ? header.number(1) : 0;
  for (let left = downstream; left > 0; left -= 1) header.record();
  const count = header.number(2);
  const components = Array.from({ length: header.short ? 0 : count }, () => component(header, octets, revision));
  if (header.short) return wrong('its header ends before all that it counts');
  const device = deviceOf(records[0], bitmapSize, revision);
  if (device === undefined && records.length === 0 && downstream > 0)
    return wrong(`all its images are for downstream devices (it names ${downstream}): cases update the device itself`);
  if (device === undefined) return wrong('it has no record of a device');
  const used = components.filter((_, index) => ((device.bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0);
  if (used.length === 0) return wrong('it has no image for its first device');
  const cut = used.find(({ image, size }) => image.length < size);
  if (cut !== undefined) return wrong(`it ends before its image ${cut.version} of ${cut.size} octets does`);
  const { setVersion, packageData } = device;
  return { ok: true, value: { revision, version, setVersion, packageData, components: used } };
}

function component(
  header: Cursor,
  octets: Uint8Array,
  revision: number,
): FirmwarePackageComponent & { readonly size: number } {
  const [classification, identifier] = [header.number(2), header.number(2)];
  const comparisonStamp = header.number(4);
  const options = header.number(2);
  header.number(2);
  const [offset, size] = [header.number(4), header.number(4)];
  header.number(1);
  const version = header.text(header.number(1));
  if (revision >= OPAQUE_SINCE) header.take(header.number(4));
  const image = octets.subarray(offset, offset + size);
  return { classification, identifier, comparisonStamp, options, version, image, size };
}

function deviceOf(record: Cursor | undefined, bitmapSize: number, revision: number) {
  if (record === undefined) return undefined;
  const descriptors = record.number(1);
  record.number(4);
  record.number(1);
  const setLength = record.number(1);
  const dataLength = record.number(2);
  if (revision >= MANIFEST_SINCE) record.number(4);
  const bitmap = record.take(bitmapSize);
  const setVersion = record.text(setLength);
  for (let left = descriptors; left > 0 && !record.short; left -= 1) {
    record.number(2);
    record.take(record.number(2));
  }
  const packageData = record.take(dataLength);
  return record.short ? undefined : { bitmap, setVersion, packageData };
}

/** Octets of the smallest piece that a device may ask for, but for the last (DSP0267, baseline transfer size). */
const SMALLEST_PIECE = 32;

/** How often a device may ask while it takes an image of so many octets: the smallest pieces, each four times. */
export function mostRequests(size: number): number {
  return 64 + 4 * Math.ceil(size / SMALLEST_PIECE);
}
