import type { Readable, Writable } from 'node:stream';
import type { Clock, Timer } from '../clock';
import { SECOND } from '../clock';
import type { Action, Device } from '../emulator/device';
import { WIRE_OCTET } from '../emulator/port';
import { messageOf } from '../errors';
import type { Binding } from '../names';
import { BridgeReader, describeImpossible, encodeBridge, MAX_BRIDGE_FRAME } from '../transport/bridge-protocol';

export interface ServeOptions {
  readonly device: Device;
  readonly binding: Binding;
  readonly clock: Clock;
  readonly input: Readable;
  readonly output: Writable;
  readonly log: (line: string) => void;
}

/** Answers that nobody fetches may fill this much; then no more requests are taken. */
const MAX_UNREAD = 1024 * 1024;
/** How long answers that are still due are waited for after the last request. */
const LAST_ANSWERS = 2 * SECOND;

/** Lets an emulated device live on real time behind the bridge protocol, until its input ends or nobody reads it. */
export async function serveDevice(options: ServeOptions): Promise<void> {
  await new DeviceServer(options).run();
}

interface Due {
  readonly at: number;
  readonly octets: Uint8Array;
}

class DeviceServer {
  private readonly options: ServeOptions;
  private readonly reader: BridgeReader;
  /** In the order of time: the device has one line, and what it says waits for what it said before. */
  private readonly outbox: Due[] = [];
  private lineFree = 0;
  private alarm: { readonly at: number; readonly timer: Timer } | undefined;
  private ended = false;

  constructor(options: ServeOptions) {
    this.options = options;
    this.reader = new BridgeReader({ maximum: MAX_BRIDGE_FRAME, afterImpossible: 'skip' });
  }

  async run(): Promise<void> {
    const { input, output, clock } = this.options;
    const gone = new Promise<void>((resolve) => {
      output.once('error', resolve);
      output.once('close', resolve);
    });
    const drained = async (): Promise<void> => {
      while (output.writableLength > MAX_UNREAD && !this.ended)
        await Promise.race([new Promise((resolve) => output.once('drain', resolve)), gone]);
    };
    void gone.then(() => {
      this.ended = true;
      // Ends the loop below where it waits for the next request.
      input.destroy();
    });
    try {
      for await (const chunk of input) {
        this.take(chunk as Uint8Array);
        await drained();
      }
    } catch (error) {
      if (!this.ended) this.options.log(`input failed: ${messageOf(error)}`);
    }
    this.sayPartial();
    await this.finish(clock.now() + LAST_ANSWERS, gone);
  }

  private take(chunk: Uint8Array): void {
    for (const read of this.reader.feed(chunk)) {
      if (read.kind === 'frame') this.receive(read.octets);
      else this.options.log(`ignored an ${describeImpossible(read.length, this.options.binding)}`);
    }
  }

  private receive(octets: Uint8Array): void {
    const { device, clock } = this.options;
    const now = clock.now();
    this.post(now, () => device.receive(octets, now));
  }

  /** A device that fails in itself loses this request, not its life: whoever tests against it goes on. */
  private post(now: number, act: () => readonly Action[]): void {
    try {
      for (const { octets, delayNs } of act()) {
        this.lineFree = Math.max(this.lineFree, now + delayNs) + octets.length * WIRE_OCTET;
        this.outbox.push({ at: this.lineFree, octets });
      }
    } catch (error) {
      this.options.log(`defect in the emulated device: ${messageOf(error)}`);
    }
    this.schedule();
  }

  private schedule(): void {
    const own = this.options.device.next();
    const times = [this.outbox[0]?.at, own].filter((at) => at !== undefined);
    const at = times.length === 0 ? undefined : Math.min(...times);
    if (at === this.alarm?.at) return;
    this.alarm?.timer.cancel();
    this.alarm = undefined;
    if (at === undefined || this.ended) return;
    const timer = this.options.clock.timer(at);
    this.alarm = { at, timer };
    void timer.done.then((due) => {
      if (!due) return;
      this.alarm = undefined;
      this.awaken();
    });
  }

  private awaken(): void {
    const { clock, device, output } = this.options;
    const now = clock.now();
    const later = this.outbox.findIndex(({ at }) => at > now);
    const due = this.outbox.splice(0, later < 0 ? this.outbox.length : later);
    for (const { octets } of due) output.write(encodeBridge(octets));
    const own = device.next();
    if (own !== undefined && own <= now) this.post(now, () => device.advance(now));
    else this.schedule();
  }

  private sayPartial(): void {
    const partial = this.reader.partial;
    if (partial !== undefined)
      this.options.log(`input ended inside a frame, after ${partial.octets.length} octets of it`);
  }

  /** Answers to what was asked still go out: a request piped in gets its answer piped out. */
  private async finish(deadline: number, gone: Promise<void>): Promise<void> {
    const { clock, output } = this.options;
    while (!this.ended && this.outbox.length > 0 && clock.now() < deadline) {
      const timer = clock.timer(Math.min(deadline, this.outbox[0]?.at ?? deadline));
      await Promise.race([timer.done, gone]);
      timer.cancel();
      // The answer's own alarm, set before, has rung by now.
      await Promise.resolve();
    }
    this.ended = true;
    this.alarm?.timer.cancel();
    if (output.writableLength > 0) await Promise.race([new Promise((resolve) => output.end(resolve)), gone]);
  }
}
