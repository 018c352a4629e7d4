import { join } from 'node:path';
import { readResult } from '../../reports/render';
import { openPty } from '../transport/testing/far-ends';
import { cli, complaints, MAIN, PATIENCE_MS, scratch, untilRecorded } from './testing/cli';

jest.setTimeout(2 * PATIENCE_MS);

const folder = scratch();
const select = ['--select', 'DSP0236/get-endpoint-id', '--select', 'DSP0253/frame'];
const emulate = [process.execPath, MAIN, 'emulate', 'nic', '--stdio', 'serial'];

it('a device on a tty gets the verdicts that it gets embedded', async () => {
  const pty = await openPty(emulate);
  const out = join(folder, 'tty');
  const ended = await cli(['run', 'nic', '--exclusive', ...select, '--device', `serial:${pty.path}`, '--out', out]);
  await pty.stop();
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^PARTIAL/) });
  const sim = join(folder, 'sim');
  await cli(['run', 'nic', ...select, '--device', 'sim:nic?binding=serial', '--out', sim]);
  const verdicts = (path: string): readonly string[] =>
    readResult(join(path, 'result.json')).cases.map(({ id, verdict }) => `${id} ${verdict}`);
  expect(verdicts(out)).toEqual(verdicts(sim));
});

it('a tty that is pulled out mid-run ends it, with the case named', async () => {
  const pty = await openPty(emulate);
  const out = join(folder, 'pulled');
  const run = cli(['run', 'nic', '--exclusive', '--device', `serial:${pty.path}`, '--out', out]);
  await untilRecorded(out, '{"type":"case.end"');
  await pty.stop();
  expect((await run).code).toBe(1);
  const { verdict, counts } = readResult(join(out, 'result.json'));
  expect({ verdict, fail: counts.fail }).toEqual({ verdict: 'not-conformant', fail: 1 });
  expect(counts.blocked).toBeGreaterThan(0);
});

it('a tty that another run has is not taken', async () => {
  const pty = await openPty(emulate);
  const uri = `serial:${pty.path}`;
  const first = cli(['run', 'nic', ...select, '--device', uri, '--out', join(folder, 'first')]);
  await untilRecorded(join(folder, 'first'), '{"type":"run.start"');
  const second = await cli(['run', 'nic', ...select, '--device', uri, '--out', join(folder, 'second')]);
  expect(second.code).toBe(3);
  expect(complaints(second)).toEqual([expect.stringMatching(/in use by process \d+/)]);
  expect((await first).code).toBe(0);
  await pty.stop();
});
