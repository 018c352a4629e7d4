import type { Binding, Plane } from '../names';
import type { DeviceUri } from './uri';

/** What a way to a device will most likely carry, for a plan that leaves the device alone. */
export interface ExpectedReach {
  readonly binding: Binding;
  readonly plane: Plane;
  readonly acknowledges: boolean;
}

/** As far as the text of a URI tells; the way itself says at the opening. */
export function expectedReach(device: Exclude<DeviceUri, { scheme: 'sim' | 'replay' }>): ExpectedReach {
  switch (device.scheme) {
    case 'serial':
      return { binding: 'serial', plane: 'frames', acknowledges: false };
    case 'bridge':
      return { binding: device.binding, plane: 'frames', acknowledges: false };
    case 'i2c':
      return { binding: 'smbus', plane: 'frames', acknowledges: true };
    case 'mctp':
      return behindKernel(device.target);
    case 'relay':
      return behindRelay(device.command);
  }
}

function behindKernel(target: string): ExpectedReach {
  const serial = /[?&]binding=serial/.test(target) || /^mctpserial/.test(target);
  return { binding: serial ? 'serial' : 'smbus', plane: 'packets', acknowledges: false };
}

/** The back end of our own relay, where the command names one. */
function behindRelay(command: string): ExpectedReach {
  const match = /\bmctp-relay\S*["']?\s+(mctp|i2c|serial|pty|loop)(?:\s+["']?(\S+))?/.exec(command);
  if (match?.[1] === 'mctp') return behindKernel(match[2] ?? '');
  const serial = match?.[1] === 'serial' || match?.[1] === 'pty' || /binding=serial/.test(match?.[2] ?? '');
  return { binding: serial ? 'serial' : 'smbus', plane: 'frames', acknowledges: !serial };
}
