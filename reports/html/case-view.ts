import { formatDuration } from '../../harness/clock';
import { describeOctets, spaced } from '../traffic';
import { clip } from '../visible';
import type { CaseData, CheckData, GroupData, Override, Shared, TransferData } from './data';
import { packetHex } from './data';
import type { Focus } from './ladder';
import { ladderView, transferName } from './ladder';
import { looseStrip, stripView } from './strip';
import { tones } from './tones';

/** A case's details: pure, so that the browser can make them when somebody looks. */

const MAX_FINDINGS = 8;
const MAX_GROUPS = 6;
const MAX_ROWS = 200;
const MAX_CHECKS = 300;
const MAX_STRIPS = 4;

/** Red checks of one step and field that differ in their loop values only. */
interface Finding {
  readonly first: CheckData;
  readonly alike: readonly CheckData[];
}

function findingsOf(checks: readonly CheckData[]): readonly Finding[] {
  const found = new Map<string, CheckData[]>();
  for (const verdict of ['fail', 'warn'] as const) {
    for (const check of checks) {
      if (check.verdict !== verdict) continue;
      const key = `${verdict} ${check.requirement} ${check.id.replace(/\[.*$/, '')}`;
      const own = found.get(key);
      if (own === undefined) found.set(key, [check]);
      else own.push(check);
    }
  }
  return [...found.values()].flatMap(([first, ...alike]) => (first === undefined ? [] : [{ first, alike }]));
}

function clauseView(id: string, { requirements }: Shared) {
  const known = Object.hasOwn(requirements, id) ? requirements[id] : undefined;
  return {
    id,
    level: known?.level ?? 'not described in the record',
    unconfirmed: known !== undefined && known.confidence !== 'high',
    document: known === undefined ? '' : `${known.document} ${known.version}`,
    clause: known?.clause ?? '',
    statement: known?.statement ?? '',
  };
}

/** Octets of a check in one line: what came before the deciding ones, these, and what came after. */
function inline(check: CheckData, group: GroupData | undefined) {
  const { place, highlight } = check;
  const from = place === undefined ? undefined : group?.transfers[place.transfer]?.octets;
  const octets =
    place === undefined || from === undefined
      ? check.octets
      : from.slice(place.offset * 2, (place.offset + place.length) * 2);
  if (octets === undefined || octets === '') return null;
  const start = Math.min((highlight?.offset ?? 0) * 2, octets.length);
  const end = Math.min(start + (highlight?.length ?? 0) * 2, octets.length);
  return {
    before: clip(spaced(octets.slice(0, start)), 240),
    deciding: clip(spaced(octets.slice(start, end)), 240),
    after: clip(spaced(octets.slice(end)), 240),
  };
}

function checkView(check: CheckData, data: CaseData) {
  const group = check.group === undefined ? undefined : data.groups[check.group];
  return {
    id: check.id,
    name: check.verdict,
    tone: tones[check.verdict],
    requirement: check.requirement,
    level: check.level,
    expected: check.expected,
    actual: check.actual,
    octets: inline(check, group),
    note: check.note ?? '',
  };
}

/** `1.message.instanceId` or `2.silence`: what was looked at. */
function fieldOf(check: CheckData): string {
  return (check.id.replace(/\[.*$/, '').split('.').at(-1) ?? '').replace(/^#/, '');
}

function overrideText({ layer, field, change, packet }: Override): string {
  return `${layer} ${field} ${change}${packet === undefined ? '' : ` in packet ${packet + 1}`}`;
}

/** Those that a transfer shows, which is one of several that carry the stimulus. */
function overridesAt(overrides: readonly Override[], place: number): readonly Override[] {
  return overrides.filter(({ packet }) => packet === undefined || packet === place);
}

function eidsOf(group: GroupData): string {
  for (const transfer of group.transfers) {
    const [first] = transfer.packets;
    if (transfer.direction !== 'rx' || first === undefined) continue;
    const eid = Number.parseInt(packetHex(transfer, first).slice(4, 6), 16);
    if (!Number.isNaN(eid)) return `device, EID ${eid}`;
  }
  return 'device';
}

function marksOf(check: CheckData) {
  const { place, highlight } = check;
  if (place === undefined) return {};
  const from = place.offset + (highlight?.offset ?? 0);
  const to = highlight === undefined ? place.offset + place.length : from + highlight.length;
  return { from, to, field: fieldOf(check) };
}

function isStray({ direction, packets }: TransferData): boolean {
  return direction === 'rx' && packets.length === 0;
}

/** The steps that led to a group: those before it with its loop values. */
function upTo(group: GroupData, { groups }: CaseData): readonly GroupData[] {
  return groups.filter(({ step, loop }) => step > 0 && step <= group.step && loop === group.loop);
}

function findingView({ first, alike }: Finding, data: CaseData, shared: Shared) {
  const { binding, commands } = shared;
  const group = first.group === undefined ? undefined : data.groups[first.group];
  const exchange = first.exchange === undefined ? undefined : group?.exchanges[first.exchange];
  const sent = exchange?.sent ?? [];
  const answers = exchange?.answer ?? [];
  const deciding = new Set([...(first.place === undefined ? [] : [first.place.transfer]), ...answers]);
  const tone = tones[first.verdict] === 'bad' ? 'bad' : 'warn';
  const focus: Focus = {
    sent: new Set(sent),
    deciding,
    missing: answers.length === 0 ? first.exchange : undefined,
    tone,
  };
  const transfer = (index: number): TransferData | undefined => group?.transfers[index];
  const overrides = exchange?.overrides ?? [];
  const sentStrips = sent.slice(0, MAX_STRIPS).flatMap((index, place) => {
    const own = transfer(index);
    if (own === undefined) return [];
    const marks = { overrides: overridesAt(overrides, place) };
    return [{ words: transferName(own, commands), ...stripView(own, binding, commands, marks) }];
  });
  // Where no answer came, octets that became no packet may be what the device took for one.
  const missing = deciding.size === 0 && first.octets === undefined;
  const stray = missing ? (group?.transfers ?? []).flatMap((own, index) => (isStray(own) ? [index] : [])) : [];
  const shown = [...deciding, ...stray].sort((a, b) => a - b).slice(0, MAX_STRIPS);
  const came = shown.flatMap((index) => {
    const own = transfer(index);
    if (own === undefined) return [];
    const marks = index === first.place?.transfer ? marksOf(first) : {};
    return [{ words: transferName(own, commands), ...stripView(own, binding, commands, marks) }];
  });
  const loose =
    first.octets === undefined
      ? []
      : [{ words: 'the octets that decided', ...looseStrip(first.octets, first.highlight) }];
  return {
    ...checkView(first, data),
    field: fieldOf(first),
    clause: clauseView(first.requirement, shared),
    step: group === undefined || group.step === 0 ? '' : `step ${numberOf(group)}`,
    loop: group?.loop ?? '',
    overrides: overrides.map(overrideText),
    ladder: group === undefined ? null : ladderView(upTo(group, data), focus, commands, eidsOf(group)),
    sent: sentStrips,
    sentMore: sent.length > MAX_STRIPS ? String(sent.length - MAX_STRIPS) : '',
    came: [...came, ...loose],
    cameTitle: stray.length > 0 ? 'What came, and is no answer' : 'What came',
    nothingCame: came.length + loose.length === 0,
    alike: alike.slice(0, MAX_CHECKS).map((check) => checkView(check, data)),
    alikeCount: String(alike.length),
  };
}

function groupTitle(group: GroupData): string {
  if (group.step === 0) return 'after the last step';
  return `step ${numberOf(group)}${group.loop === '' ? '' : `, ${group.loop}`}`;
}

function numberOf({ step, inner }: GroupData): string {
  return inner === undefined ? String(step) : `${step}.${inner}`;
}

function groupView(group: GroupData, data: CaseData, shared: Shared) {
  const { binding, commands } = shared;
  const index = data.groups.indexOf(group);
  const focus: Focus = { sent: new Set(), deciding: new Set(), tone: 'plain' };
  const placed = data.checks.filter((check) => check.group === index && check.place !== undefined);
  const strips = group.transfers.slice(0, MAX_STRIPS).map((transfer, at) => {
    const overrides = group.exchanges.flatMap((exchange) =>
      exchange.sent.includes(at) ? overridesAt(exchange.overrides, exchange.sent.indexOf(at)) : [],
    );
    const own = placed.filter((check) => check.place?.transfer === at && check.highlight !== undefined);
    const marks = own.length === 1 && own[0] !== undefined ? marksOf(own[0]) : {};
    return {
      words: `${transfer.direction === 'tx' ? '→' : '←'} ${transferName(transfer, commands)}`,
      ...stripView(transfer, binding, commands, { ...marks, overrides }),
    };
  });
  return {
    title: groupTitle(group),
    overrides: group.exchanges.flatMap(({ overrides }) => overrides.map(overrideText)),
    note: group.note ?? '',
    ladder: ladderView([group], focus, commands, eidsOf(group)),
    strips,
  };
}

/** A row of a list of transfers. */
export function transferRow(transfer: TransferData, shared: Shared) {
  const { direction, purpose } = transfer;
  return {
    time: formatDuration(transfer.at),
    direction,
    arrow: direction === 'tx' ? '→ device' : '← device',
    purpose: direction === 'rx' && purpose === 'received' ? '' : purpose,
    packets: transfer.packets.map((entry) => describeOctets(packetHex(transfer, entry), shared.commands)),
    note: transfer.note ?? '',
    octets: clip(spaced(transfer.octets), 600),
  };
}

/** All that the details of a case show. */
export function caseView(data: CaseData, shared: Shared) {
  const findings = findingsOf(data.checks);
  const transfers = data.groups.flatMap((group) => group.transfers);
  const left =
    data.groups.reduce((sum, group) => sum + (group.more ?? 0), 0) + Math.max(0, transfers.length - MAX_ROWS);
  const groups = findings.length > 0 ? [] : data.groups.filter((group) => group.step > 0);
  const owners = new Set(findings.map(({ first }) => first.requirement));
  return {
    findings: findings.slice(0, MAX_FINDINGS).map((finding) => findingView(finding, data, shared)),
    findingsLeft: findings.length > MAX_FINDINGS ? String(findings.length - MAX_FINDINGS) : '',
    requirements: data.requirements.filter((id) => !owners.has(id)).map((id) => clauseView(id, shared)),
    checks: data.checks.slice(0, MAX_CHECKS).map((check) => checkView(check, data)),
    checksCount: String(data.checks.length),
    fold: findings.length > 0,
    groups: groups.slice(0, MAX_GROUPS).map((group) => groupView(group, data, shared)),
    groupsLeft: groups.length > MAX_GROUPS ? String(groups.length - MAX_GROUPS) : '',
    transfers: transfers.slice(0, MAX_ROWS).map((transfer) => transferRow(transfer, shared)),
    transfersCount: String(transfers.length),
    transfersLeft: left > 0 ? String(left) : '',
    range: data.range,
    counters: data.counters ?? '',
  };
}
