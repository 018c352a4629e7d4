import { spawnSync } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A way from a station to a Redis server that can be cut: no packet arrives, and nobody is told. */
export interface Network {
  readonly kind: 'network namespace' | 'proxy';
  /** Where the server has to listen. */
  readonly listen: { readonly host: string; readonly port: number };
  /** How the station reaches it. */
  readonly redis: string;
  /** Words before the station's command. */
  readonly within: readonly string[];
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

const PORT = 16_379 + (process.pid % 1000);

/** A namespace with a cable of its own where that is allowed, or else a proxy that carries nothing while it is cut. */
export async function networkOf(): Promise<Network> {
  return process.getuid?.() === 0 ? (namespaceOf() ?? (await proxyOf())) : proxyOf();
}

function namespaceOf(): Network | undefined {
  const name = `mctp-fleet-${process.pid}`;
  const [here, there] = [`mf${process.pid}a`.slice(0, 15), `mf${process.pid}b`.slice(0, 15)];
  const [ours, theirs] = ['10.213.77.1', '10.213.77.2'];
  const ip = (text: string): boolean => spawnSync('ip', text.split(' '), { stdio: 'ignore' }).status === 0;
  const remove = (): void => {
    ip(`link del ${here}`);
    ip(`netns del ${name}`);
  };
  const made =
    ip(`netns add ${name}`) &&
    ip(`link add ${here} type veth peer name ${there}`) &&
    ip(`link set ${there} netns ${name}`) &&
    ip(`addr add ${ours}/30 dev ${here}`) &&
    ip(`link set ${here} up`) &&
    ip(`-n ${name} addr add ${theirs}/30 dev ${there}`) &&
    ip(`-n ${name} link set ${there} up`) &&
    ip(`-n ${name} link set lo up`);
  if (!made) {
    remove();
    return undefined;
  }
  return {
    kind: 'network namespace',
    listen: { host: ours, port: PORT },
    redis: `redis://${ours}:${PORT}`,
    within: ['ip', 'netns', 'exec', name],
    cut: async () => void ip(`-n ${name} link set ${there} down`),
    mend: async () => void ip(`-n ${name} link set ${there} up`),
    close: async () => remove(),
  };
}

async function proxyOf(): Promise<Network> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  const server: Server = createServer((near) => {
    const far = connect(PORT, '127.0.0.1');
    pairs.add([near, far]);
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.on('data', (data) => {
        if (!isCut) to.write(data);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        if (!isCut) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const drop = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
    pairs.clear();
  };
  return {
    kind: 'proxy',
    listen: { host: '127.0.0.1', port: PORT },
    redis: `redis://127.0.0.1:${port}`,
    within: [],
    cut: async () => {
      isCut = true;
    },
    // What was sent meanwhile is lost, as TCP would have it after its time-outs.
    mend: async () => {
      drop();
      isCut = false;
    },
    close: async () => {
      drop();
      server.close();
    },
  };
}
