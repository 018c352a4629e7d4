import type { Clock } from '../clock';
import { CertifyError, unreachable } from '../errors';
import { type Lock, lockDevice, lockName } from './lock';
import type { SimOptions } from './sim';
import type { Transport } from './transport';
import { type DeviceUri, parseUri } from './uri';

export interface OpenOptions {
  /** What a bridge program writes to its standard error, line by line, made printable. */
  readonly onLog?: (line: string) => void;
  /** For transports on real time. */
  readonly clock?: Clock;
  /** For `sim:`: the command tables, and the deviations that may be named. */
  readonly emulator?: SimOptions;
}

/**
 * Opens the device that a URI names, and takes the lock on it; `close` gives the lock back. Each kind of transport is
 * loaded when it is asked for, so that a machine without serial ports or I2C needs nothing for them.
 */
export async function openTransport(uri: string | DeviceUri, options: OpenOptions = {}): Promise<Transport> {
  const device = typeof uri === 'string' ? parseUri(uri) : uri;
  const name = lockName(device);
  if (name === undefined) return openKind(device, options);
  const lock = lockDevice(name);
  try {
    return unlocking(await openKind(device, options), lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** `require` where it is needed: an `import()` of CommonJS takes longer, and does not work inside jest. */
async function openKind(device: DeviceUri, options: OpenOptions): Promise<Transport> {
  switch (device.scheme) {
    case 'sim': {
      const { openSim } = require('./sim') as typeof import('./sim');
      const { emulator } = options;
      if (emulator === undefined)
        throw new CertifyError('INTERNAL', 'sim: was opened without command tables', { ...device });
      return openSim(device, emulator);
    }
    case 'serial': {
      const { openSerial } = require('./serial') as typeof import('./serial');
      return openSerial({ ...device, ...options });
    }
    case 'bridge': {
      const { openBridge } = require('./bridge') as typeof import('./bridge');
      return openBridge({ ...device, ...options });
    }
    case 'replay': {
      const { openReplay } = require('./replay') as typeof import('./replay');
      return openReplay(device.path);
    }
    case 'relay': {
      const { openRelay } = require('./relay') as typeof import('./relay');
      return openRelay({ uri: device.uri, command: device.command, ...forLinux(options) });
    }
    case 'mctp': {
      const { openMctp } = require('./mctp') as typeof import('./mctp');
      return openMctp(device, forLinux(options));
    }
    case 'i2c': {
      const { openI2c } = require('./i2c') as typeof import('./i2c');
      return openI2c(device, forLinux(options));
    }
    default:
      return unreachable(device);
  }
}

/** The emulator's parts are nothing to a real device. */
function forLinux({ onLog, clock }: OpenOptions): Pick<OpenOptions, 'onLog' | 'clock'> {
  return { ...(onLog === undefined ? {} : { onLog }), ...(clock === undefined ? {} : { clock }) };
}

/** The same transport, all of it; the lock goes after the way to the device is closed, not before. */
function unlocking(transport: Transport, lock: Lock): Transport {
  const close = transport.close.bind(transport);
  return Object.assign(transport, {
    async close() {
      try {
        await close();
      } finally {
        lock.release();
      }
    },
  });
}
