import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CertifyError } from '../../errors';
import { packageRoot } from '../../package-root';
import { openEvidenceStore } from '../evidence/open';
import { openRedis } from '../redis/connect';
import { openBench } from '../station/devices';
import { Station } from '../station/station';

/** A station whose runs are stand-ins, as a process of its own that a test can kill. */
interface Given {
  readonly name: string;
  readonly redis: string;
  readonly bench: string;
  readonly state: string;
  readonly parallel: number;
  /** While this file is there, the store is full. */
  readonly full?: string;
}

async function main(): Promise<void> {
  const given = JSON.parse(process.argv[2] ?? '{}') as Given;
  const { slots } = await openBench(given.bench);
  const station = new Station({
    ...given,
    slots,
    client: await openRedis(given.redis, 'patient'),
    limit: 60_000,
    openStore: (location) => {
      const store = openEvidenceStore(location);
      return {
        ...store,
        verify: (evidence) => store.verify(evidence),
        open: (evidence, name) => store.open(evidence, name),
        close: () => store.close(),
        put: (key, folder) => {
          if (given.full === undefined || !existsSync(given.full)) return store.put(key, folder);
          return Promise.reject(new CertifyError('OUTPUT', 'no space left on the store'));
        },
      };
    },
    log: (line) => void process.stderr.write(`${line}\n`),
    program: [process.execPath, join(packageRoot(), 'dist/harness/fleet/testing/stub-run.js')],
    storeRetry: 500,
  });
  process.on('SIGTERM', () => station.drain());
  await station.run();
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${String(thrown)}\n`);
  process.exitCode = 1;
});
