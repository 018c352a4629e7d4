import type { CheckVerdict } from '../names';

/** A check before its requirement's level decides what a miss is worth. */
export interface Finding {
  readonly path: string;
  readonly ok: boolean;
  readonly expected: string;
  readonly actual: string;
  readonly requirement?: string | undefined;
  readonly verdict?: CheckVerdict | undefined;
  readonly note?: string | undefined;
  readonly octets?: string | undefined;
  readonly highlight?: { readonly offset: number; readonly length: number } | undefined;
}
