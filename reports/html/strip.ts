import type { CommandSets } from '../../harness/codec/command';
import type { Binding } from '../../harness/names';
import { spaced } from '../traffic';
import type { Box } from './anatomy';
import { anatomyOf, looseBox } from './anatomy';
import type { Override, TransferData } from './data';

/** Octets shown of one field. */
const MAX_SHOWN = 24;

/** What stands out in a strip: the octets that decided, and the fields that were made wrong on purpose. */
export interface Marks {
  readonly from?: number;
  readonly to?: number;
  /** Last segment of the check's path: the field of a box that is meant. */
  readonly field?: string;
  readonly overrides?: readonly Override[];
}

/** An annotated row of octets, field by field. */
export function stripView(transfer: TransferData, binding: Binding, commands: CommandSets, marks: Marks) {
  const { boxes, unescaped } = anatomyOf(transfer, binding, commands);
  return {
    boxes: boxes.map((box) => boxView(box, marks)),
    unescaped:
      unescaped === undefined ? null : unescaped.map((box) => boxView(box, { overrides: marks.overrides ?? [] })),
    note: transfer.note ?? '',
  };
}

/** Octets that lie in no transfer. */
export function looseStrip(
  octets: string,
  highlight: { readonly offset: number; readonly length: number } | undefined,
) {
  const marks = highlight === undefined ? {} : { from: highlight.offset, to: highlight.offset + highlight.length };
  return { boxes: [boxView(looseBox(octets), marks, 96)], unescaped: null, note: '' };
}

function boxView(box: Box, marks: Marks, limit = MAX_SHOWN) {
  const size = box.octets.length / 2;
  const from = Math.min(Math.max((marks.from ?? 0) - box.offset, 0), size);
  const to = Math.min(Math.max((marks.to ?? 0) - box.offset, 0), size);
  const deciding = to > from;
  const changed = new Set((marks.overrides ?? []).flatMap(({ layer, field }) => (layer === box.layer ? [field] : [])));
  const text = (start: number, end: number): string => spaced(box.octets.slice(start * 2, end * 2));
  const [start, end] = deciding ? [from, to] : [0, 0];
  const shownEnd = Math.min(size, Math.max(limit, end > limit ? 0 : limit));
  const fields = box.fields.map(({ name, value }) => ({
    name,
    value,
    meant: deciding && box.fields.length > 1 && name === marks.field,
    changed: changed.has(name),
  }));
  const overridden = fields.some((field) => field.changed);
  return {
    layer: box.layer,
    tone: deciding ? 'deciding' : overridden ? 'changed' : '',
    before: text(0, Math.min(start, shownEnd)),
    marked: text(start, Math.min(end, shownEnd)),
    after: text(Math.max(end, 0), shownEnd),
    left: size > shownEnd ? `+${size - shownEnd}` : '',
    wide: size > 4,
    fields,
  };
}
