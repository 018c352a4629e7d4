import { formatDuration, MILLISECOND } from '../../harness/clock';
import type { RecordLine } from '../../harness/record/lines';
import type { Result } from '../../harness/record/result-schema';
import type { Matcher, Parameters, Template } from '../../harness/suite/compiled';

/** Units of the drawing. */
const WIDTH = 900;
const LEFT = 240;
const RIGHT = 780;
const TOP = 30;
const ROW = 24;

/** Points drawn of one command: the slowest, and others spread evenly. */
const MAX_POINTS = 160;
const MAX_COMMANDS = 80;

interface Point {
  readonly ns: number;
  readonly case: string;
}

interface Series {
  readonly command: string;
  readonly points: Point[];
}

function seriesOf(lines: readonly RecordLine[]): readonly Series[] {
  const found = new Map<string, Series>();
  for (const line of lines) {
    if (line.type !== 'observation') continue;
    for (const { elapsed, sent } of line.observation.exchanges) {
      if (elapsed === undefined || sent.command === undefined) continue;
      const own = found.get(sent.command) ?? { command: sent.command, points: [] };
      own.points.push({ ns: elapsed, case: line.case });
      found.set(sent.command, own);
    }
  }
  return [...found.values()].sort((a, b) => (a.command < b.command ? -1 : 1));
}

type Plan = Extract<RecordLine, { type: 'plan' }>;

function nanoseconds(value: Template, parameters: Parameters): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || !value.startsWith('$parameters.')) return undefined;
  const named = parameters[value.slice('$parameters.'.length)];
  return typeof named === 'number' ? named : undefined;
}

function withinOf(matcher: Matcher): Template | undefined {
  return matcher.kind === 'within' ? matcher.limit : undefined;
}

/** The tightest limit that a case of the plan sets for a command's answer, in nanoseconds. */
function limitsOf(plan: Plan | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { case: kase } of plan?.cases ?? []) {
    for (const step of kase.steps) {
      if ((step.kind !== 'request' && step.kind !== 'send') || step.expect?.kind !== 'fields') continue;
      for (const { path, matcher } of step.expect.checks) {
        const limit = path === 'elapsed' ? withinOf(matcher) : undefined;
        const ns = limit === undefined ? undefined : nanoseconds(limit, plan?.parameters ?? {});
        if (ns !== undefined) limits.set(step.command, Math.min(ns, limits.get(step.command) ?? ns));
      }
    }
  }
  return limits;
}

function sampled(points: readonly Point[]): readonly Point[] {
  if (points.length <= MAX_POINTS) return points;
  const sorted = [...points].sort((a, b) => a.ns - b.ns);
  const pace = (sorted.length - 1) / (MAX_POINTS - 1);
  return Array.from({ length: MAX_POINTS }, (_, index) => sorted[Math.round(index * pace)]).filter(
    (point) => point !== undefined,
  );
}

const decade = (ns: number, round: (value: number) => number): number => 10 ** round(Math.log10(Math.max(1, ns)));

/** Response times on a logarithmic axis, a row for each command, with the limits that the cases set. */
export function timingView(result: Result, lines: readonly RecordLine[]) {
  const plan = lines.findLast((line) => line.type === 'plan');
  const series = seriesOf(lines).slice(0, MAX_COMMANDS);
  const limits = limitsOf(plan);
  const general = plan?.parameters.responseTime;
  const common = typeof general === 'number' ? general : undefined;
  const limitOf = (command: string): number | undefined => limits.get(command) ?? common;
  const rows = result.timing.commands.map((row) => ({
    command: row.command,
    count: String(row.count),
    p50Ms: row.p50Ms.toFixed(3),
    p99Ms: row.p99Ms.toFixed(3),
    maxMs: row.maxMs.toFixed(3),
    limit: limitOf(row.command) === undefined ? '' : formatDuration(limitOf(row.command) ?? 0),
  }));
  if (series.length === 0) return { rows, plot: null };
  const times = series.flatMap(({ points }) => points.map(({ ns }) => ns));
  const marks = series.flatMap(({ command }) => limitOf(command) ?? []);
  const all = [...times, ...marks].filter((ns) => ns > 0);
  const low = decade(
    all.reduce((a, b) => Math.min(a, b), MILLISECOND),
    Math.floor,
  );
  const high = Math.max(
    low * 10,
    decade(
      all.reduce((a, b) => Math.max(a, b), low),
      Math.ceil,
    ),
  );
  const scale = (RIGHT - LEFT) / Math.log10(high / low);
  const x = (ns: number): string => (LEFT + Math.log10(Math.max(ns, low) / low) * scale).toFixed(1);
  const height = TOP + series.length * ROW + 6;
  const ticks = Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, index) => low * 10 ** index);
  return {
    rows,
    plot: {
      width: WIDTH,
      height,
      top: TOP - 8,
      bottom: height - 4,
      left: LEFT,
      right: RIGHT,
      text: `Response times of ${series.length} commands on a logarithmic axis; the table below has the numbers`,
      ticks: ticks.map((ns) => ({ x: x(ns), label: formatDuration(ns) })),
      rows: series.map(({ command, points }, index) => {
        const y = TOP + index * ROW + ROW / 2;
        const limit = limitOf(command);
        const dots = (wanted: (point: Point) => boolean): string =>
          sampled(points)
            .filter(wanted)
            .map((point) => `M${x(point.ns)} ${y}h0`)
            .join('');
        const over = (point: Point): boolean => limit !== undefined && point.ns > limit;
        const sorted = points.map(({ ns }) => ns).sort((a, b) => a - b);
        const median = sorted[Math.ceil(sorted.length / 2) - 1] ?? 0;
        return {
          command,
          y,
          textY: y + 4,
          labelX: LEFT - 14,
          within: dots((point) => !over(point)),
          over: dots(over),
          median: x(median),
          medianFrom: y - 6,
          medianTo: y + 6,
          limit: limit === undefined ? '' : x(limit),
          limitFrom: y - ROW / 2 + 1,
          limitTo: y + ROW / 2 - 1,
          summaryX: RIGHT + 14,
          summary: `${formatDuration(median)} · ${points.length}`,
        };
      }),
    },
  };
}
