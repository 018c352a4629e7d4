import type { Readable } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { CertifyError } from '../../errors';
import { digest, isPlainName, isSafePath } from '../evidence/manifest';
import type { Evidence } from '../model';
import type { FleetStore } from '../store';
import type { Access } from './access';
import type { EventStreams } from './events';
import type { LiveCampaigns } from './live-campaigns';
import { campaignsView, campaignView, fleetView, historyView } from './views';

/** What of the page does not change: made where pages are made. */
export interface PageAssets {
  readonly html: string;
  readonly icon: string;
  readonly css: string;
  readonly script: string;
}

export interface PageSettings {
  readonly store: FleetStore;
  readonly open: (evidence: Evidence, name: string) => Promise<Readable>;
  readonly assets: PageAssets;
  readonly access: Access;
  readonly events: EventStreams;
  readonly campaigns: LiveCampaigns;
}

const HISTORY = 400;
/** Devices of a campaign that are told at once, where nothing is said and at most. */
const DEVICES = 40;
const MOST_DEVICES = 1_000;
/** Larger evidence is for the store's own tools: it is held in memory until its hash is known. */
const LARGEST_OCTETS = 64 << 20;

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/** Reports come from stations: they run in an origin of their own, which reaches nothing here. */
const EVIDENCE_POLICY =
  "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'";

const types: { readonly [extension: string]: string } = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  xml: 'text/plain; charset=utf-8',
  ndjson: 'text/plain; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
};

/** The page of a fleet: what it is made of, the state as JSON, changes as events, evidence by its path. */
export function createApp(settings: PageSettings): Hono {
  const { store, assets, access, events } = settings;
  const { Hono } = require('hono') as typeof import('hono');
  const app = new Hono();

  app.use('*', async (context, next) => {
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Cache-Control', 'no-store');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    context.header('Content-Security-Policy', PAGE_POLICY);
    await next();
  });
  app.get('/', (context) => context.html(assets.html));
  app.get('/icon.svg', (context) => context.body(assets.icon, 200, { 'Content-Type': 'image/svg+xml' }));
  app.get('/page.css', (context) => context.body(assets.css, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/page.js', (context) =>
    context.body(assets.script, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  );
  app.post('/session', (context) => {
    const cookie = access.session(context.req.header('authorization'));
    if (cookie === undefined) return problem(context, 401, 'that is not the token');
    return context.body(null, 204, { 'Set-Cookie': cookie });
  });

  // Everything below tells something of the fleet.
  app.use('*', async (context, next) => {
    const refused = access.refusal(context.req.header());
    if (refused === 'token') return problem(context, 401, 'a token is needed');
    if (refused === 'host') return problem(context, 403, 'ask for it as localhost or 127.0.0.1');
    return next();
  });
  app.get('/api/fleet', async (context) => {
    const [campaigns, stations, devices] = await Promise.all([store.campaigns(), store.stations(), store.devices()]);
    return context.json(fleetView(campaigns, stations, devices));
  });
  app.get('/api/campaigns', async (context) => context.json(campaignsView(await store.campaigns())));
  app.get('/api/campaigns/:id', async (context) => {
    const id = context.req.param('id');
    const state = await store.campaign(id);
    if (state === undefined) return problem(context, 404, 'there is no such campaign');
    const { verdict = '', text = '', limit = '' } = context.req.query();
    const most = /^\d{1,5}$/.test(limit) ? Math.min(Number(limit), MOST_DEVICES) : DEVICES;
    return context.json(campaignView(state, await settings.campaigns.result(state), { verdict, text, limit: most }));
  });
  app.get('/api/devices/:device', async (context) => {
    const device = context.req.param('device');
    return context.json(historyView(device, await store.history(device, HISTORY)));
  });
  app.get('/events', (context) => {
    const last = context.req.header('last-event-id') ?? '';
    const { outgoing } = context.env as HttpBindings;
    return context.body(
      events.connect(last, () => outgoing.destroy()),
      200,
      { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' },
    );
  });
  app.get('/evidence/:campaign/:path{.+}', async (context) => {
    const { campaign, path } = context.req.param();
    const cut = path.lastIndexOf('/');
    const found = await evidenceOf(store, campaign, path.slice(0, Math.max(0, cut)), path.slice(cut + 1));
    if (found === undefined) return problem(context, 404, 'there is no such evidence');
    return sendEvidence(context, found.evidence, found.name, settings.open);
  });
  app.notFound((context) => problem(context, 404, 'there is nothing here'));
  app.onError((thrown, context) =>
    problem(
      context,
      502,
      thrown instanceof CertifyError ? thrown.message : 'the state of the fleet cannot be read now',
    ),
  );
  return app;
}

function problem(context: Context, status: 401 | 403 | 404 | 413 | 502, text: string): Response {
  return context.json({ problem: text }, status);
}

/** Only what a run of the campaign has put: whatever else a path could mean is not looked at. */
async function evidenceOf(
  store: FleetStore,
  campaign: string,
  path: string,
  name: string,
): Promise<{ readonly evidence: Evidence; readonly name: string } | undefined> {
  if (!isSafePath(path) || !isPlainName(name)) return undefined;
  for await (const { outcome } of store.jobs(campaign)) {
    const evidence = outcome?.evidence;
    if (evidence?.path === path) return Object.hasOwn(evidence.files, name) ? { evidence, name } : undefined;
  }
  return undefined;
}

async function sendEvidence(
  context: Context,
  evidence: Evidence,
  name: string,
  open: PageSettings['open'],
): Promise<Response> {
  const file = evidence.files[name];
  if (file === undefined || file.size > LARGEST_OCTETS)
    return problem(context, 413, `${name} is large: take it from the store`);
  const parts: Buffer[] = [];
  for await (const chunk of await open(evidence, name)) parts.push(chunk as Buffer);
  const octets = Buffer.concat(parts);
  const { Readable } = require('node:stream') as typeof import('node:stream');
  const { sha256 } = await digest(Readable.from([octets]));
  if (sha256 !== file.sha256) return problem(context, 502, `${name} in the store is not the file that was put there`);
  const type = types[/\.([a-z]+)$/.exec(name)?.[1] ?? ''];
  return context.body(new Uint8Array(octets), 200, {
    'Content-Security-Policy': EVIDENCE_POLICY,
    'Content-Type': type ?? 'application/octet-stream',
    ...(type === undefined ? { 'Content-Disposition': `attachment; filename="${name}"` } : {}),
  });
}
