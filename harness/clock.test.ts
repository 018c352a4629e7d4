import fc from 'fast-check';
import { formatDuration, MILLISECOND, parseDuration, realClock, SECOND } from './clock';

describe('the real clock', () => {
  it('fires a timer once, and never early', async () => {
    const clock = realClock();
    const at = clock.now() + 15 * MILLISECOND;
    const timer = clock.timer(at);
    expect(await timer.done).toBe(true);
    expect(clock.now()).toBeGreaterThanOrEqual(at);
    timer.cancel();
    expect(await timer.done).toBe(true);
  });

  it('fires at once for a time that has passed', async () => {
    expect(await realClock().timer(-SECOND).done).toBe(true);
  });

  it('lets a timer be cancelled, however far away', async () => {
    const clock = realClock();
    const timers = [clock.timer(SECOND), clock.timer(1e9 * SECOND)];
    for (const timer of timers) timer.cancel();
    expect(await Promise.all(timers.map((timer) => timer.done))).toEqual([false, false]);
  });

  it('waits for a time beyond what the machine can sleep in one piece', async () => {
    const timer = realClock().timer(1e9 * SECOND);
    const fired = timer.done.then((done) => done);
    const soon = realClock()
      .timer(5 * MILLISECOND)
      .done.then(() => 'still waiting');
    expect(await Promise.race([fired, soon])).toBe('still waiting');
    timer.cancel();
  });
});

describe('durations', () => {
  it.each([
    ['250us', 250_000],
    ['100ms', 100 * MILLISECOND],
    ['1.5 s', 1.5 * SECOND],
    ['2m', 120 * SECOND],
    ['0ms', 0],
  ])('%s is understood', (text, expected) => expect(parseDuration(text)).toBe(expected));

  it.each(['', '100', 'ms', '-1ms', '1h', '1e3ms', '100msx'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('are printed for people', () => {
    expect([1_250, 1_250_000, 300 * MILLISECOND, 2.5 * SECOND].map(formatDuration)).toEqual([
      '1.25 us',
      '1.25 ms',
      '300 ms',
      '2.5 s',
    ]);
    fc.assert(fc.property(fc.nat(10 ** 9), (ns) => parseDuration(formatDuration(ns)) !== undefined));
  });
});
