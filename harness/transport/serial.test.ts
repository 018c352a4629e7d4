import { EventEmitter } from 'node:events';
import { CertifyError } from '../errors';
import { openSerial, type Port } from './serial';
import { Collector } from './testing/collector';
import { virtualClock } from './virtual-clock';

const failing = (message: string) => async (): Promise<Port> => {
  throw new Error(message);
};
const present = async (): Promise<number> => 1;

async function refusal(promise: Promise<unknown>): Promise<CertifyError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CertifyError) return error;
  throw new Error(`refused with ${String(error)}`);
}

/** A port that exists in memory only; what a test does not set works. */
class FakePort extends EventEmitter {
  isOpen = true;
  readonly written: Buffer[] = [];
  takes = true;

  write(chunk: Buffer, _encoding: unknown, done: (error?: Error) => void): boolean {
    this.written.push(chunk);
    if (this.takes) done();
    return true;
  }
  drain(done: (error: Error | null) => void): void {
    done(null);
  }
  flush(done: (error: Error | null) => void): void {
    done(null);
  }
  close(done: (error: Error | null) => void): void {
    this.isOpen = false;
    this.emit('close', null);
    done(null);
  }
  pause(): this {
    return this;
  }
  resume(): this {
    return this;
  }
}

const fake = (port: FakePort) => async (): Promise<Port> => port as unknown as Port;

describe('opening a serial line', () => {
  it.each([
    ['Error: Permission denied, cannot open /dev/ttyUSB0', /may not be opened by this user.*usermod -aG dialout/],
    ['Error: No such file or directory, cannot open /dev/ttyUSB0', /does not exist/],
    ['Error Resource temporarily unavailable Cannot lock port', /in use by another program.*fuser/],
    ['Error: Inappropriate ioctl for device, cannot open', /is not a tty/],
    ['Error setting custom baud rate of 31', /does not run at 115200 baud: choose another with \?baud=N/],
    ['something else\nhappened', /cannot open \/dev\/ttyUSB0: something else happened/],
  ])('says what to do: %s', async (reason, message) => {
    const path = '/dev/ttyUSB0';
    const error = await refusal(openSerial({ path, baud: 115_200, openPort: failing(reason), deviceNumber: present }));
    expect([error.code, error.exit]).toEqual(['DEVICE_OPEN', 3]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it.each([
    ['/dev/mctp-not-there', /does not exist: is the adapter plugged in/],
    ['/dev/null', /is not a tty/],
    [__filename, /is not a tty/],
    [__dirname, /is not a tty/],
  ])('refuses %s', async (path, message) => {
    const error = await refusal(openSerial({ path, baud: 115_200 }));
    expect([error.code, error.message]).toEqual(['DEVICE_OPEN', expect.stringMatching(message)]);
  });
});

describe('a serial line', () => {
  const clock = () => virtualClock();

  it('ends when the device behind the path has gone, though the port says nothing', async () => {
    let number: number | undefined = 7;
    const line = await openSerial({
      path: '/dev/ttyUSB0',
      baud: 9_600,
      clock: clock(),
      openPort: fake(new FakePort()),
      deviceNumber: async () => number,
    });
    const heard = new Collector(line).listen();
    await line.clock.timer(5_000_000_000).done;
    expect(heard.events).toEqual([]);
    number = 8;
    expect(await heard.disconnected()).toMatch(/has gone: the device was unplugged/);
    await line.close();
  });

  it('gives up a line that takes nothing', async () => {
    const port = new FakePort();
    port.takes = false;
    const line = await openSerial({
      path: '/dev/x',
      baud: 9_600,
      clock: clock(),
      openPort: fake(port),
      deviceNumber: present,
    });
    const heard = new Collector(line).listen();
    const { delivery, detail } = await line.send({ plane: 'frames', octets: Uint8Array.of(1) });
    expect([delivery, detail]).toEqual(['refused', expect.stringMatching(/has not taken what was sent for 5/)]);
    expect(heard.events.map(({ kind }) => kind)).toEqual(['disconnected']);
    await line.close();
  });

  it('cuts what is faster than any line', async () => {
    const port = new FakePort();
    const line = await openSerial({
      path: '/dev/x',
      baud: 9_600,
      clock: clock(),
      openPort: fake(port),
      deviceNumber: present,
    });
    const heard = new Collector(line).listen();
    for (let chunk = 0; chunk < 300; chunk += 1) port.emit('data', Buffer.alloc(65_536));
    expect(heard.events.slice(-2).map(({ kind }) => kind)).toEqual(['garbage', 'disconnected']);
    await line.close();
  });

  it('takes a failing port for the end of the way', async () => {
    const port = new FakePort();
    const line = await openSerial({ path: '/dev/x', baud: 9_600, openPort: fake(port), deviceNumber: present });
    const heard = new Collector(line).listen();
    port.emit('error', new Error('input/output error'));
    port.emit('close', new Error('input/output error'));
    expect(heard.events.map(({ kind }) => kind)).toEqual(['disconnected']);
    await line.close();
    await line.close();
  });

  it('throws away what was in the line before it was opened', async () => {
    const port = new FakePort();
    const listeners: number[] = [];
    port.flush = (done) => {
      listeners.push(port.listenerCount('data'));
      done(null);
    };
    const line = await openSerial({ path: '/dev/x', baud: 9_600, openPort: fake(port), deviceNumber: present });
    expect([listeners, port.listenerCount('data')]).toEqual([[0], 1]);
    await line.close();
  });
});
