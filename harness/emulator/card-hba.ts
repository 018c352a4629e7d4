/**
 * The emulated storage controller: a RAID adapter with a battery, and eight disks in the bays of a backplane behind it.
 * Bay n holds disk n; the disk in the last bay has spun down and measures nothing.
 */

interface Disk {
  readonly manufacturer: string;
  readonly model: string;
  readonly partNumber: string;
  readonly serialNumber: string;
  readonly firmwareVersion: string;
}

const disk = (bay: number): Disk => ({
  manufacturer: 'EXAMPLE',
  model: 'EX-HDD-16T',
  partNumber: '300-000016-001',
  serialNumber: `HD00${String(bay).padStart(4, '0')}`,
  firmwareVersion: 'D1.07',
});

export const hbaCard = {
  manufacturer: 'Example Storage, Incorporated',
  model: 'RAID-12G-8P',
  partNumber: '200-000017-002',
  serialNumber: 'RC9876543210',
  name: '12 Gb/s RAID adapter with eight ports',
  firmwareVersion: '5.2.0',
  bootVersion: '5.1.8',
  batteryVersion: '1.0.3',
  pci: { vendor: 0x1ab4, device: 0x2012, subsystemVendor: 0x1ab4, subsystem: 0x0080 },
  iana: 412,
  uuid: '8b51d0c4-6e2f-4d9a-bc17-90f4a2e65d38',
  disks: [1, 2, 3, 4, 5, 6, 7, 8].map(disk),
} as const;
