import { h, svg, text } from './dom.mjs';

const LEFT = 44;
const RIGHT = 8;

/** As wide as the page is, so that words keep their size on a phone. */
const available = () => Math.max(240, Math.min(920, document.getElementById('main')?.clientWidth ?? 720));

/** Consecutive runs with the same firmware: bands behind a trend. */
function bands(runs) {
  const found = [];
  runs.forEach((run, index) => {
    const name = run.firmware ?? 'not told';
    const last = found.at(-1);
    if (last?.name === name) last.to = index;
    else found.push({ name, from: index, to: index });
  });
  return found;
}

const round = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** The smallest round number that is not below. */
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

function frame(runs, top, height, unit, label) {
  const width = available();
  const step = (width - LEFT - RIGHT) / Math.max(1, runs.length);
  const x = (index) => LEFT + step * (index + 0.5);
  const y = (value) => 34 + height - (value / top) * height;
  const names = bands(runs);
  const drawing = svg(
    'svg',
    { viewBox: `0 0 ${width} ${height + 48}`, class: 'trend', role: 'img', 'aria-label': label },
    names.map(({ name, from, to }, index) => {
      const left = LEFT + step * from;
      const own = step * (to - from + 1);
      const room = Math.floor(own / 7.5);
      const short = text(name);
      return [
        svg('rect', { class: index % 2 === 0 ? 'band' : 'band other', x: left, y: 26, width: own, height: height + 8 }),
        room >= 3 &&
          svg(
            'text',
            { class: 'firmware', x: left + 3, y: 18 },
            short.length > room ? `${short.slice(0, room - 1)}…` : short,
          ),
      ];
    }),
    [0, 0.5, 1].map((share) => [
      svg('line', { class: 'tick', x1: LEFT, x2: width - RIGHT, y1: y(top * share), y2: y(top * share) }),
      svg(
        'text',
        { class: 'axis', x: LEFT - 6, y: y(top * share) + 4 },
        unit === '' ? String(top * share) : round(top * share),
      ),
    ]),
  );
  return { drawing, x, y, step };
}

/** Failures by run: a bar each, on the ground where there is none. */
export function failures(runs) {
  const most = Math.max(1, ...runs.map(({ failed }) => failed));
  // Halves of an even number are whole cases.
  const top = most + (most % 2);
  const last = runs.at(-1);
  const label = `Failed cases of ${runs.length} runs, oldest first: at most ${most}, ${last?.failed ?? 0} in the last`;
  const { drawing, x, y, step } = frame(runs, top, 110, '', label);
  runs.forEach((run, index) => {
    const width = Math.max(1.5, Math.min(22, step * 0.7));
    const height = run.failed === 0 ? 2 : y(0) - y(run.failed);
    drawing.append(
      svg(
        'rect',
        { class: run.failed === 0 ? 'none' : 'bad', x: x(index) - width / 2, y: y(0) - height, width, height },
        svg('title', {}, `${run.at} firmware ${run.firmware ?? 'not told'}: ${run.failed} failed of ${run.executed}`),
      ),
    );
  });
  return drawing;
}

/** Median and 99th percentile of a command's response time, by run. */
export function times(runs, command) {
  const points = runs.map((run) => run.timing.find((own) => own.command === command));
  const known = points.filter((point) => point !== undefined);
  const top = ceiling(Math.max(0.001, ...known.map(({ p99Ms }) => p99Ms)));
  const last = known.at(-1);
  const label = `Response time of ${command}, ${known.length} runs, oldest first: in the last median ${round(last?.p50Ms ?? 0)} ms, 99th percentile ${round(last?.p99Ms ?? 0)} ms`;
  const { drawing, x, y } = frame(runs, top, 110, 'ms', label);
  for (const [name, pick] of [
    ['p99', (point) => point.p99Ms],
    ['p50', (point) => point.p50Ms],
  ]) {
    const path = points
      .map((point, index) => {
        if (point === undefined) return '';
        return `${index > 0 && points[index - 1] !== undefined ? 'L' : 'M'}${x(index).toFixed(1)} ${y(pick(point)).toFixed(1)}`;
      })
      .join('');
    drawing.append(svg('path', { class: `line ${name}`, d: path }));
    points.forEach((point, index) => {
      if (point === undefined) return;
      drawing.append(
        svg(
          'circle',
          { class: `point ${name}`, cx: x(index), cy: y(pick(point)), r: runs.length > 120 ? 1.5 : 3 },
          svg('title', {}, `${runs[index].at}: ${name} ${round(pick(point))} ms of ${point.count}`),
        ),
      );
    });
  }
  return drawing;
}

/** Commands by how much their median grew from the first half to the second: what got slower comes first. */
export function commandsOf(runs) {
  const medians = new Map();
  for (const run of runs)
    for (const { command, p50Ms } of run.timing) medians.set(command, [...(medians.get(command) ?? []), p50Ms]);
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const growth = (values) => {
    const half = Math.ceil(values.length / 2);
    return mean(values.slice(-half)) / Math.max(1e-6, mean(values.slice(0, half)));
  };
  return [...medians].sort(([, a], [, b]) => growth(b) - growth(a)).map(([command]) => command);
}

export const legend = () =>
  h(
    'p',
    { class: 'legend' },
    h('span', { class: 'key p50' }),
    ' median',
    h('span', { class: 'key p99' }),
    ' 99th percentile, ms; bands are versions of the firmware',
  );
