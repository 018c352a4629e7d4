import { messageOf } from '../errors';
import type { Delivery } from './transport';

/** What is used of a bus of the `i2c-bus` package. */
export interface I2cBus {
  i2cWrite(
    address: number,
    length: number,
    buffer: Buffer,
    done: (error: NodeJS.ErrnoException | null, written?: number) => void,
  ): void;
  closeSync(): void;
}

export interface I2cPackage {
  openSync(bus: number, options?: { readonly forceAccess: boolean }): I2cBus;
}

export interface Written {
  readonly delivery: Delivery;
  readonly detail?: string;
}

/** `i2c-bus` is optional, and native: undefined where it is not installed or not built. */
export function loadI2cBus(): I2cPackage | undefined {
  try {
    return require('i2c-bus') as I2cPackage;
  } catch {
    return undefined;
  }
}

const READ = 0x01;

/**
 * Controller writes through the `i2c-bus` package, one at a time. It opens a bus on the first access to each address, and
 * sets the address afterwards: a second write while that is under way, or after it has failed, would go to address 0, the
 * general call. So there is never a second write under way, and a bus whose first access failed is dropped.
 */
export class I2cWriter {
  private readonly i2c: I2cPackage;
  private readonly number: number;
  private readonly force: boolean;
  private bus: I2cBus | undefined;
  private readonly proven = new Set<number>();
  private busy = false;

  constructor(i2c: I2cPackage, bus: number, force: boolean) {
    this.i2c = i2c;
    this.number = bus;
    this.force = force;
  }

  /** A frame from its address octet on; false where this package cannot write it as it is. */
  static takes(frame: Uint8Array): boolean {
    const [first = 0] = frame;
    return frame.length > 1 && (first & READ) === 0 && first >> 1 !== 0;
  }

  async write(frame: Uint8Array): Promise<Written> {
    if (this.busy || !I2cWriter.takes(frame)) return { delivery: 'refused', detail: 'no frame that i2c-bus can write' };
    this.busy = true;
    const address = (frame[0] ?? 0) >> 1;
    const octets = Buffer.from(frame.subarray(1));
    try {
      this.bus ??= this.i2c.openSync(this.number, { forceAccess: this.force });
      const { bus } = this;
      const written = await new Promise<number>((resolve, reject) => {
        bus.i2cWrite(address, octets.length, octets, (error, count = octets.length) =>
          error === null || error === undefined ? resolve(count) : reject(error),
        );
      });
      this.proven.add(address);
      if (written === octets.length) return { delivery: 'sent' };
      return { delivery: 'refused', detail: `the driver took ${written} of ${octets.length} octets` };
    } catch (error) {
      // Whether the address was set cannot be told from a write that failed.
      if (!this.proven.has(address)) this.drop();
      return explainWrite(error, this.number, address);
    } finally {
      this.busy = false;
    }
  }

  close(): void {
    if (!this.busy) this.drop();
  }

  private drop(): void {
    this.proven.clear();
    const { bus } = this;
    this.bus = undefined;
    try {
      bus?.closeSync();
    } catch {
      // It was never opened.
    }
  }
}

/** What an errno of i2c-dev means (Linux, Documentation/i2c/fault-codes.rst), and what to do. */
export function explainWrite(error: unknown, bus: number, address: number): Written {
  const at = `0x${address.toString(16).padStart(2, '0')}`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENXIO':
    case 'EREMOTEIO':
      return { delivery: 'nak', detail: 'not acknowledged' };
    case 'EAGAIN':
      return { delivery: 'arbitration-lost', detail: 'another controller won the bus' };
    case 'ETIMEDOUT':
      return {
        delivery: 'refused',
        detail: `I2C bus ${bus} is stuck: a device holds SCL or SDA low, or the bus has no pull-ups`,
      };
    case 'EBUSY':
      return {
        delivery: 'refused',
        detail: `address ${at} on I2C bus ${bus} is held by a driver: unbind it, or say force=1`,
      };
    case 'EACCES':
    case 'EPERM':
      return {
        delivery: 'refused',
        detail: `/dev/i2c-${bus} may not be opened: be root, or join the group that owns it (usually i2c)`,
      };
    case 'ENOENT':
      return { delivery: 'refused', detail: `there is no /dev/i2c-${bus}: no such bus, or modprobe i2c-dev` };
    case 'EOPNOTSUPP':
    case 'EMSGSIZE':
      return { delivery: 'refused', detail: `the adapter of I2C bus ${bus} does not take a write of this length` };
    default:
      return { delivery: 'refused', detail: `I2C bus ${bus}: ${messageOf(error)}` };
  }
}
