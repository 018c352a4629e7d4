import { evidenceOf } from '../judge/evidence';
import type { BenchOptions } from './testing/bench';
import { bench } from './testing/bench';

/** Cases that walk over the same records, one after the other, on the emulated network card. */

const WALK = `
          - walk: pldm/getPdr
            fields: { requestCount: 255 }
            parts:
              until: { transferFlag: { in: [end, startAndEnd] } }
              fields: { transferHandle: $answer.nextTransferHandle, operation: getNextPart }
              data: recordData
            next:
              until: { nextRecordHandle: 0 }
              fields: { recordHandle: $answer.nextRecordHandle }
            decode: pdrOctets
            expect: { count: { min: 5 } }`;

/** Of a case that says that it has a lasting effect. */
const MOVES = `
          - request: pldm/getTid
            expect: anything`;

const MOVES_EID = `
          - request: setEndpointId
            fields: { operation: set, eid: $parameters.spareEid }
            expect: { completionCode: SUCCESS }`;

/** The terminus locator record tells it. */
const MOVES_TID = `
          - request: pldm/setTid
            fields: { tid: 0x21 }
            expect: { completionCode: SUCCESS }`;

const ASKS = `
          - request: pldm/getTid
            expect: { completionCode: SUCCESS }`;

const EFFECTS = { persistent: MOVES, eid: MOVES_EID, tid: MOVES_TID };

function suiteOf(cases: readonly string[]): string {
  const bodies = cases.map((steps, index) => {
    const [effect] = Object.entries(EFFECTS).find(([, step]) => steps.includes(step)) ?? [];
    const effects = effect === undefined ? '' : `\n        effects: [${effect}]`;
    return `
      - id: T/topic/${index + 1}
        title: does
        requirements: [DSP0236-PKT-VER-02]
        needs: messages${effects}
        steps:${steps}`;
  });
  return `
    suite: T/topic
    title: Topic
    cases:${bodies.join('')}`.replace(/^ {4}/gm, '');
}

async function run(cases: readonly string[], options: BenchOptions = {}) {
  const made = bench(suiteOf(cases), options);
  const outcomes = await made.whole();
  const observations = made.lines('observation');
  return {
    verdicts: outcomes.map(({ verdict }) => verdict),
    /** For each walk the case that made it. */
    walks: observations
      .filter(({ observation }) => observation.exchanges.length > 1 || observation.taken !== undefined)
      .map(({ case: id, observation }) => observation.taken?.case ?? id),
    asked: made.lines('frame').filter(({ direction, packets }) => direction === 'tx' && isGetPdr(packets[0] ?? ''))
      .length,
    made,
  };
}

const isGetPdr = (packet: string): boolean => packet.slice(8, 10) === '01' && packet.slice(12, 16) === '0251';

test('a later case takes the walk of an earlier one, and nothing is asked for it', async () => {
  const once = await run([WALK]);
  const twice = await run([WALK, ASKS, WALK]);
  expect(twice.verdicts).toEqual(['pass', 'pass', 'pass']);
  expect(twice.walks).toEqual(['T/topic/1', 'T/topic/1']);
  expect(once.asked).toBeGreaterThan(5);
  expect(twice.asked).toBe(once.asked);
});

test('judged again from the record, a case has the octets of the walk that it took', async () => {
  const { made } = await run([WALK, WALK]);
  const [first, second] = evidenceOf(made.sink.lines).map(({ seen }) => seen.observations[0]);
  expect(made.lines('observation').map(({ observation }) => observation.exchanges.length > 0)).toEqual([true, false]);
  expect(second?.taken).toEqual({ case: 'T/topic/1', step: 1 });
  expect(second?.exchanges).toEqual(first?.exchanges);
});

test('a case takes its own walk too', async () => {
  const once = await run([WALK]);
  const own = await run([`${WALK}${WALK}`]);
  expect(own.walks).toEqual(['T/topic/1', 'T/topic/1']);
  expect(own.asked).toBe(once.asked);
});

test('behind what has moved the device everything is walked anew', async () => {
  const moved = await run([WALK, MOVES, WALK]);
  expect(moved.walks).toEqual(['T/topic/1', 'T/topic/3']);
  const renamed = await run([WALK, MOVES_TID, WALK]);
  expect(renamed.walks).toEqual(['T/topic/1', 'T/topic/3']);
  const same = await run([WALK, MOVES_EID, WALK]);
  expect(same.walks).toEqual(['T/topic/1', 'T/topic/1']);
});

test('a case that moves something takes a walk only before it has done so', async () => {
  const before = await run([WALK, `${WALK}${MOVES}`]);
  expect(before.walks).toEqual(['T/topic/1', 'T/topic/1']);
  const after = await run([WALK, `${MOVES}${WALK}`]);
  expect(after.walks).toEqual(['T/topic/1', 'T/topic/2']);
});

test('another request, or a walk with a fault in it, is nothing to take', async () => {
  const other = await run([WALK, WALK.replace('255', '128')]);
  expect(other.walks).toEqual(['T/topic/1', 'T/topic/2']);
  const late = await run([WALK, WALK], {
    deviations: [
      (correct) => {
        let asked = 0;
        return {
          respond: (request, commands) => {
            if (request.command.name !== 'pldm/getPdr') return correct.respond(request, commands);
            asked += 1;
            return asked === 3 ? 'silence' : correct.respond(request, commands);
          },
        };
      },
    ],
  });
  expect(late.walks).toEqual(['T/topic/1', 'T/topic/2']);
});

test('a case that could not go on may have left the device anyhow: nothing from before it is taken', async () => {
  const broken = await run([WALK, ASKS, WALK], {
    wrap: (transport) => ({
      ...transport,
      // A block write that carries PLDM GetTID.
      send: (unit) =>
        unit.octets[8] === 1 && unit.octets[10] === 0 && unit.octets[11] === 2
          ? Promise.reject(new Error('out of order'))
          : transport.send(unit),
    }),
  });
  expect(broken.verdicts).toEqual(['pass', 'error', 'pass']);
  expect(broken.walks).toEqual(['T/topic/1', 'T/topic/3']);
});
