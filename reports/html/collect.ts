import type { CaseVerdict } from '../../harness/names';
import type { RecordLine } from '../../harness/record/lines';
import type { Exchange, Observation, ReceivedMessage, SentMessage, Trial } from '../../harness/record/observation';
import { stepOf } from '../../harness/record/observation';
import type { CaseResult, CheckResult, Result } from '../../harness/record/result-schema';
import type { CompiledCase, Parameters } from '../../harness/suite/compiled';
import { packetRanges, showRanges, type Transfer, transfers } from '../traffic';
import { clip } from '../visible';
import type { CaseData, CheckData, ExchangeData, GroupData, Shared, TransferData } from './data';
import { packetHex } from './data';
import { overridesOf } from './overrides';

/** Bounds, so that a talkative device cannot make a report that no browser opens. The record has the rest. */
const MAX_TRANSFERS = 400;
const MAX_OCTETS = 2_000;
const MAX_TEXT = 2_000;

type Frame = Extract<RecordLine, { type: 'frame' }>;

interface RawGroup {
  readonly observation: Observation | undefined;
  readonly frames: readonly { readonly frame: Frame; readonly since: number }[];
}

/** One going through a case: a run that repeats has several. */
interface Attempt {
  readonly groups: RawGroup[];
  verdict: CaseVerdict | undefined;
}

/** What the record holds about each case beside its result: groups of transfers, counters. */
export interface Collected {
  readonly shared: Shared;
  /** Everything before, between and after the cases. */
  readonly between: readonly Transfer[];
  data(entry: CaseResult): CaseData;
}

/** Sorts a record by case and step: `observation` follows the frames that it is made of. */
export function collect(result: Result, lines: readonly RecordLine[]): Collected {
  const plan = lines.findLast((line) => line.type === 'plan');
  const cases = new Map<string, CompiledCase>((plan?.cases ?? []).map((planned) => [planned.case.id, planned.case]));
  const all = [...transfers(lines)];
  const ranges = packetRanges(all);
  const attempts = attemptsOf(lines, all);
  const counters = countersOf(lines);
  const requirements = plan?.requirements ?? {};
  const parameters = plan?.parameters ?? {};
  return {
    shared: {
      binding: result.scope.binding,
      commands: plan?.commands ?? {},
      requirements: Object.fromEntries(
        Object.entries(requirements).map(([id, { document, version, clause, level, confidence, statement }]) => [
          id,
          { document, version, clause, level, confidence, statement: clip(statement, MAX_TEXT) },
        ]),
      ),
    },
    between: all.filter((transfer) => transfer.case === undefined),
    data(entry) {
      const tried = attempts.get(entry.id) ?? [];
      // The result's checks are those of the first attempt with the gravest verdict.
      const attempt = tried.find(({ verdict }) => verdict === entry.verdict) ?? tried.at(-1);
      const own = (attempt?.groups ?? []).map((group) => groupData(group, cases.get(entry.id), parameters));
      const counted = counters.get(entry.id);
      return {
        id: entry.id,
        verdict: entry.verdict,
        requirements: entry.requirements,
        checks: entry.checks.map((check) => checkData(check, entry, own)),
        groups: own,
        range: showRanges(ranges.get(entry.id) ?? []),
        ...(counted === undefined ? {} : { counters: counted }),
      };
    },
  };
}

function attemptsOf(lines: readonly RecordLine[], all: readonly Transfer[]): ReadonlyMap<string, Attempt[]> {
  const attempts = new Map<string, Attempt[]>();
  let next = 0;
  let pending: { frame: Frame; since: number }[] = [];
  const start = (id: string): Attempt => {
    const own = attempts.get(id) ?? [];
    const made: Attempt = { groups: [], verdict: undefined };
    own.push(made);
    attempts.set(id, own);
    return made;
  };
  const close = (id: string, observation: Observation | undefined): void => {
    if (observation === undefined && pending.length === 0) return;
    const attempt = attempts.get(id)?.at(-1) ?? start(id);
    attempt.groups.push({ observation, frames: pending });
    pending = [];
  };
  for (const line of lines) {
    if (line.type === 'frame') {
      const transfer = all[next];
      next += 1;
      if (transfer?.case !== undefined) pending.push({ frame: line, since: transfer.since });
    } else if (line.type === 'case.start') {
      pending = [];
      start(line.case);
    } else if (line.type === 'observation') close(line.case, line.observation);
    else if (line.type === 'case.end') {
      close(line.case, undefined);
      const attempt = attempts.get(line.case)?.at(-1);
      if (attempt !== undefined) attempt.verdict ??= line.verdict;
    }
  }
  return attempts;
}

function countersOf(lines: readonly RecordLine[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const line of lines) {
    if (line.type !== 'counters') continue;
    const parts = Object.entries(line.counters).map(([name, by]) => `${name} ${by < 0 ? '' : '+'}${by}`);
    words.set(line.case, clip(parts.join(', '), MAX_TEXT));
  }
  return words;
}

/** A transfer as the report carries it. */
export function transferData({ frame, since }: RawGroup['frames'][number]): TransferData {
  const octets = frame.octets.slice(0, MAX_OCTETS * 2);
  const left = frame.octets.length / 2 - MAX_OCTETS;
  const notes = [
    ...(frame.delivery === undefined || frame.delivery === 'sent' ? [] : [`not sent: ${frame.delivery}`]),
    ...(frame.note === undefined ? [] : [clip(frame.note, MAX_TEXT)]),
    ...(left > 0 ? [`${left} more octets in the record`] : []),
  ];
  const { direction, purpose, plane } = frame;
  const packets = frame.packets.map((hex) => placed(hex.slice(0, MAX_OCTETS * 2), octets));
  const note = notes.length === 0 ? {} : { note: notes.join('; ') };
  return { at: since, direction, purpose, plane, octets, packets, ...note };
}

function placed(hex: string, octets: string): TransferData['packets'][number] {
  const at = indexOfOctets(octets, hex);
  return at === undefined ? hex : [at, hex.length / 2];
}

/** Where octets lie in others; undefined where they do not. */
function indexOfOctets(whole: string, part: string): number | undefined {
  if (part === '') return undefined;
  for (let from = whole.indexOf(part); from >= 0; from = whole.indexOf(part, from + 1)) {
    if (from % 2 === 0) return from / 2;
  }
  return undefined;
}

function groupData(
  { observation, frames }: RawGroup,
  kase: CompiledCase | undefined,
  parameters: Parameters,
): GroupData {
  const shown = frames.slice(0, MAX_TRANSFERS).map(transferData);
  const left = frames.length - shown.length;
  const more = left > 0 ? { more: left } : {};
  if (observation === undefined) return { step: 0, loop: '', exchanges: [], transfers: shown, ...more };
  const { step, loop, within, unformed, disconnected, taken: from } = observation;
  const taken = new Set<number>();
  const spec = kase === undefined ? undefined : stepOf(kase, observation);
  const notes = [
    ...(unformed === undefined ? [] : [`not formed: no value for ${unformed}`]),
    ...(from === undefined ? [] : [`taken from ${from.case}, step ${from.step}: nothing was moved since`]),
    ...(disconnected === undefined ? [] : [`the way to the device ended: ${disconnected}`]),
  ];
  return {
    step,
    ...(within === undefined ? {} : { inner: within.steps.join('.') }),
    loop: [loopText(loop), within?.label ?? ''].filter((part) => part !== '').join(','),
    exchanges:
      observation.trials === undefined
        ? observation.exchanges.map((exchange) => ({
            ...exchangeData(exchange, shown, taken),
            overrides: overridesOf(spec, observation, parameters, exchange.message),
          }))
        : trialsData(observation.trials, shown),
    transfers: shown,
    ...more,
    ...(notes.length === 0 ? {} : { note: clip(notes.join('; '), MAX_TEXT) }),
  };
}

function loopText(loop: Observation['loop']): string {
  const plain = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return Object.entries(loop)
    .map(([name, value]) => `${name}=${plain(value)}`)
    .join(',');
}

function exchangeData(
  exchange: Exchange,
  shown: readonly TransferData[],
  taken: Set<number>,
): Omit<ExchangeData, 'overrides'> {
  const { message, sent, response, attempts, elapsed, silence } = exchange;
  return {
    ...(message === undefined ? {} : { name: message }),
    sent: placesOf(sent, 'tx', shown, taken),
    answer: response === undefined ? [] : placesOf(response, 'rx', shown, taken),
    attempts,
    ...(elapsed === undefined ? {} : { elapsed }),
    ...(silence === undefined
      ? {}
      : { silence: { by: silence.by, waited: silence.waited, answered: silence.twin?.response !== undefined } }),
  };
}

/** Each generated sequence as an exchange; its name is the octets of its packets, as a check of sequences has them. */
function trialsData(trials: readonly Trial[], shown: readonly TransferData[]): readonly ExchangeData[] {
  const packetsOf = shown.map((transfer) =>
    transfer.direction === 'tx' ? transfer.packets.map((own) => packetHex(transfer, own)) : [],
  );
  let from = 0;
  return trials.map(({ packets, came }) => {
    const sent = packets.flatMap((hex) => {
      const at = packetsOf.findIndex((own, index) => index >= from && own.includes(hex));
      if (at < 0) return [];
      from = at + 1;
      return [at];
    });
    const received = shown.flatMap(({ direction }, index) => (direction === 'rx' && index >= from ? [index] : []));
    return { name: packets.join(''), overrides: [], sent, answer: received.slice(0, came.length), attempts: 1 };
  });
}

/** The transfers that carried a message, each of which carries one only. */
function placesOf(
  message: SentMessage | ReceivedMessage,
  direction: 'tx' | 'rx',
  shown: readonly TransferData[],
  taken: Set<number>,
): readonly number[] {
  const units = message.frames.length > 0 ? message.frames : message.packets;
  return units.flatMap((hex) => {
    const at = shown.findIndex(
      (transfer, index) => !taken.has(index) && transfer.direction === direction && transfer.octets === hex,
    );
    if (at < 0) return [];
    taken.add(at);
    return [at];
  });
}

function checkData(check: CheckResult, entry: CaseResult, groups: readonly GroupData[]): CheckData {
  const { octets, highlight, ...rest } = check;
  const id = check.id.startsWith(`${entry.id}#`) ? check.id.slice(entry.id.length) : check.id;
  const base = {
    ...rest,
    id: clip(id, MAX_TEXT),
    expected: clip(check.expected, MAX_TEXT),
    actual: clip(check.actual, MAX_TEXT),
    ...(check.note === undefined ? {} : { note: clip(check.note, MAX_TEXT) }),
  };
  const bracket = id.indexOf('[');
  const loop = bracket < 0 ? '' : id.slice(bracket + 1, -1);
  const group = groups.findIndex(
    ({ step, inner, loop: own }) =>
      step === check.step && own === loop && (inner === undefined || id.startsWith(`#${step}.${inner}.`)),
  );
  const found = groups[group];
  const exchange = found === undefined ? undefined : exchangeOf(id, octets, found);
  const where = {
    ...(found === undefined ? {} : { group }),
    ...(exchange === undefined ? {} : { exchange }),
  };
  if (octets === undefined || octets === '') return { ...base, ...where };
  const place = found === undefined ? undefined : placeOf(octets, found, exchange);
  const marked = highlight === undefined ? {} : { highlight };
  if (place !== undefined) return { ...base, ...where, place, ...marked };
  if (exchange !== undefined && found?.exchanges[exchange]?.name === octets) return { ...base, ...where };
  return { ...base, ...where, octets: octets.slice(0, MAX_OCTETS * 2), ...marked };
}

/** In a step of several messages the path begins with the name of one. */
function exchangeOf(id: string, octets: string | undefined, { exchanges }: GroupData): number | undefined {
  const name = /^#\d+\.([^.[]+)/.exec(id)?.[1];
  const named = exchanges.findIndex(
    (exchange) => exchange.name !== undefined && [name, octets].includes(exchange.name),
  );
  if (named >= 0) return named;
  return exchanges.length === 0 ? undefined : 0;
}

function placeOf(octets: string, group: GroupData, exchange: number | undefined): CheckData['place'] {
  const own = exchange === undefined ? [] : (group.exchanges[exchange]?.answer ?? []);
  const received = group.transfers.flatMap((transfer, index) => (transfer.direction === 'rx' ? [index] : []));
  for (const index of [...own, ...received]) {
    const offset = indexOfOctets(group.transfers[index]?.octets ?? '', octets);
    if (offset !== undefined) return { transfer: index, offset, length: octets.length / 2 };
  }
  return undefined;
}
