import * as fc from 'fast-check';
import type { Assemblies } from '../codec/assembly';
import { assemble } from '../codec/assembly';
import type { Arrival } from './receive-model';
import { agrees, answersTo, readings } from './receive-model';
import { sequences } from './sequences';

const packet = (change: Partial<Arrival>): Arrival => ({
  som: false,
  eom: false,
  sequence: 0,
  tag: 0,
  tagOwner: true,
  version: 1,
  ...change,
});
const first = packet({ som: true });
const middle = packet({ sequence: 1 });
const last = packet({ sequence: 2, eom: true });
const single = packet({ som: true, eom: true });

describe('the receive rules', () => {
  it.each<[string, readonly Arrival[], number]>([
    ['a whole message', [first, middle, last], 1],
    ['a single packet', [single], 1],
    ['a middle packet without a start', [middle, last], 0],
    ['a gap', [first, last], 0],
    ['a middle packet twice', [first, middle, middle, last], 0],
    ['a second start', [first, middle, first, middle, last], 1],
    ['a single packet within a message', [first, single, middle, last], 1],
    ['another header version within a message', [first, { ...middle, version: 2 }, middle, last], 1],
    ['a packet of a tag that it gave out within a message', [first, { ...middle, tagOwner: false }, middle, last], 1],
    ['two messages side by side', [first, { ...first, tag: 1 }, middle, { ...last, tag: 1, sequence: 1 }, last], 2],
    [
      'a start with any sequence number',
      [
        { ...first, sequence: 3 },
        { ...last, sequence: 0 },
      ],
      1,
    ],
  ])('%s', (_name, arrivals, answers) => {
    expect(answersTo(arrivals)).toHaveLength(answers);
  });

  it('are those of the assembler, which was written apart', () => {
    const byAssembler = (arrivals: readonly Arrival[]): number => {
      const state: Assemblies = new Map();
      return arrivals.filter(({ som, eom, sequence, tag, tagOwner, version }) => {
        if (!tagOwner) return false;
        const outcome = assemble(state, {
          reserved: 0,
          headerVersion: version,
          destinationEid: 9,
          sourceEid: 8,
          som: Number(som),
          eom: Number(eom),
          packetSequence: sequence,
          tagOwner: 1,
          messageTag: tag,
          payload: new Uint8Array(64),
        });
        return outcome.kind === 'message';
      }).length;
    };
    fc.assert(
      fc.property(sequences(12), (arrivals) => byAssembler(arrivals) === answersTo(arrivals).length),
      { numRuns: 2000 },
    );
  });

  it('differ between the readings, so that one can be told from another', () => {
    for (const reading of readings) {
      const differs = fc.check(
        fc.property(sequences(8), (arrivals) => agrees(answersTo(arrivals), answersTo(arrivals, reading))),
        { numRuns: 3000, seed: 1 },
      );
      expect({ reading: reading.name, found: differs.failed }).toEqual({ reading: reading.name, found: true });
    }
  });
});
