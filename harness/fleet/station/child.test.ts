import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { childEnvironment, sanitised, startChild } from './child';

const shell = (script: string, limit = 20_000) =>
  startChild({ argv: ['-c', script], cwd: tmpdir(), limit, program: ['/bin/sh'] });

describe('the process of a run', () => {
  test('tells how it ended and what it said last', async () => {
    const end = await shell('echo noise >&2; echo "mctp-certify: the device is silent" >&2; exit 3').done;
    expect(end).toEqual({ code: 3, signal: null, words: 'the device is silent' });
  });

  test('takes with it what it has started', async () => {
    const child = shell('sleep 60 & echo $! >&2; sleep 0.1');
    const { words } = await child.done;
    expect(words).toMatch(/^\d+$/);
    const isGone = (): boolean => !existsSync(`/proc/${words}`);
    for (let look = 0; look < 100 && !isGone(); look += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isGone()).toBe(true);
  });

  test('is interrupted when it takes too long, or when it is asked', async () => {
    expect(await shell('trap "exit 130" INT; while :; do sleep 0.05; done', 100).done).toMatchObject({
      code: 130,
      ended: 'too-long',
    });
    const child = shell('trap "exit 130" INT; echo ready >&2; while :; do sleep 0.05; done');
    setTimeout(() => child.interrupt(), 200);
    expect(await child.done).toMatchObject({ code: 130, ended: 'interrupted' });
  });

  test('does not learn what only the station needs', () => {
    const environment = {
      PATH: '/bin',
      SSH_AUTH_SOCK: '/s',
      MCTP_CERTIFY_REDIS: 'redis://u:p@h',
      MCTP_CERTIFY_TOKEN: 't',
      REDIS_URL: 'u',
      AWS_SECRET_ACCESS_KEY: 'k',
    };
    expect(childEnvironment(environment)).toEqual({ PATH: '/bin', SSH_AUTH_SOCK: '/s' });
  });
});

test('what strangers wrote is one bounded line without control characters', () => {
  expect(sanitised('a\u001b[31mred\u001b[0m\u0001b\n\n')).toBe('ared b');
  expect(sanitised('x'.repeat(10_000))).toHaveLength(500);
});
