import { stat } from 'node:fs/promises';
import type { SerialPort } from 'serialport';
import type { Clock, Timer } from '../clock';
import { MILLISECOND, realClock, SECOND } from '../clock';
import { CertifyError, messageOf } from '../errors';
import { eventQueue, type Listener } from './event-queue';
import { FLOOD_LIMIT, FloodMeter, Outgoing } from './outgoing';
import type { Transmission, Transport, Unit } from './transport';

/** What is used of a port of the `serialport` package. */
export type Port = Pick<SerialPort, 'write' | 'drain' | 'flush' | 'close' | 'on' | 'pause' | 'resume' | 'isOpen'>;

export interface SerialOptions {
  readonly path: string;
  readonly baud: number;
  readonly clock?: Clock;
  readonly openPort?: (path: string, baud: number) => Promise<Port>;
  /** The device number behind a path, undefined where it is no character device. */
  readonly deviceNumber?: (path: string) => Promise<number | undefined>;
}

/** A line that takes nothing for this long, beyond the time that the octets need, is stuck. */
const WRITE_PATIENCE = 5 * SECOND;
/** How often to look whether the device is still there: a tty that was pulled out need not say so. */
const WATCH = 500 * MILLISECOND;
const MAX_WAITING = 1_000;

/** Opens a tty or pty for DSP0253. What cannot be opened is a `DEVICE_OPEN` error that says what to do about it. */
export async function openSerial(options: SerialOptions): Promise<Transport> {
  const { path, baud, openPort = openWithSerialport, deviceNumber = readDeviceNumber } = options;
  let port: Port;
  let device: number | undefined;
  try {
    device = await deviceNumber(path);
    if (device === undefined) throw new Error('not a tty');
    port = await openPort(path, baud);
  } catch (error) {
    throw new CertifyError('DEVICE_OPEN', explain(path, baud, messageOf(error)), { path, baud }, error);
  }
  const line = new Serial(port, { ...options, device, deviceNumber });
  await new Promise((resolve) => port.flush(resolve));
  line.start();
  return line;
}

async function readDeviceNumber(path: string): Promise<number | undefined> {
  const facts = await stat(path);
  return facts.isCharacterDevice() ? facts.rdev : undefined;
}

/** `require` here, for the package loads native code that only this transport needs. */
async function openWithSerialport(path: string, baudRate: number): Promise<Port> {
  const serialport = require('serialport') as typeof import('serialport');
  return new Promise((resolve, reject) => {
    const port = new serialport.SerialPort({ path, baudRate, autoOpen: false });
    port.open((error) => (error ? reject(error) : resolve(port)));
  });
}

function explain(path: string, baud: number, reason: string): string {
  if (/ENOENT|no such file/i.test(reason)) {
    return `${path} does not exist: is the adapter plugged in (ls /dev/serial/by-id), or the program that makes the pty running?`;
  }
  if (/EACCES|EPERM|permission denied|not permitted/i.test(reason)) {
    return `${path} may not be opened by this user: join its group, usually with "sudo usermod -aG dialout $USER", and log in again`;
  }
  if (/lock|temporarily unavailable|EBUSY|busy/i.test(reason)) {
    return `${path} is in use by another program: end it first (fuser -v ${path} names it)`;
  }
  if (/not a tty|ioctl|ENOTTY|tcgetattr|not a typewriter/i.test(reason)) {
    return `${path} is not a tty: name a serial device such as /dev/ttyUSB0, or a pty that a program made`;
  }
  if (/baud/i.test(reason)) return `${path} does not run at ${baud} baud: choose another with ?baud=N (${reason})`;
  return `cannot open ${path}: ${reason}`;
}

class Serial implements Transport {
  readonly uri: string;
  readonly binding = 'serial';
  readonly plane = 'frames';
  readonly acknowledges = false;
  readonly attested = true;
  readonly disposable = false;
  readonly clock: Clock;
  private readonly port: Port;
  private readonly options: SerialOptions & Required<Pick<SerialOptions, 'deviceNumber'>> & { readonly device: number };
  private readonly events = eventQueue();
  private readonly outgoing: Outgoing;
  private readonly flood: FloodMeter;
  private watch: Timer | undefined;
  private closing: Promise<void> | undefined;

  constructor(port: Port, options: Serial['options']) {
    this.port = port;
    this.options = options;
    this.clock = options.clock ?? realClock();
    this.uri = `serial:${options.path}?baud=${options.baud}`;
    this.outgoing = new Outgoing(this.clock, this.events);
    this.flood = new FloodMeter(this.clock);
    port.on('error', (error: Error) => this.disconnect(`the serial line failed: ${messageOf(error)}`));
    port.on('close', (error?: Error | null) => {
      const reason = error ? ` (${messageOf(error)})` : '';
      this.disconnect(`${options.path} has gone: unplugged, or the other end of the pty was closed${reason}`);
    });
  }

  /** Octets that were in the line before it was opened have been thrown away by now. */
  start(): void {
    this.port.on('data', (chunk: Buffer) => this.take(chunk));
    void this.watchDevice();
  }

  async send(unit: Unit): Promise<Transmission> {
    const wrongPlane = unit.plane === 'frames' ? undefined : `a serial line carries frames, not ${unit.plane}`;
    const reason = this.events.ended ?? wrongPlane;
    if (reason !== undefined) return this.outgoing.refused(reason);
    const onTheWire = Math.ceil((unit.octets.length * 10 * SECOND) / this.options.baud);
    return this.outgoing.send(
      (done) => {
        this.port.write(Buffer.from(unit.octets), undefined, (error) => {
          if (error) done(error);
          else this.port.drain(done);
        });
      },
      WRITE_PATIENCE + 2 * onTheWire,
      (detail) => this.disconnect(detail),
    );
  }

  listen(listener: Listener): void {
    this.events.listen(listener);
    this.port.resume();
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    this.events.close();
    this.release();
    if (!this.port.isOpen) return;
    // Closing waits for octets that are still to go; after a stuck line that would be for ever.
    await new Promise((resolve) => this.port.flush(resolve));
    await new Promise((resolve) => this.port.close(resolve));
  }

  private take(chunk: Buffer): void {
    const at = this.clock.now();
    if (this.flood.exceeds(chunk.length)) {
      const detail = `more than ${FLOOD_LIMIT} octets came within a second, which no serial line carries`;
      this.events.emit({ kind: 'garbage', octets: new Uint8Array(0), at, detail });
      this.disconnect(detail);
      return;
    }
    // A copy, for a chunk keeps the whole memory pool of the port alive.
    this.events.emit({ kind: 'received', unit: { plane: 'frames', octets: Uint8Array.from(chunk) }, at });
    if (this.events.waiting > MAX_WAITING) this.port.pause();
  }

  private async watchDevice(): Promise<void> {
    const { path, device, deviceNumber } = this.options;
    while (this.events.ended === undefined) {
      this.watch = this.clock.timer(this.clock.now() + WATCH);
      if (!(await this.watch.done)) return;
      const now = await deviceNumber(path).catch(() => undefined);
      if (now !== device) this.disconnect(`${path} has gone: the device was unplugged`);
    }
  }

  private disconnect(detail: string): void {
    if (this.events.ended !== undefined) return;
    this.events.emit({ kind: 'disconnected', at: this.clock.now(), detail });
    this.release();
    this.port.pause();
  }

  private release(): void {
    this.watch?.cancel();
    this.outgoing.release();
  }
}
