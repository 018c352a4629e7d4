import type { RecordLine } from './lines';

/** Something that was moved and not put back. */
export interface Restoration {
  readonly what: Extract<RecordLine, { type: 'journal' }>['what'];
  /** What was there before it was first moved. */
  readonly value: number;
  readonly physicalAddress: number;
}

/**
 * What has to be restored: journal lines that no `restored` line closes. Of several about the same thing the first one
 * counts, for the later ones saw what we had put there.
 */
export function pendingRestorations(lines: Iterable<RecordLine>): readonly Restoration[] {
  const open = new Map<string, Restoration>();
  for (const line of lines) {
    if (line.type === 'journal' && !open.has(line.what)) {
      const { what, value, physicalAddress } = line;
      open.set(line.what, { what, value, physicalAddress });
    } else if (line.type === 'restored') open.delete(line.what);
  }
  return [...open.values()];
}
