import type { OpenOptions } from './open';
import { openRelay, type RelayTransport } from './relay';
import { relayCommand } from './relay-binary';

/**
 * The other end of the wires: where a device is to be, not where one is. On I2C it is a target at its own address, and
 * answers the controller at `ownerAddress`; on a pty it is the program behind a serial device.
 */
export type FarSide =
  | { readonly kind: 'pty'; readonly link: string }
  | { readonly kind: 'i2c'; readonly bus: number; readonly address: number; readonly ownerAddress: number };

/** Opens it through the relay of this machine; `path` is the pty that whoever talks to the device opens. */
export async function openFarSide(
  side: FarSide,
  { onLog }: Pick<OpenOptions, 'onLog'> = {},
): Promise<{ readonly transport: RelayTransport; readonly path: string | undefined }> {
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
  const command =
    side.kind === 'pty'
      ? relayCommand('emulate', 'pty', side.link)
      : relayCommand('emulate', 'i2c', `${side.bus}@${hex(side.ownerAddress)}?own=${hex(side.address)}`);
  const transport = await openRelay({ command, ...(onLog === undefined ? {} : { onLog }) });
  return { transport, path: transport.session.hello.attributes.pty };
}
