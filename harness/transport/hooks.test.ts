import { MILLISECOND, SECOND } from '../clock';
import { commandHooks } from './hooks';

const hooks = commandHooks({
  reset: { run: 'exit 0', timeout: 5 * SECOND },
  'ac-cycle': { run: 'echo no power supply >&2; exit 3', timeout: 5 * SECOND },
  heat: { run: 'sleep 60 & wait', timeout: 100 * MILLISECOND },
});

describe("the user's own commands", () => {
  test('are those of the device file', async () => {
    expect(hooks.names).toEqual(['reset', 'ac-cycle', 'heat']);
    expect(await hooks.run('reset')).toEqual({ ok: true, detail: 'exit 0' });
    expect((await hooks.run('hot-plug')).ok).toBe(false);
  });

  test('that fail say what they said', async () => {
    expect(await hooks.run('ac-cycle')).toEqual({
      ok: false,
      detail: '"echo no power supply >&2; exit 3" ended with 3: no power supply',
    });
  });

  test('that do not end are ended, with all that they started', async () => {
    expect(await hooks.run('heat')).toEqual({ ok: false, detail: '"sleep 60 & wait" did not end within 0.1 s' });
  });
});
