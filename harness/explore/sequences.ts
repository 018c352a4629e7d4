import * as fc from 'fast-check';
import type { Arrival } from './receive-model';

/** Two termini, so that messages can meet in one or pass side by side. */
const TAGS = 2;

type Place = 'single' | 'first' | 'middle' | 'last';

/** What a packet is, by a draw of 0 to 11: mostly what makes sense for a terminus that is idle, or has a message in progress. */
const idle: readonly Place[] = [
  'first',
  'first',
  'first',
  'first',
  'first',
  'first',
  'first',
  'first',
  'single',
  'single',
  'last',
  'middle',
];
const busy: readonly Place[] = [
  'last',
  'last',
  'last',
  'last',
  'last',
  'middle',
  'middle',
  'middle',
  'middle',
  'first',
  'first',
  'single',
];

/**
 * Packet sequences near the edges of the receive rules: mostly what a sender would send next, sometimes not. Shrinks to
 * fewer packets first, then to fewer oddities.
 */
export function sequences(longest: number): fc.Arbitrary<readonly Arrival[]> {
  const mostly = (usual: boolean): fc.Arbitrary<boolean> =>
    fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(!usual) });
  const step = fc.record({
    tag: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(TAGS - 1) }),
    draw: fc.nat(idle.length - 1),
    skip: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) }),
    beginAt: fc.nat(3),
    tagOwner: mostly(true),
    known: mostly(true),
    goesOn: fc.boolean(),
  });
  return fc.array(step, { minLength: 2, maxLength: longest }).map((steps) => {
    const open = new Map<number, number>();
    return steps.map(({ tag, draw, skip, beginAt, tagOwner, known, goesOn }): Arrival => {
      const last = open.get(tag);
      const place = (last === undefined ? idle : busy)[draw] ?? 'single';
      const som = place === 'first' || place === 'single';
      const eom = place === 'last' || place === 'single';
      const sequence = som ? beginAt : ((last ?? 3) + 1 + skip) % 4;
      // What follows an oddity goes on from it, or as if it had not been: receivers differ in which they expect.
      const odd = !tagOwner || !known || (!som && skip > 0) || (place === 'single' && last !== undefined);
      if (!odd || goesOn) {
        if (eom) open.delete(tag);
        else open.set(tag, sequence);
      }
      return { som, eom, sequence, tag, tagOwner, version: known ? 1 : 2 };
    });
  });
}
