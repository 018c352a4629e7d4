import type { EmulatedClass } from '../emulator/classes';
import type { DeviceState } from '../emulator/endpoint-types';
import { ssdOf } from '../emulator/nvme-mi-state';
import { readRecord } from '../record/reader';
import { cli, PATIENCE_MS, scratch, start } from './testing/cli';
import type { SocketDevice } from './testing/socket-device';
import { openSocketDevice } from './testing/socket-device';

/** What cases move besides the EID comes back from the record of a run that was killed while it was moved. */

jest.setTimeout(2 * PATIENCE_MS);

const HOME = 0x33;

const devices: SocketDevice[] = [];
afterAll(() => Promise.all(devices.map((device) => device.close())));

interface Moved {
  readonly class: EmulatedClass;
  readonly args: readonly string[];
  readonly read: (state: DeviceState) => unknown;
  readonly journal: { readonly what: string; readonly value: number };
  /** As `restore` says it. */
  readonly said: RegExp;
}

const moved: readonly Moved[] = [
  {
    class: 'ssd',
    args: ['run', 'ssd', '--allow', 'bus-disruptive', '--select', 'nvme-mi/configuration/3'],
    read: (state) => ssdOf(state).units.join(),
    journal: { what: 'transmission-unit', value: 64 },
    said: /^transmission unit 64 of port 0 restored\n$/,
  },
  {
    class: 'hba',
    args: ['run', 'hba-target', '--allow', 'persistent', '--select', 'pldm/state-effecter/1'],
    read: (state) => state.card?.bays.map(({ located }) => located === true).join(),
    journal: { what: 'effecter-state', value: 1 },
    said: /^state 1 of effecter \d+ restored\n$/,
  },
];

it.concurrent.each(moved)('$journal.what is given back', async ({ class: name, args, read, journal, said }) => {
  const folder = scratch();
  const device = await openSocketDevice(folder, HOME, name);
  devices.push(device);
  const before = read(device.state);
  const out = `${folder}/out`;
  const run = start([...args, '--exclusive', '--device', device.uri, '--out', out]);
  device.onFrame = () => {
    if (read(device.state) === before) return 'answer';
    run.child.kill('SIGKILL');
    return 'ignore';
  };
  expect((await run.ended).signal).toBe('SIGKILL');
  const { lines } = readRecord(out);
  expect(lines).toContainEqual(expect.objectContaining({ type: 'journal', ...journal }));
  expect(lines).not.toContainEqual(expect.objectContaining({ type: 'restored' }));
  expect(read(device.state)).not.toBe(before);
  device.onFrame = () => 'answer';
  expect(await cli(['restore', out])).toMatchObject({ code: 0, stdout: expect.stringMatching(said) });
  expect(read(device.state)).toBe(before);
  expect(await cli(['restore', out])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^nothing to restore/) });
});
