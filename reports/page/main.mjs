import { h, replace } from './dom.mjs';
import { campaignPage, devicePage, devicesPage, fleetPage } from './views.mjs';

const main = document.getElementById('main');
const live = document.getElementById('live');
const STEP = 100;
/** Changes come in bursts: the page is drawn again at most so often. Milliseconds. */
const REDRAW = 700;
const MOST_RECENT = 20;

const recent = [];
let fleet;
let view = { kind: 'fleet' };
let shown;
let drawn = 0;
let asked = 0;
let timer;

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

function again(change) {
  Object.assign(filter, change);
  draw();
}

async function get(path) {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (response.status === 401) throw new Error('token');
  const body = await response.json();
  if (!response.ok) throw new Error(body.problem ?? `the server answers ${response.status}`);
  return body;
}

/** What a view is made of. */
async function load({ kind, name }) {
  switch (kind) {
    case 'campaign':
      return get(`/api/campaigns/${encodeURIComponent(name)}`);
    case 'device':
      return get(`/api/devices/${encodeURIComponent(name)}`);
    default:
      fleet = await get('/api/fleet');
      return fleet;
  }
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
  oninput: () => again({ text: search.value, limit: STEP }),
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

async function refresh(focus = false) {
  asked += 1;
  const own = asked;
  try {
    const found = await load(view);
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

function later() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh(), Math.max(0, drawn + REDRAW - Date.now()));
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
  for (const kind of ['reset', 'campaign', 'station', 'job'])
    source.addEventListener(kind, ({ data }) => {
      const event = JSON.parse(data);
      if (kind === 'job' && !['waiting', 'running'].includes(event.status)) {
        recent.unshift(event);
        recent.length = Math.min(recent.length, MOST_RECENT);
      }
      later();
    });
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
  refresh(true);
});
// What is told as time passed grows old.
setInterval(() => {
  if (view.kind === 'fleet' && shown !== undefined && document.visibilityState === 'visible') draw();
}, 15_000);
start();
