import { virtualClock } from './virtual-clock';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('virtual clock', () => {
  it('stands still while nobody waits for a timer', async () => {
    const clock = virtualClock();
    let happened = false;
    clock.schedule(10, () => {
      happened = true;
    });
    await turns(5);
    expect([clock.now(), happened]).toEqual([0, false]);
  });

  it('runs what happens before the timer, in order of time, then of scheduling', async () => {
    const clock = virtualClock();
    const seen: string[] = [];
    clock.schedule(30, () => seen.push('c'));
    clock.schedule(10, () => seen.push('a'));
    clock.schedule(10, () => seen.push('b'));
    clock.schedule(31, () => seen.push('too late'));
    expect(await clock.timer(30).done).toBe(true);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(clock.now()).toBe(30);
  });

  it('counts something at the deadline as in time', async () => {
    const clock = virtualClock();
    const timer = clock.timer(5);
    let seen = false;
    clock.schedule(5, () => {
      seen = true;
    });
    await timer.done;
    expect(seen).toBe(true);
  });

  it('lets whoever was woken run before time moves again', async () => {
    const clock = virtualClock();
    const times: number[] = [];
    const walk = async (): Promise<void> => {
      for (let at = 1; at <= 3; at += 1) {
        await clock.timer(at).done;
        await Promise.resolve();
        times.push(clock.now());
      }
    };
    await Promise.all([walk(), clock.timer(100).done]);
    expect(times).toEqual([1, 2, 3]);
  });

  it('settles a cancelled timer with false, once, and stops', async () => {
    const clock = virtualClock();
    const timer = clock.timer(50);
    timer.cancel();
    timer.cancel();
    expect(await timer.done).toBe(false);
    await turns(3);
    expect(clock.now()).toBe(0);
  });

  it('never goes back, and takes a passed time at once', async () => {
    const clock = virtualClock();
    await clock.timer(20).done;
    expect(await clock.timer(5).done).toBe(true);
    expect(clock.now()).toBe(20);
  });

  it('stands still while held', async () => {
    const clock = virtualClock();
    const release = clock.hold();
    const timer = clock.timer(7);
    await turns(5);
    expect(clock.now()).toBe(0);
    release();
    release();
    expect(await timer.done).toBe(true);
    expect(clock.now()).toBe(7);
  });
});
