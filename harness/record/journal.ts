import type { Moved, RecordLine } from './lines';

/** Something that was moved and not put back. */
export interface Restoration {
  readonly what: Moved;
  /** What was there before it was first moved. */
  readonly value: number;
  readonly port?: number;
  readonly physicalAddress: number;
}

/** A value of the device besides its EID. */
export interface Setting {
  readonly what: Exclude<Moved, 'eid'>;
  /** Of which port, or which effecter. */
  readonly port: number;
  readonly value: number;
}

/**
 * What has to be restored: journal lines that no `restored` line closes. Of several about the same thing the first one
 * counts, for the later ones saw what we had put there.
 */
export function pendingRestorations(lines: Iterable<RecordLine>): readonly Restoration[] {
  const open = new Map<string, Restoration>();
  for (const line of lines) {
    if (line.type !== 'journal' && line.type !== 'restored') continue;
    const key = `${line.what} ${line.port ?? ''}`;
    if (line.type === 'restored') open.delete(key);
    else if (!open.has(key)) {
      const { what, value, port, physicalAddress } = line;
      open.set(key, { what, value, ...(port === undefined ? {} : { port }), physicalAddress });
    }
  }
  return [...open.values()];
}
