import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CertifyError } from '../errors';
import { openEvidenceStore } from '../fleet/evidence/open';
import type { Evidence } from '../fleet/model';
import type { PageServer } from '../fleet/page/serve';
import type { FleetStore } from '../fleet/store';
import { outputError } from '../record/output-error';
import { toolVersion } from '../version';

export interface ServeFlags {
  readonly listen: string;
  readonly token?: string;
}

const TOKEN_VARIABLE = 'MCTP_CERTIFY_TOKEN';

export function addServeOptions(command: Command): Command {
  return command
    .option('--listen <host:port>', 'where to; other hosts reach it only where this says so', '127.0.0.1:8080')
    .option('--token <file>', `a file with the token that browsers have to show (or ${TOKEN_VARIABLE})`);
}

/** Shows the fleet to browsers until a signal comes; closes neither store nor anything else of who calls it. */
export async function serveCampaigns(store: FleetStore, flags: ServeFlags): Promise<number> {
  const server = await startPage(store, flags);
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await asked;
  await server.close();
  return 0;
}

/** The server, its address told on standard error. Never with the token: who has it adds `#token=` and the token. */
export async function startPage(store: FleetStore, { listen, token: file }: ServeFlags): Promise<PageServer> {
  const { parseListen, servePage } = require('../fleet/page/serve') as typeof import('../fleet/page/serve');
  const assets = require('../../reports/page/assets') as typeof import('../../reports/page/assets');
  const token = tokenOf(file);
  const server = await servePage({
    store,
    open: opener(),
    assets,
    tool: { name: 'mctp-certify', version: toolVersion() },
    ...parseListen(listen),
    token,
  });
  process.stderr.write(
    `${server.url}${token === undefined ? '' : ' (asks for the token; or open it with #token=…)'}\n`,
  );
  return server;
}

function tokenOf(file: string | undefined): string | undefined {
  if (file === undefined) return process.env[TOKEN_VARIABLE];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (thrown) {
    const { message } = outputError('read the token', file, thrown);
    throw new CertifyError('USAGE', message, { file }, thrown);
  }
}

/** Evidence of any campaign; each store is opened once. */
export function opener(): (
  evidence: Evidence,
  name: string,
) => ReturnType<ReturnType<typeof openEvidenceStore>['open']> {
  const stores = new Map<string, ReturnType<typeof openEvidenceStore>>();
  return (evidence, name) => {
    const place = JSON.stringify(evidence.store);
    const store = stores.get(place) ?? openEvidenceStore(evidence.store);
    stores.set(place, store);
    return store.open(evidence, name);
  };
}
