import type { CaseOutcome } from './runner';
import type { Bench } from './testing/bench';
import { bench, verdicts } from './testing/bench';

/** A case of which only steps, and what stands before them, matter. */
const kase = (number: number, steps: string, rest = ''): string => `
  - id: T/topic/${number}
    title: says something
    requirements: [DSP0236-PKT-VER-02]
    needs: messages
    ${rest}
    steps:
      ${steps}`;

const suite = (...cases: readonly string[]): string => `suite: T/topic\ntitle: t\ncases:${cases.join('')}\n`;

const asksVersion = '- { request: nc-si/getVersionId, expect: { completionCode: COMPLETED } }';
const asksEid = '- { request: getEndpointId, expect: { completionCode: SUCCESS } }';
const resets = '- { request: nc-si/resetChannel, expect: { completionCode: COMPLETED } }';

/** Command codes of NC-SI that the harness sent for itself. */
const ownCommands = (at: Bench): readonly string[] =>
  at
    .lines('frame')
    .filter(({ direction, purpose, packets }) => direction === 'tx' && purpose === 'discovery' && isNcSi(packets[0]))
    .map(({ packets }) => packets[0]?.slice(18, 20) ?? '');

const isNcSi = (packet = ''): boolean => packet.slice(8, 10) === '02';

const outcomes = async (at: Bench): Promise<readonly string[]> =>
  verdicts((await at.whole()) as readonly CaseOutcome[]);

describe('a channel in its initial state', () => {
  it('is taken out of it before the first case that speaks to it, and only then', async () => {
    const at = bench(suite(kase(1, asksEid), kase(2, asksVersion), kase(3, asksVersion)));
    expect(await outcomes(at)).toEqual(['pass', 'pass', 'pass']);
    expect(ownCommands(at)).toEqual(['00']);
  });

  it('is taken out of it again after a case that may have moved it', async () => {
    const at = bench(suite(kase(1, resets, 'effects: [nc-si-initial-state]'), kase(2, asksVersion)));
    expect(await outcomes(at)).toEqual(['pass', 'pass']);
    expect(ownCommands(at)).toEqual(['00', '00']);
  });

  it('keeps cases from running where it may not be moved, and is asked once', async () => {
    const at = bench(suite(kase(1, asksVersion), kase(2, asksVersion)), { exclusive: false, eid: 9 });
    const why =
      'unreachable: the NC-SI channel is in its initial state: its owner has not initialised it, and Clear Initial State needs --exclusive';
    expect(await outcomes(at)).toEqual([why, why]);
    expect(ownCommands(at)).toEqual(['15']);
  });

  it('hides no device that does not answer', async () => {
    const deaf = () => ({ respond: () => 'silence' as const });
    const at = bench(suite(kase(1, asksVersion)), { exclusive: false, eid: 9, deviations: [deaf] });
    await expect(at.run.discover().catch(() => undefined)).resolves.toBeUndefined();
    expect(verdicts(await at.settleAll())[0]).toMatch(/^fail|^blocked/);
  });
});
