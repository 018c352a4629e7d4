/** What the answer to a stimulus is known by. */
export interface Pair {
  readonly messageTag: number;
  readonly instanceId: number;
}

/** Seven tags, thirty-one instance ids: 7 and 31 have no common divisor, so counting goes through all pairs. */
const PAIRS = 7 * 31;

/** The last stimuli, of which no two share a tag or an instance id: their second answers cannot be mistaken. */
export const RECENT = 6;

/**
 * Fresh tags and instance ids, all pairs in turn but those with a zero: a device whose answers always carry 0 must not seem
 * to answer the one stimulus in eight that had it.
 */
export class Drawing {
  count = 0;

  /** Those of a case are its own, whatever ran before it. */
  begin(id: string): void {
    this.count = 0;
    for (let index = 0; index < id.length; index += 1) this.count = (this.count * 31 + id.charCodeAt(index)) % PAIRS;
  }

  /** A pair of a stimulus that is remembered is passed over: its late answer must not be taken for another's. */
  next(known: readonly Pair[]): Pair {
    // Cases choose tags too: what is drawn keeps away from those of the last stimuli.
    const recent = known.length - RECENT;
    for (let tries = 0; tries < PAIRS; tries += 1) {
      const messageTag = 1 + (this.count % 7);
      const instanceId = 1 + (this.count % 31);
      this.count += 1;
      const isTaken = known.some((each, index) => {
        const tag = each.messageTag === messageTag;
        const id = each.instanceId === instanceId;
        return index < recent ? tag && id : tag || id;
      });
      if (!isTaken) return { messageTag, instanceId };
    }
    return { messageTag: 1, instanceId: 1 };
  }
}
