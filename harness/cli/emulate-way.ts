import { Readable, Writable } from 'node:stream';
import { BridgeReader, encodeBridge, MAX_BRIDGE_FRAME } from '../transport/bridge-protocol';
import { type FarSide, openFarSide } from '../transport/relay-far-side';
import type { Transport } from '../transport/transport';

/** The two streams that an emulated device is served on. */
export interface DeviceStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly where: string;
}

/**
 * Opens the far side of the wires, prints a pty's path on standard output for whoever waits for it, and serves until the
 * way ends or a signal comes; then what was made for it is removed.
 */
export async function runOnWires(
  side: FarSide,
  serve: (streams: DeviceStreams) => Promise<number>,
  log: (line: string) => void,
): Promise<number> {
  const { transport, path } = await openFarSide(side, { onLog: log });
  const streams = streamsOver(transport, log, path ?? `target on the bus, ${describe(side)}`);
  const stop = (): void => void streams.input.push(null);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    if (path !== undefined) process.stdout.write(`${path}\n`);
    return await serve(streams);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await transport.close();
  }
}

function describe(side: FarSide): string {
  return side.kind === 'pty' ? side.link : `address 0x${side.address.toString(16).padStart(2, '0')} of bus ${side.bus}`;
}

/** A transport as the two streams of the bridge protocol, for a device that lives behind it: frames both ways. */
export function streamsOver(transport: Transport, log: (line: string) => void, where: string): DeviceStreams {
  const input = new Readable({ read: () => undefined });
  const reader = new BridgeReader({ maximum: MAX_BRIDGE_FRAME, afterImpossible: 'skip' });
  const send = async (octets: Uint8Array): Promise<void> => {
    const { delivery, detail } = await transport.send({ plane: 'frames', octets });
    // A device that is not heard goes on; whoever tests against it wants to know.
    if (delivery !== 'sent')
      log(`an answer did not get through: ${delivery}${detail === undefined ? '' : `, ${detail}`}`);
  };
  const output = new Writable({
    async write(chunk: Uint8Array, _encoding, done) {
      for (const read of reader.feed(chunk)) if (read.kind === 'frame') await send(read.octets);
      done();
    },
  });
  transport.listen((event) => {
    switch (event.kind) {
      case 'received':
        input.push(encodeBridge(event.unit.octets));
        break;
      case 'garbage':
        log(event.detail);
        break;
      case 'disconnected':
        log(event.detail);
        input.push(null);
    }
  });
  return { input, output, where };
}
