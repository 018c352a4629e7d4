import { h, replace } from './dom.mjs';
import { campaignPage, devicePage, devicesPage, fleetPage } from './views.mjs';

const main = document.getElementById('main');
const live = document.getElementById('live');
const STEP = 40;
/** Changes come in bursts: the page is drawn again at most so often. Milliseconds. */
const REDRAW = 700;
const MOST_RECENT = 20;

const recent = [];
let fleet;
/** What changed at stations while all is being read: a list for each such request. */
const hearing = new Set();
let view = { kind: 'fleet' };
let shown;
let drawn = 0;
let asked = 0;
let timer;
let typing;

const filter = {
  text: '',
  verdict: '',
  profile: '',
  command: '',
  limit: STEP,
  choose: (verdict) => again({ verdict, limit: STEP }),
  chooseProfile: (profile) => again({ profile }),
  chooseCommand: (command) => again({ command }),
  more: () => again({ limit: filter.limit + STEP }),
};

/** Devices of a campaign are chosen by the server, of which there may be thousands. */
function again(change) {
  Object.assign(filter, change);
  if (view.kind === 'campaign') refresh();
  else draw();
}

async function get(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (response.status === 401) throw new Error('token');
  const body = await response.json();
  if (!response.ok) throw new Error(body.problem ?? `the server answers ${response.status}`);
  return body;
}

/** What a view is made of. `part`: of the fleet only the campaigns, since stations tell what changes. */
async function load({ kind, name }, part) {
  switch (kind) {
    case 'campaign': {
      const { verdict, text, limit } = filter;
      return get(`/api/campaigns/${encodeURIComponent(name)}?${new URLSearchParams({ verdict, text, limit })}`);
    }
    case 'device':
      return get(`/api/devices/${encodeURIComponent(name)}`);
    default:
      if (part && fleet !== undefined) {
        const campaigns = await get('/api/campaigns');
        fleet = { ...fleet, campaigns };
      } else fleet = await wholeFleet();
      return fleet;
  }
}

async function wholeFleet() {
  const heard = [];
  hearing.add(heard);
  try {
    return heard.reduce(applied, await get('/api/fleet'));
  } finally {
    hearing.delete(heard);
  }
}

const isKnown = ({ stations }, { station }) => stations.some(({ name }) => name === station?.name);

/** The fleet after an event of a station: of one that is known only what has changed is told. */
function applied(before, { kind, name, station, devices, changed }) {
  const own = station?.name ?? name;
  const others = before.stations.filter((each) => each.name !== own);
  if (kind === 'station-gone') return { ...before, stations: others };
  const known = before.stations.find((each) => each.name === own);
  if (devices === undefined && known === undefined) return before;
  const news = new Map((changed ?? []).map((device) => [device.name, device]));
  const now = devices ?? known.devices.map((device) => news.get(device.name) ?? device);
  const stations = [...others, { ...station, devices: now }].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { ...before, stations };
}

function content() {
  switch (view.kind) {
    case 'campaign':
      return campaignPage(shown, filter);
    case 'device':
      return devicePage(shown, filter);
    case 'devices':
      return devicesPage(shown, filter);
    default:
      return fleetPage(shown, recent);
  }
}

/** The search stays in place while results change below it. */
const search = h('input', {
  type: 'search',
  placeholder: 'Search',
  'aria-label': 'Search',
  autocomplete: 'off',
  spellcheck: 'false',
  oninput: () => {
    clearTimeout(typing);
    typing = setTimeout(() => again({ text: search.value, limit: STEP }), view.kind === 'campaign' ? 200 : 0);
  },
});
const results = h('div');

function draw() {
  if (shown === undefined) return;
  drawn = Date.now();
  const searched = view.kind === 'campaign' || view.kind === 'devices';
  search.hidden = !searched;
  replace(results, content());
  document.title = `${main.querySelector('h1')?.textContent ?? 'fleet'} · mctp-certify`;
}

async function refresh({ focus = false, part = false } = {}) {
  asked += 1;
  const own = asked;
  clearTimeout(timer);
  timer = undefined;
  try {
    const found = await load(view, part);
    if (own !== asked) return;
    shown = found;
    if (!main.contains(results)) main.replaceChildren(search, results);
    draw();
    if (focus) main.focus({ preventScroll: true });
  } catch (problem) {
    if (own === asked) fail(problem);
  }
}

function fail({ message }) {
  if (message === 'token') {
    askToken();
    return;
  }
  shown = undefined;
  main.replaceChildren(h('h1', {}, 'Not there'), h('p', { class: 'caution' }, message));
}

let due = 'draw';
const urgency = ['draw', 'part', 'all'];

/** `draw`: what is known, `part`: what counts runs is asked for again, `all`. */
function later(what) {
  due = timer === undefined || urgency.indexOf(what) > urgency.indexOf(due) ? what : due;
  timer ??= setTimeout(
    () => {
      timer = undefined;
      if (due === 'draw') draw();
      else refresh({ part: due === 'part' });
    },
    Math.max(0, drawn + REDRAW - Date.now()),
  );
}

function route() {
  const [, kind = '', name = ''] = location.hash.split('/');
  let plain = '';
  try {
    plain = decodeURIComponent(name);
  } catch {
    // No address of ours.
  }
  const known = ['campaign', 'device', 'devices'].includes(kind);
  view = known ? { kind, name: plain } : { kind: 'fleet' };
  Object.assign(filter, { text: '', verdict: '', limit: STEP });
  search.value = '';
  for (const link of document.querySelectorAll('nav a'))
    if (link.dataset.view === view.kind) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
}

// ---- changes ----

function state(tone, words) {
  if (live.dataset.words === words) return;
  live.dataset.words = words;
  live.replaceChildren(h('span', { class: `dot ${tone}` }), ` ${words}`);
}

let source;

function listen() {
  source?.close();
  source = new EventSource('/events');
  source.onopen = () => state('good', 'live');
  source.onerror = () => state('warn', 'connection lost, trying again');
  for (const kind of ['reset', 'campaign', 'station', 'station-gone', 'job'])
    source.addEventListener(kind, ({ data }) => changed(kind, JSON.parse(data)));
}

const ofFleet = () => view.kind === 'fleet' || view.kind === 'devices';

function changed(kind, event) {
  switch (kind) {
    case 'job':
      if (!['waiting', 'running'].includes(event.status)) {
        recent.unshift(event);
        recent.length = Math.min(recent.length, MOST_RECENT);
      }
      if (view.kind === 'fleet') later('part');
      else if (view.name === (view.kind === 'campaign' ? event.key.campaign : event.device)) later('all');
      return;
    case 'station':
    case 'station-gone':
      for (const heard of hearing) heard.push(event);
      if (fleet === undefined) return;
      if (kind === 'station' && event.devices === undefined && !isKnown(fleet, event)) later('all');
      fleet = applied(fleet, event);
      if (!ofFleet() || shown === undefined) return;
      shown = fleet;
      later('draw');
      return;
    default:
      later('all');
  }
}

// ---- token ----

/** The token comes in the address after `#`, which no server sees; it becomes a cookie and leaves the address. */
async function enter(token) {
  const response = await fetch('/session', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  return response.ok;
}

function askToken(wrong = false) {
  source?.close();
  state('idle', 'locked');
  const field = h('input', { type: 'password', id: 'token', autocomplete: 'current-password', required: true });
  const form = h(
    'form',
    { class: 'token' },
    // Whatever keeps passwords wants to know whose it is.
    h('input', { type: 'text', autocomplete: 'username', value: 'fleet', hidden: true }),
    h('label', { for: 'token' }, 'Token'),
    field,
    h('button', { type: 'submit' }, 'Open'),
    wrong && h('p', { class: 'bad', role: 'alert' }, 'That is not the token.'),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (await enter(field.value)) begin();
    else askToken(true);
  });
  main.replaceChildren(h('h1', {}, 'This fleet asks for a token'), form);
  field.focus();
}

async function begin() {
  route();
  await refresh();
  if (shown !== undefined) listen();
}

async function start() {
  const token = /^#token=(.+)$/.exec(location.hash)?.[1];
  if (token !== undefined) {
    history.replaceState(null, '', location.pathname);
    await enter(decodeURIComponent(token));
  }
  await begin();
}

addEventListener('hashchange', () => {
  if (location.hash === '#main') return;
  if (location.hash.startsWith('#token=')) {
    start();
    return;
  }
  route();
  shown = undefined;
  refresh({ focus: true });
});
// What is told as time passed grows old, and a station that is lost says nothing.
setInterval(() => {
  if (ofFleet() && shown !== undefined && document.visibilityState === 'visible') later('all');
}, 15_000);
start();
