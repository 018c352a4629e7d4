import { commandsOf, failures, legend, times } from './chart.mjs';
import { ago, badge, h, svg, when } from './dom.mjs';
import {
  deviceTones,
  deviceWords,
  jobOrder,
  jobTones,
  runTones,
  runWords,
  verdictTones,
  verdictWords,
} from './words.mjs';

/** A part of an address: names may hold what no address can. */
const part = (name) => encodeURIComponent(String(name).toWellFormed());
const address = (...parts) => `#/${parts.map(part).join('/')}`;
const evidence = (campaign, path) => `/evidence/${[campaign, ...path.split('/')].map(part).join('/')}/report.html`;
const plural = (count, one, more = `${one}s`) => `${count} ${count === 1 ? one : more}`;

/** How the jobs of a campaign stand, as one bar and in words. */
function progress(counts, jobs) {
  const shown = jobOrder.filter((status) => counts[status] > 0);
  let x = 0;
  return [
    svg(
      'svg',
      {
        class: 'bar',
        viewBox: '0 0 1000 10',
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': shown.map((status) => `${counts[status]} ${status}`).join(', ') || 'no job',
      },
      shown.map((status) => {
        const width = (counts[status] * 1000) / Math.max(1, jobs);
        x += width;
        return svg('rect', { class: jobTones[status], x: x - width, y: 0, width, height: 10 });
      }),
    ),
    h(
      'ul',
      { class: 'counts' },
      shown.map((status) => h('li', { class: jobTones[status] }, h('b', {}, String(counts[status])), ` ${status}`)),
    ),
  ];
}

function campaignCard({ id, title, submittedAt, deadlineAt, cancelledAt, jobs, counts }) {
  const open = counts.waiting + counts.running;
  return h(
    'li',
    { class: 'card' },
    h('h3', {}, h('a', { href: address('campaign', id), 'data-key': `campaign ${id}` }, title || id)),
    h(
      'p',
      { class: 'soft' },
      open === 0 ? `ended, ${plural(jobs, 'run')}` : `${jobs - open} of ${plural(jobs, 'run')} done`,
      ' · submitted ',
      when(submittedAt),
      deadlineAt && [' · deadline ', when(deadlineAt)],
      cancelledAt && ' · cancelled',
    ),
    progress(counts, jobs),
  );
}

function stationCard(station) {
  const { name, host, version, devices, undelivered, note, seenAt } = station;
  const running = devices.filter(({ state }) => state === 'running').length;
  const lost = devices.length > 0 && devices.every(({ state }) => state === 'lost');
  return h(
    'li',
    { class: `card station${lost ? ' lost' : ''}` },
    h(
      'h3',
      {},
      name,
      ' ',
      lost ? badge('bad', 'lost') : h('span', { class: 'soft' }, `${running} of ${devices.length} running`),
    ),
    h('p', { class: 'soft' }, `${host} · ${version} · heard `, h('span', { title: seenAt }, ago(seenAt))),
    note && h('p', { class: 'caution' }, note),
    undelivered > 0 && h('p', { class: 'caution' }, `${plural(undelivered, 'run')} still on its own disk`),
    h(
      'ul',
      { class: 'devices' },
      devices.map((device) => deviceChip(device)),
    ),
  );
}

function deviceChip({ name, state, job, note }) {
  const words = deviceWords[state] ?? state;
  return h(
    'li',
    { class: deviceTones[state] ?? 'idle', title: note },
    h('span', { class: `dot ${deviceTones[state] ?? 'idle'}` }),
    h('a', { href: address('device', name), 'data-key': `device ${name}` }, name),
    h(
      'span',
      { class: 'soft' },
      job === undefined ? (state === 'idle' ? '' : words) : `${words}: ${job.campaign}, repeat ${job.repeat}`,
    ),
  );
}

export function fleetPage({ campaigns, stations }, recent) {
  const devices = stations.flatMap((station) => station.devices);
  const count = (state) => devices.filter((device) => device.state === state).length;
  const numbers = [
    [String(stations.length), stations.length === 1 ? 'station' : 'stations', ''],
    [String(devices.length), devices.length === 1 ? 'device' : 'devices', ''],
    [String(count('running')), 'running', 'active'],
    [String(count('idle')), 'idle', ''],
    [String(count('in-use-by-hand')), 'in use by hand', 'warn'],
    [String(count('lost')), 'lost', 'bad'],
  ].filter(([number], index) => index < 3 || number !== '0');
  return [
    h('h1', {}, 'Now'),
    h(
      'ul',
      { class: 'numbers' },
      numbers.map(([number, name, tone]) =>
        h('li', { class: number === '0' ? '' : tone }, h('b', {}, number), ` ${name}`),
      ),
    ),
    h(
      'section',
      { 'aria-labelledby': 'campaigns' },
      h('h2', { id: 'campaigns' }, 'Campaigns'),
      campaigns.length === 0
        ? h('p', { class: 'soft' }, 'None yet: mctp-certify campaign run FILE')
        : h('ul', { class: 'cards wide' }, campaigns.map(campaignCard)),
    ),
    h(
      'section',
      { 'aria-labelledby': 'stations' },
      h('h2', { id: 'stations' }, 'Stations'),
      stations.length === 0
        ? h('p', { class: 'soft' }, 'None yet: mctp-certify station --bench FILE')
        : h('ul', { class: 'cards' }, stations.map(stationCard)),
    ),
    h(
      'section',
      { 'aria-labelledby': 'ended' },
      h('h2', { id: 'ended' }, 'Ended lately'),
      recent.length === 0
        ? h('p', { class: 'soft' }, 'Runs that end while this page is open are listed here.')
        : h('ul', { class: 'lines' }, recent.map(recentLine)),
    ),
  ];
}

function recentLine(job) {
  return h(
    'li',
    {},
    badge(jobTones[job.status] ?? 'idle', job.status),
    ' ',
    h('a', { href: address('device', job.device) }, job.device),
    h('span', { class: 'soft' }, ` ${job.profile} ${job.key.repeat}, `),
    h('a', { href: address('campaign', job.key.campaign) }, job.key.campaign),
    job.failed > 0 && h('span', { class: 'bad' }, ` ${plural(job.failed, 'case')} failed`),
    job.reason && h('span', { class: 'soft' }, ` ${job.reason}`),
  );
}

const verdictOrder = ['not-accepted', 'incomplete', 'accepted'];

/** A campaign, and of its devices those that were asked for, what is not accepted first. */
export function campaignPage({ campaign, counts, verdict, reasons, attested, verdicts, matching, devices }, filter) {
  const jobs = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const open = counts.waiting + counts.running;
  const all = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
  return [
    h('p', { class: 'kind' }, 'Campaign ', h('span', { class: 'code' }, campaign.id)),
    h('h1', {}, campaign.title || campaign.id),
    h(
      'div',
      { class: `verdict ${verdictTones[verdict]}` },
      h('p', { class: 'word' }, open > 0 && verdict === 'incomplete' ? 'running' : (verdictWords[verdict] ?? verdict)),
      h(
        'p',
        { class: 'scope' },
        h('span', {}, reasons.join('; ')),
        !attested && open === 0 && h('span', { class: 'soft' }, 'Demonstration: not every run is of a real device'),
      ),
    ),
    h('div', { class: 'totals' }, progress(counts, jobs)),
    h('h2', {}, 'Devices ', h('span', {}, devices.length === all ? '' : `${devices.length} of ${all}`)),
    h(
      'div',
      { class: 'choices', role: 'group', 'aria-label': 'Verdict' },
      [['', 'all', all], ...verdictOrder.map((own) => [own, verdictWords[own] ?? own, verdicts[own]])]
        .filter(([own, , count]) => own === '' || count > 0)
        .map(([own, name, count]) =>
          h(
            'button',
            {
              type: 'button',
              'data-key': `verdict ${own}`,
              'aria-pressed': String(filter.verdict === own),
              onclick: () => filter.choose(own),
            },
            `${name} `,
            h('b', {}, String(count)),
          ),
        ),
    ),
    h(
      'ul',
      { class: 'units' },
      devices.map((device) => unit(campaign.id, device)),
    ),
    matching > devices.length &&
      h(
        'button',
        { type: 'button', 'data-key': 'more', onclick: () => filter.more() },
        `${matching - devices.length} more`,
      ),
  ];
}

function unit(campaign, { name, verdict, level, reasons, runs, jobs }) {
  // What is still to come is no reason yet.
  const open = verdict === 'incomplete' && jobs.find(({ status }) => status === 'running' || status === 'waiting');
  return h(
    'li',
    { class: 'unit' },
    h(
      'div',
      { class: 'head' },
      open ? badge(jobTones[open.status], open.status) : badge(verdictTones[verdict], verdictWords[verdict] ?? verdict),
      h('h3', {}, h('a', { href: address('device', name), 'data-key': `unit ${name}` }, name)),
      level && h('b', {}, level),
    ),
    !open &&
      reasons.length > 0 &&
      h(
        'ul',
        { class: 'reasons' },
        reasons.slice(0, 4).map((reason) => h('li', {}, reason)),
      ),
    h(
      'ul',
      { class: 'runs' },
      jobs.map((job) => jobLine(campaign, job)),
      runs > jobs.length && h('li', { class: 'soft' }, `and ${plural(runs - jobs.length, 'run')} more`),
    ),
  );
}

function jobLine(campaign, { profile, repeat, status, verdict, failed, station, path, reason }) {
  const name = `${profile} ${repeat}`;
  return h(
    'li',
    { title: reason },
    path === undefined ? h('span', {}, name) : h('a', { href: evidence(campaign, path) }, name),
    ' ',
    h(
      'span',
      { class: verdict === undefined ? jobTones[status] : runTones[verdict] },
      verdict === undefined ? status : (runWords[verdict] ?? verdict),
    ),
    failed > 0 && h('span', { class: 'soft' }, ` ${failed} red`),
    station && h('span', { class: 'soft' }, ` at ${station}`),
  );
}

export function devicesPage({ devices, stations }, filter) {
  const states = new Map(
    stations.flatMap((station) => station.devices.map((device) => [device.name, { ...device, station: station.name }])),
  );
  const names = [...new Set([...devices, ...states.keys()])].sort();
  const words = filter.text.toLowerCase();
  const wanted = names.filter((name) => name.toLowerCase().includes(words));
  const shown = wanted.slice(0, filter.limit);
  return [
    h('h1', {}, 'Devices'),
    h('p', { class: 'soft' }, `${plural(wanted.length, 'device')}; each leads to its history`),
    h(
      'ul',
      { class: 'devices list' },
      shown.map((name) => {
        const own = states.get(name);
        const tone = own === undefined ? 'idle' : deviceTones[own.state];
        return h(
          'li',
          {},
          h('span', { class: `dot ${tone}` }),
          h('a', { href: address('device', name), 'data-key': `device ${name}` }, name),
          h(
            'span',
            { class: 'soft' },
            own === undefined ? 'not offered now' : `${deviceWords[own.state] ?? own.state} at ${own.station}`,
          ),
        );
      }),
    ),
    wanted.length > shown.length &&
      h(
        'button',
        { type: 'button', 'data-key': 'more', onclick: () => filter.more() },
        `${wanted.length - shown.length} more`,
      ),
  ];
}

export function devicePage({ device, runs }, filter) {
  const head = [h('p', { class: 'kind' }, 'Device'), h('h1', {}, device)];
  if (runs.length === 0) return [...head, h('p', { class: 'soft' }, 'No run of it has been kept.')];
  const profiles = [...new Set(runs.map(({ profile }) => profile))];
  const profile = profiles.includes(filter.profile) ? filter.profile : runs.at(-1).profile;
  const own = runs.filter((run) => run.profile === profile);
  const commands = commandsOf(own);
  const command = commands.includes(filter.command) ? filter.command : commands[0];
  const select = (label, values, value, onchange) =>
    h(
      'label',
      {},
      `${label} `,
      h(
        'select',
        { 'data-key': label, onchange: (event) => onchange(event.target.value) },
        values.map((entry) => h('option', { value: entry, selected: entry === value }, entry)),
      ),
    );
  const firmware = [...new Set(own.map((run) => run.firmware ?? 'not told'))];
  return [
    ...head,
    h('p', { class: 'soft' }, `${plural(own.length, 'run')} of ${profile}, firmware ${firmware.join(', ')}`),
    h('div', { class: 'choices' }, profiles.length > 1 && select('Profile', profiles, profile, filter.chooseProfile)),
    h('section', { 'aria-labelledby': 'failures' }, h('h2', { id: 'failures' }, 'Failed cases'), failures(own)),
    command !== undefined &&
      h(
        'section',
        { 'aria-labelledby': 'times' },
        h('h2', { id: 'times' }, 'Response time'),
        h('div', { class: 'choices' }, select('Command', commands, command, filter.chooseCommand)),
        times(own, command),
        legend(),
      ),
    h(
      'section',
      { 'aria-labelledby': 'runs' },
      h('h2', { id: 'runs' }, 'Runs'),
      h('ul', { class: 'lines' }, [...own].reverse().slice(0, filter.limit).map(runLine)),
    ),
    own.length > filter.limit &&
      h(
        'button',
        { type: 'button', 'data-key': 'more', onclick: () => filter.more() },
        `${own.length - filter.limit} more`,
      ),
  ];
}

function runLine(run) {
  return h(
    'li',
    {},
    badge(runTones[run.verdict], runWords[run.verdict] ?? run.verdict),
    ' ',
    run.path === undefined ? when(run.at) : h('a', { href: evidence(run.campaign, run.path) }, when(run.at)),
    h('span', {}, ` firmware ${run.firmware ?? 'not told'} `),
    h('a', { href: address('campaign', run.campaign) }, run.campaign),
    run.cases.length > 0 &&
      h(
        'p',
        { class: 'soft code' },
        run.cases.slice(0, 8).join(', '),
        run.cases.length > 8 && ` and ${run.cases.length - 8} more`,
      ),
  );
}
