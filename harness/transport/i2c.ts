import type { Clock } from '../clock';
import type { Listener } from './event-queue';
import { type I2cPackage, I2cWriter, loadI2cBus } from './i2c-writer';
import { openRelay, type RelayTransport } from './relay';
import { relayCommand } from './relay-binary';
import type { Addressing, Foreseen, Foresight, Transmission, Transport, Unit } from './transport';
import type { DeviceUri } from './uri';

type I2cUri = Extract<DeviceUri, { scheme: 'i2c' }>;

export interface I2cOptions {
  readonly onLog?: (line: string) => void;
  readonly clock?: Clock;
  /** The package that writes; undefined: the relay does. Default: `i2c-bus` where it is built. */
  readonly i2c?: I2cPackage | undefined;
  /** The command that starts the relay; tests have their own. */
  readonly command?: string;
}

/**
 * Raw SMBus. We are a controller through `i2c-bus`, or through the relay where that is not built; and a target through the
 * relay, which reads the kernel's `slave-mqueue`. Frames are from the address octet to the PEC, both ways.
 */
export async function openI2c(device: I2cUri, options: I2cOptions = {}): Promise<Transport> {
  const { uri, bus, target } = device;
  const relay = await openRelay({ ...options, uri, command: options.command ?? relayCommand('i2c', 'i2c', target) });
  const i2c = 'i2c' in options ? options.i2c : loadI2cBus();
  if (i2c === undefined) {
    options.onLog?.('i2c-bus is not built (npm rebuild i2c-bus): the relay writes');
    return relay;
  }
  return new I2c(relay, new I2cWriter(i2c, bus, /[?&]force=1/.test(target)));
}

/** Answers come through the relay, writes go past it; both are dated by the same clock of this machine. */
class I2c implements Transport {
  readonly uri: string;
  readonly binding = 'smbus';
  readonly plane = 'frames';
  readonly acknowledges = true;
  readonly attested = true;
  readonly disposable = false;
  readonly clock: Clock;
  readonly addressing: Addressing;
  readonly unit: number | undefined;
  readonly ncsiInterfaces: readonly string[];
  readonly mux: string | undefined;
  readonly machine: string;
  private readonly relay: RelayTransport;
  private readonly writer: I2cWriter;
  private queue: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | undefined;
  private waiting = 0;
  /** Whether the last write was the relay's, which then knows what its answer is to set free. */
  private byRelay = false;

  constructor(relay: RelayTransport, writer: I2cWriter) {
    this.relay = relay;
    this.writer = writer;
    this.uri = relay.uri;
    this.clock = relay.clock;
    this.addressing = relay.addressing;
    this.unit = relay.unit;
    this.ncsiInterfaces = relay.ncsiInterfaces;
    this.mux = relay.mux;
    this.machine = relay.machine;
  }

  send(unit: Unit, followed = false): Promise<Transmission> {
    const sent =
      this.waiting === 0 ? this.sendNow(unit, followed) : this.queue.then(() => this.sendNow(unit, followed));
    this.waiting += 1;
    this.queue = sent.finally(() => {
      this.waiting -= 1;
    });
    return sent;
  }

  foresee(next: Foresight): Foreseen | undefined {
    return this.byRelay && this.waiting <= 1 ? this.relay.foresee(next) : undefined;
  }

  private async sendNow(unit: Unit, followed: boolean): Promise<Transmission> {
    const { octets } = unit;
    // What it refuses and what i2c-bus cannot write is the relay's to say, and what follows an answer is its to write.
    const past = this.closing === undefined && this.relay.carries(unit) && I2cWriter.takes(octets);
    this.byRelay = followed || !past;
    if (this.byRelay) return this.relay.send(unit);
    const written = await this.writer.write(octets);
    const unheld = this.mux === undefined ? {} : ({ unheld: true } as const);
    return { ...written, ...unheld, at: this.relay.session.clock.stampLocal() };
  }

  listen(listener: Listener): void {
    this.relay.listen(listener);
  }

  counters(): Promise<Readonly<Record<string, number>>> {
    return this.relay.counters();
  }

  restoreOnLoss(units: readonly Unit[]): Promise<void> {
    return this.relay.restoreOnLoss(units);
  }

  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  private async shut(): Promise<void> {
    await this.relay.close();
    await this.queue;
    this.writer.close();
  }
}
