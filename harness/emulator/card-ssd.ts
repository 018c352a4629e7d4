import { MILLISECOND } from '../clock';
import { concat, putUint } from '../codec/octets';

/** The physical facts of the emulated SSD: the one source of what NVMe-MI says of it. Temperatures follow from the time alone. */

const little = (value: number, size: number): Uint8Array => putUint(value, size, true);
const text = (value: string): Uint8Array => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
const zeros = (count: number): Uint8Array => new Uint8Array(count);

export const ssdCard = {
  manufacturer: 'Example Storage',
  model: 'SSD-3T84-U2',
  partNumber: '100-000051-001',
  serialNumber: 'SN0987654321FEDCBA',
  firmwareVersion: '2.1.0',
  /** Still in its second slot. */
  formerVersion: '2.0.3',
  /** DMTF's own number. */
  pci: { vendor: 0x1ab4, device: 0x5d01, subsystemVendor: 0x1ab4, subsystem: 0x0051 },
  /** Of NVMe-MI. */
  version: { major: 1, minor: 2 },
  /** Ids of the controllers, ascending; the first need not be 0. */
  controllers: [1, 4],
  /** Percent. */
  spare: 100,
  spareThreshold: 10,
  used: 3,
  /** Degrees C. */
  warningTemperature: 77,
  criticalTemperature: 85,
  /** Octets of the largest transmission unit on its ports. */
  units: [256, 250],
} as const;

/** Port numbers (NVMe-MI 5.7): PCIe, and the two-wire port at which the device is managed. */
export const PCIE_PORT = 0;
export const SMBUS_PORT = 1;

const REFRESH = 1000 * MILLISECOND;

/** Degrees C of the whole subsystem at `now`: up by a degree with every refresh, six times, and down again. */
export function compositeTemperature(now: number): number {
  const step = Math.floor(now / REFRESH) % 12;
  return 36 + (step < 6 ? step : 12 - step);
}

/** Of kelvin to degrees, as NVMe-MI and NVMe count. */
export const KELVIN = 273;

function padded(value: string, size: number): Uint8Array {
  return text(value.padEnd(size, ' ').slice(0, size));
}

const IDENTIFY_SIZE = 4096;
const NVME_1_4 = 0x00010400;

/** Identify Controller data structure (NVMe 1.4, Figure 247) of one controller: 4096 octets. */
export function identifyController(controller: number): Uint8Array {
  const { pci, serialNumber, model, firmwareVersion } = ssdCard;
  const data = zeros(IDENTIFY_SIZE);
  const put = (offset: number, octets: Uint8Array): void => data.set(octets, offset);
  put(0, little(pci.vendor, 2));
  put(2, little(pci.subsystemVendor, 2));
  put(4, padded(serialNumber, 20));
  put(24, padded(model, 40));
  put(64, padded(firmwareVersion, 8));
  put(78, little(controller, 2));
  put(80, little(NVME_1_4, 4));
  put(260, Uint8Array.of(FIRMWARE_SLOTS << 1));
  put(266, little(ssdCard.warningTemperature + KELVIN, 2));
  put(268, little(ssdCard.criticalTemperature + KELVIN, 2));
  put(512, Uint8Array.of(0x66, 0x44));
  put(516, little(1, 4));
  put(768, text(`nqn.2014-08.org.nvmexpress:uuid:${serialNumber}`));
  return data;
}

/** SMART / Health Information log page (NVMe 1.4, Figure 196): 512 octets. */
export function smartLog(now: number): Uint8Array {
  const { spare, spareThreshold, used } = ssdCard;
  const head = concat([0], little(compositeTemperature(now) + KELVIN, 2), [spare, spareThreshold, used]);
  return concat(head, zeros(512 - head.length));
}

/** Of the seven that NVMe has (FRMW). */
export const FIRMWARE_SLOTS = 3;

/** Firmware Slot Information log page (NVMe 1.4, Figure 198): 512 octets; slot 1 active, the firmware before it in slot 2. */
export const firmwareLog: Uint8Array = concat(
  [1],
  zeros(7),
  padded(ssdCard.firmwareVersion, 8),
  padded(ssdCard.formerVersion, 8),
  zeros(512 - 24),
);

// ---- vital product data: an IPMI FRU of 256 octets ----

const VPD_SIZE = 256;

/** What makes all octets sum up to zero (IPMI FRU 1.3). */
const complement = (octets: Uint8Array): number => -octets.reduce((sum, octet) => sum + octet, 0) & 0xff;

/** An area's octets, filled to a multiple of eight with its checksum last. */
function area(octets: Uint8Array): Uint8Array {
  const filled = concat(octets, zeros(7 - (octets.length % 8)));
  const counted = filled.map((octet, index) => (index === 1 ? (filled.length + 1) / 8 : octet));
  return concat(counted, [complement(counted)]);
}

const FORMAT_VERSION = 1;
const ENGLISH = 0x19;
const ASCII = 0xc0;
const END_OF_FIELDS = 0xc1;

function productArea(): Uint8Array {
  const { manufacturer, model, partNumber, serialNumber } = ssdCard;
  const fields = [manufacturer, model, partNumber, 'A', serialNumber, '', ''];
  const coded = fields.map((field) => concat([field === '' ? 0 : ASCII | field.length], text(field)));
  return area(concat([FORMAT_VERSION, 0, ENGLISH], ...coded, [END_OF_FIELDS]));
}

const NVME_RECORD = 0x0b;
const NVME_PORT_RECORD = 0x0c;
const RECORD_FORMAT = 0x02;
const LAST_RECORD = 0x80;

function record(type: number, flags: number, data: Uint8Array): Uint8Array {
  const head = Uint8Array.of(type, RECORD_FORMAT | flags, data.length, complement(data));
  return concat(head, [complement(head)], data);
}

/** Form factor 2.5 inch, initial and largest power in watts; then one PCIe port that speaks MCTP. */
function multirecords(): Uint8Array {
  const nvme = concat([0, 0x10], zeros(6), [0, 0, 25, 0, 0, 25], zeros(45));
  const port = concat([0, PCIE_PORT, 0, 0x0f, 0x08, 0x01, 0x01, 0x00], zeros(3));
  return concat(record(NVME_RECORD, 0, nvme), record(NVME_PORT_RECORD, LAST_RECORD, port));
}

function vitalProductData(): Uint8Array {
  const product = productArea();
  const header = Uint8Array.of(FORMAT_VERSION, 0, 0, 0, 1, 1 + product.length / 8, 0);
  const used = concat(header, [complement(header)], product, multirecords());
  return concat(used, zeros(VPD_SIZE - used.length));
}

/** NVMe-MI 9.2: common header, product information, NVMe and NVMe PCIe port multirecords. */
export const ssdVpd: Uint8Array = vitalProductData();

/** Of its management endpoint (DSP0236 12.6). */
export const ssdUuid = '9e3c5a17-4d82-4b60-a1f5-27c86d0b94e3';
