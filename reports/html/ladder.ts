import { formatDuration } from '../../harness/clock';
import type { CommandSets } from '../../harness/codec/command';
import { parseHex } from '../../harness/codec/octets';
import { decodePacket } from '../../harness/codec/packet';
import { messageName } from '../message';
import type { ExchangeData, GroupData, TransferData } from './data';
import { packetHex } from './data';

/** Units of the drawing; the template scales it. */
const WIDTH = 900;
const LEFT = 96;
const RIGHT = 796;
const TOP = 40;
const ROW = 31;
const LABEL = 88;

/** Transfers drawn at most; those around the deciding ones come first. */
const MAX_ROWS = 20;

export type Tone = 'bad' | 'warn' | 'good' | 'plain' | 'soft' | 'changed';

interface Row {
  readonly kind: 'arrow' | 'nothing' | 'gap';
  readonly right: boolean;
  readonly label: string;
  readonly tone: Tone;
  readonly time: string;
  readonly remark: string;
}

/** What the ladder is to make plain. */
export interface Focus {
  readonly sent: ReadonlySet<number>;
  readonly deciding: ReadonlySet<number>;
  /** The exchange whose missing answer decided. */
  readonly missing?: number | undefined;
  readonly tone: Tone;
}

/** The message of a transfer in a few words. */
export function transferName(transfer: TransferData, commands: CommandSets): string {
  const names = transfer.packets.map((entry) => {
    const octets = parseHex(packetHex(transfer, entry));
    const packet = octets === undefined ? undefined : decodePacket(octets);
    if (packet === undefined) return 'too short for a packet';
    const version = packet.headerVersion === 1 ? '' : ` version ${packet.headerVersion}`;
    return `${messageName(packet, commands)}${version}`;
  });
  if (names.length > 0) return names.join('; ');
  const size = transfer.octets.length / 2;
  return `${size} octet${size === 1 ? '' : 's'} without a packet`;
}

/** Without the fields where they do not fit: the strip below has them. */
function shortened(name: string): string {
  if (name.length <= LABEL) return name;
  const head = name.split(': ')[0] ?? name;
  return head.length <= LABEL ? head : `${head.slice(0, LABEL - 1)}…`;
}

/** Of each exchange without an answer, the transfer after which none was to come. */
function lastTries({ exchanges, transfers }: GroupData): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  exchanges.forEach((exchange, index) => {
    // A stimulus that gets no answer may have been sent again, octet by octet the same.
    const last = transfers[exchange.sent.at(-1) ?? -1]?.octets;
    const at = transfers.findLastIndex(({ direction, octets }) => direction === 'tx' && octets === last);
    if (exchange.answer.length === 0 && at >= 0) found.set(at, index);
  });
  return found;
}

function rowsOf(group: GroupData, focus: Focus, commands: CommandSets, began: number | undefined): readonly Row[] {
  const rows: Row[] = [];
  let before = began ?? group.transfers[0]?.at ?? 0;
  const tries = lastTries(group);
  let unanswered: number | undefined;
  const conclude = (): void => {
    const exchange = group.exchanges[unanswered ?? -1];
    if (exchange !== undefined) rows.push(nothing(exchange, focus.missing === unanswered, focus.tone));
    unanswered = undefined;
  };
  group.transfers.forEach((transfer, index) => {
    // What comes after the last try and is no answer stands before the conclusion that none came.
    if (transfer.direction === 'tx') conclude();
    const since = transfer.at - before;
    before = transfer.at;
    const tone: Tone = focus.deciding.has(index) ? focus.tone : focus.sent.has(index) ? 'changed' : 'plain';
    const quiet = transfer.purpose === 'stimulus' || transfer.purpose === 'received';
    rows.push({
      kind: 'arrow',
      right: transfer.direction === 'tx',
      label: shortened(transferName(transfer, commands)),
      tone: tone === 'plain' && !quiet ? 'soft' : tone,
      time: since <= 0 ? '' : `+${formatDuration(since)}`,
      remark: quiet ? '' : transfer.purpose === 'twin' ? 'healed twin' : transfer.purpose,
    });
    unanswered = tries.get(index) ?? unanswered;
  });
  conclude();
  return rows;
}

function nothing(exchange: ExchangeData, decides: boolean, tone: Tone): Row {
  const { silence, attempts } = exchange;
  const how = silence === undefined ? '' : ` in ${formatDuration(silence.waited)}`;
  const tries = attempts > 1 ? ` (${attempts} attempts)` : '';
  // A generated sequence is named by its octets.
  const name = exchange.name === undefined || exchange.name.length > 20 ? '' : ` to ${exchange.name}`;
  return {
    kind: 'nothing',
    right: false,
    label: `no answer${name}${how}${tries}`,
    tone: decides ? tone : silence === undefined ? 'plain' : 'good',
    time: '',
    remark: '',
  };
}

/** Words between the arrows. */
function mark(label: string): Row {
  return { kind: 'gap', right: true, label, tone: 'soft', time: '', remark: '' };
}

/** The rows worth drawing: all of a few, else those around the first that decides. */
function chosen(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MAX_ROWS) return rows;
  const centre = rows.findIndex((row) => row.tone === 'bad' || row.tone === 'warn');
  const from = Math.max(0, Math.min(centre < 0 ? 0 : centre - 14, rows.length - MAX_ROWS));
  const left = (count: number): readonly Row[] => (count <= 0 ? [] : [mark(`${count} more`)]);
  return [...left(from), ...rows.slice(from, from + MAX_ROWS), ...left(rows.length - from - MAX_ROWS)];
}

/** Of a step that led to another one: what it asked and what it got, without probes. */
function essence(group: GroupData): GroupData {
  const kept = group.exchanges.flatMap(({ sent, answer }) => [...sent, ...answer]).sort((a, b) => a - b);
  const at = (places: readonly number[]): readonly number[] => places.map((place) => kept.indexOf(place));
  return {
    ...group,
    transfers: kept.flatMap((place) => group.transfers[place] ?? []),
    exchanges: group.exchanges.map((entry) => ({ ...entry, sent: at(entry.sent), answer: at(entry.answer) })),
  };
}

const elsewhere: Focus = { sent: new Set(), deciding: new Set(), tone: 'plain' };

/**
 * A ladder as a drawing: coordinates, words and tones; of the last group, after those that led to it. Null where nothing
 * was sent and nothing came.
 */
export function ladderView(groups: readonly GroupData[], focus: Focus, commands: CommandSets, eids: string) {
  const all = groups.flatMap((group, index) => {
    const last = index === groups.length - 1;
    const began = groups[index - 1]?.transfers.at(-1)?.at;
    const rows = last ? rowsOf(group, focus, commands, began) : rowsOf(essence(group), elsewhere, commands, began);
    return groups.length > 1 && rows.length > 0 ? [mark(`step ${group.step}`), ...rows] : rows;
  });
  const rows = all.every(({ kind }) => kind === 'gap') ? [] : chosen(all);
  if (rows.length === 0) return null;
  const height = TOP + rows.length * ROW;
  return {
    width: WIDTH,
    height,
    left: LEFT,
    right: RIGHT,
    top: TOP - 14,
    bottom: height - 4,
    middle: (LEFT + RIGHT) / 2,
    device: eids,
    text: rows
      .map(({ right, label, remark }) => `${right ? 'to' : 'from'} device: ${label} ${remark}`.trim())
      .join('; '),
    rows: rows.map((row, index) => {
      const y = TOP + index * ROW + 17;
      const [from, to] = row.right ? [LEFT, RIGHT] : [RIGHT, LEFT];
      const nose = row.right ? -9 : 9;
      const end = row.kind === 'nothing' ? (LEFT + RIGHT) / 2 + 40 : to;
      return {
        arrow: row.kind === 'arrow',
        nothing: row.kind === 'nothing',
        y,
        labelY: y - 6,
        timeY: y + 4,
        from: row.right ? from + 2 : from - 2,
        to: row.kind === 'nothing' ? end : row.right ? to - 3 : to + 3,
        head: `M${to + nose} ${y - 5}L${to + (row.right ? -2 : 2)} ${y}L${to + nose} ${y + 5}z`,
        cross: `M${end - 5} ${y - 5}l10 10m0 -10l-10 10`,
        middle: (LEFT + RIGHT) / 2,
        label: row.label,
        tone: row.tone,
        time: row.time,
        timeX: LEFT - 12,
        remark: row.remark,
        remarkX: RIGHT + 12,
      };
    }),
  };
}
