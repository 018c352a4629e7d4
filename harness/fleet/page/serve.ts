import type { Server } from 'node:http';
import { CertifyError, messageOf } from '../../errors';
import type { CampaignResult } from '../../record/campaign-result';
import { accessFor } from './access';
import type { PageSettings } from './app';
import { createApp } from './app';
import type { EventSettings } from './events';
import { EventStreams, eventSettings } from './events';
import { LiveCampaigns } from './live-campaigns';

export interface ServeSettings extends Omit<PageSettings, 'access' | 'events' | 'campaigns'> {
  readonly tool: CampaignResult['tool'];
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly token: string | undefined;
  readonly eventSettings?: EventSettings;
}

export interface PageServer {
  readonly url: string;
  readonly load: EventStreams['load'];
  /** Ends the streams, and takes nobody any more. */
  close(): Promise<void>;
}

/** How long the end waits for answers that are under way. Milliseconds. */
const PATIENCE = 2_000;

/** `127.0.0.1:8080`, `[::]:8080`, `8080`. Throws USAGE. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535)
    throw new CertifyError('USAGE', `--listen takes HOST:PORT, as 127.0.0.1:8080, not ${JSON.stringify(text)}`);
  return { host: found[1] ?? found[2] ?? '127.0.0.1', port };
}

/** Shows a fleet to browsers. Throws USAGE for an address that others reach without a token, OUTPUT where it is taken. */
export async function servePage(settings: ServeSettings): Promise<PageServer> {
  const { host, port, token, store } = settings;
  const access = accessFor(host, token);
  const events = new EventStreams(settings.eventSettings ?? eventSettings);
  const { createAdaptorServer } = require('@hono/node-server') as typeof import('@hono/node-server');
  const campaigns = new LiveCampaigns(store, settings.tool, () => performance.now());
  const app = createApp({ ...settings, access, events, campaigns });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const unsubscribe = store.subscribe((event) => {
    campaigns.note(event);
    events.publish(event);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (thrown) {
    unsubscribe();
    events.close();
    const code = (thrown as NodeJS.ErrnoException).code;
    const why = code === 'EADDRINUSE' ? 'somebody listens there already' : messageOf(thrown);
    throw new CertifyError(code === 'EADDRINUSE' ? 'OUTPUT' : 'USAGE', `cannot listen at ${host}:${port}: ${why}`);
  }
  const bound = server.address();
  const own = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${own}/`,
    get load() {
      return events.load;
    },
    close() {
      unsubscribe();
      events.close();
      return new Promise((resolve) => {
        // Requests that are being answered end; connections without one have nothing to wait for.
        const idle = setInterval(() => server.closeIdleConnections(), 20);
        const patience = setTimeout(() => server.closeAllConnections(), PATIENCE);
        server.close(() => {
          clearInterval(idle);
          clearTimeout(patience);
          resolve();
        });
      });
    },
  };
}
