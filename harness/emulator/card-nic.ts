import { MILLISECOND } from '../clock';

/**
 * The physical facts of the emulated network card: the one source of what PLDM and NC-SI say of it. What can change
 * while it runs is in the card's state; temperatures follow from the time alone.
 */

export interface OpticalModule {
  readonly vendor: string;
  readonly partNumber: string;
  readonly serialNumber: string;
  readonly revision: string;
  /** Degrees C. */
  readonly highWarning: number;
  readonly highAlarm: number;
}

export interface NicPort {
  /** As on the wire. */
  readonly mac: string;
  /** Of the link when it is up. */
  readonly gigabits: number;
  /** In its cage when the card starts; undefined: the cage is empty. */
  readonly module: OpticalModule | undefined;
}

export const nicCard = {
  manufacturer: 'Example Networks, Incorporated',
  model: 'NIC-25G-2P',
  partNumber: '100-000042-001',
  serialNumber: 'SN0123456789ABCDEF',
  name: 'Dual-port 25 Gb/s Ethernet adapter',
  /** Active firmware, as every protocol says it. */
  firmwareVersion: '1.4.2',
  firmwareName: 'nic25g',
  /** DMTF's own numbers. */
  pci: { vendor: 0x1ab4, device: 0x1025, subsystemVendor: 0x1ab4, subsystem: 0x0042 },
  iana: 412,
  uuid: '1c7f3a52-06d4-4e8b-9a61-5b0e2d9c4417',
  /** MAC addresses for the management controller. */
  controllerMacs: ['021ab4000010', '021ab4000011'],
  ports: [
    {
      mac: '021ab4000001',
      gigabits: 25,
      module: {
        vendor: 'EXAMPLE OPTICS',
        partNumber: 'SFP28-SR',
        serialNumber: 'XO00000001',
        revision: 'A1',
        highWarning: 70,
        highAlarm: 75,
      },
    },
    { mac: '021ab4000002', gigabits: 25, module: undefined },
  ] satisfies readonly NicPort[],
  /** Degrees C of the ASIC's sensor. */
  asicLimits: { warning: 85, critical: 95, fatal: 105 },
} as const;

/** What changes while a network card runs. */
export interface NicPortState {
  linkUp: boolean;
  module: OpticalModule | undefined;
}

export function newNicPorts(): NicPortState[] {
  return nicCard.ports.map(({ module }) => ({ linkUp: module !== undefined, module }));
}

const REFRESH = 500 * MILLISECOND;

/**
 * Degrees in halves: up with twelve refreshes, down with four. Never the same three seconds later, so that whoever looks
 * again sees that it moves.
 */
export function drift(now: number): number {
  const step = Math.floor(now / REFRESH) % 16;
  return step < 12 ? step / 2 : (16 - step) * 1.5;
}

/** Degrees C, in halves, between 60 and 66. */
export const asicTemperature = (now: number): number => 60 + drift(now);

/** Degrees C, whole, between 25 and 28. */
export const ambientTemperature = (now: number): number => 25 + Math.floor(drift(now) / 2);

/** Degrees C, whole, of a module between 40 and 43. */
export const moduleTemperature = (now: number): number => 40 + Math.floor(drift(now) / 2);
