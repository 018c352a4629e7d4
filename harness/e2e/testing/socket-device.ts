import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MILLISECOND, realClock } from '../../clock';
import type { EmulatedClass } from '../../emulator/classes';
import type { Action } from '../../emulator/endpoint';
import { createEndpoint } from '../../emulator/endpoint';
import type { DeviceState } from '../../emulator/endpoint-types';
import { commands } from '../../suite/testing/command-tables';
import { BridgeReader, encodeBridge, MAX_BRIDGE_FRAME } from '../../transport/bridge-protocol';
import { shellQuote } from '../../transport/testing/far-ends';

const CONNECT = join(__dirname, 'connect.js');

/** What becomes of a frame that came; `number` counts from 1. */
export type Fate = 'answer' | 'ignore' | 'hang-up';

export interface SocketDevice {
  /** As `--device`. */
  readonly uri: string;
  /** The device as it is now, for it lives in this process. */
  readonly state: DeviceState;
  /** Decides over every frame; changed by tests. */
  onFrame: (number: number, octets: Uint8Array) => Fate;
  close(): Promise<void>;
}

/** An emulated card that goes on living when those who talk to it die: it is in the test's own process. */
export async function openSocketDevice(
  folder: string,
  eid: number,
  name: EmulatedClass = 'nic',
): Promise<SocketDevice> {
  const path = join(folder, 'device.sock');
  const endpoint = createEndpoint({
    class: name,
    binding: 'smbus',
    address: 0x1d,
    commands,
    deviations: [],
    ...(eid === 0 ? {} : { eid }),
  });
  const clock = realClock();
  const sockets = new Set<Socket>();
  let frames = 0;
  const device: SocketDevice = {
    uri: `bridge:smbus:exec ${[process.execPath, CONNECT, path].map(shellQuote).join(' ')}`,
    state: endpoint.state,
    onFrame: () => 'answer',
    close: () => shut(server, sockets),
  };
  const send = (socket: Socket, actions: readonly Action[]): void => {
    for (const { octets, delayNs } of actions) {
      setTimeout(() => socket.writable && socket.write(encodeBridge(octets)), delayNs / MILLISECOND);
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    const reader = new BridgeReader({ maximum: MAX_BRIDGE_FRAME, afterImpossible: 'skip' });
    socket.on('data', (chunk: Buffer) => {
      for (const read of reader.feed(chunk)) {
        if (read.kind !== 'frame') continue;
        frames += 1;
        const fate = device.onFrame(frames, read.octets);
        if (fate === 'answer') send(socket, endpoint.receive(read.octets, clock.now()));
        else if (fate === 'hang-up') socket.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return device;
}

async function shut(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
