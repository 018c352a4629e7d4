import { createBridge } from './bridge';
import type { DeviceName } from './classes';
import type { Device, DeviceOptions } from './endpoint';
import { createEndpoint } from './endpoint';
import { createParrot } from './parrot';
import { createSilent } from './silent';

export type { Action, Device } from './endpoint';

/** Any emulated device by name. Deviations change the classes only. */
export function createDevice(options: Omit<DeviceOptions, 'class'> & { readonly class: DeviceName }): Device {
  if (options.class === 'silent') return createSilent();
  if (options.class === 'parrot') return createParrot(options.binding, options.address, options.commands);
  if (options.class === 'bridge') return createBridge({ ...options, class: options.class });
  return createEndpoint({ ...options, class: options.class });
}
