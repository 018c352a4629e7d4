import { randomBytes } from 'node:crypto';
import type { FleetEvent, JobState, StationState } from '../model';

/** Server-sent events of a fleet, to any number of readers, in memory that does not grow with what happens. */

export interface EventSettings {
  /** Events that a reader who comes back can still be given. */
  readonly kept: number;
  /** Octets that wait for a reader before it is dropped; it comes back and asks for the state anew. */
  readonly behind: number;
  /** Milliseconds between signs of life. */
  readonly heartbeat: number;
}

export const eventSettings: EventSettings = { kept: 500, behind: 256 * 1024, heartbeat: 15_000 };

interface Reader {
  send(octets: Uint8Array): void;
  end(): void;
}

interface Kept {
  readonly number: number;
  readonly octets: Uint8Array;
}

export class EventStreams {
  private readonly settings: EventSettings;
  /** Tells numbers of this process from those of one before it. */
  private readonly epoch = randomBytes(6).toString('hex');
  private readonly kept: Kept[] = [];
  private readonly readers = new Set<Reader>();
  private readonly beat: NodeJS.Timeout;
  /** Devices of each station as they were told last, by name. */
  private readonly stations = new Map<string, ReadonlyMap<string, string>>();
  private number = 0;
  private dropped = 0;
  private closed = false;

  constructor(settings: EventSettings = eventSettings) {
    this.settings = settings;
    this.beat = setInterval(() => this.send(encode(': alive\n\n')), settings.heartbeat);
    this.beat.unref();
  }

  /** Readers that are connected, and how many were dropped since they did not read. */
  get load(): { readonly readers: number; readonly dropped: number } {
    return { readers: this.readers.size, dropped: this.dropped };
  }

  publish(event: FleetEvent): void {
    this.number += 1;
    const octets = encode(
      `id: ${this.epoch}.${this.number}\nevent: ${event.kind}\ndata: ${JSON.stringify(this.told(event))}\n\n`,
    );
    this.kept.push({ number: this.number, octets });
    if (this.kept.length > this.settings.kept) this.kept.shift();
    this.send(octets);
  }

  private told(event: FleetEvent): object {
    switch (event.kind) {
      case 'job':
        return toldJob(event.job);
      case 'station':
        return this.toldStation(event.station);
      case 'station-gone':
        this.stations.delete(event.name);
        return event;
      case 'campaign':
        return event;
    }
  }

  /** Of a station that was told before the devices that have changed: a hundred are not sent since one began a run. */
  private toldStation({ devices, ...station }: StationState): object {
    const before = this.stations.get(station.name);
    const now = new Map(devices.map((device) => [device.name, JSON.stringify(device)]));
    this.stations.set(station.name, now);
    const isSame =
      before !== undefined && before.size === now.size && [...now.keys()].every((name) => before.has(name));
    const changed = isSame ? devices.filter(({ name }) => before.get(name) !== now.get(name)) : devices;
    return { kind: 'station', station, [isSame ? 'changed' : 'devices']: changed };
  }

  /**
   * A stream for one reader; `last` is the id of the event that it saw last, empty for a new one. `cut` ends the
   * connection of one that does not read: what waits for it is let go.
   */
  connect(last: string, cut: () => void): ReadableStream<Uint8Array> {
    const { behind } = this.settings;
    let reader: Reader;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          reader = {
            send: (octets) => {
              if ((controller.desiredSize ?? 0) > 0) controller.enqueue(octets);
              else this.drop(reader, cut);
            },
            end: () => controller.close(),
          };
          this.readers.add(reader);
          reader.send(encode('retry: 2000\n\n'));
          for (const octets of this.since(last)) if (this.readers.has(reader)) reader.send(octets);
          if (this.closed) this.finish(reader);
        },
        cancel: () => {
          this.readers.delete(reader);
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: behind }),
    );
  }

  /** What somebody missed; where that is not kept any more, the word to ask for all. */
  private since(last: string): readonly Uint8Array[] {
    const [epoch = '', number = ''] = last.split('.');
    const seen = Number(number);
    const first = this.kept[0]?.number ?? this.number + 1;
    const known = epoch === this.epoch && /^\d{1,15}$/.test(number) && seen <= this.number && seen >= first - 1;
    if (known) return this.kept.filter((event) => event.number > seen).map(({ octets }) => octets);
    return [encode(`id: ${this.epoch}.${this.number}\nevent: reset\ndata: {}\n\n`)];
  }

  private send(octets: Uint8Array): void {
    for (const reader of [...this.readers]) reader.send(octets);
  }

  private drop(reader: Reader, cut: () => void): void {
    if (!this.readers.delete(reader)) return;
    this.dropped += 1;
    cut();
  }

  private finish(reader: Reader): void {
    if (this.readers.delete(reader)) reader.end();
  }

  /** Ends every stream. */
  close(): void {
    this.closed = true;
    clearInterval(this.beat);
    for (const reader of [...this.readers]) this.finish(reader);
  }
}

const encode = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** A job without the verdicts of its cases: who wants them asks. */
function toldJob({ key, device, profile, status, reason, attempts, station, outcome }: JobState): object {
  const result = outcome === undefined ? {} : { verdict: outcome.verdict, failed: outcome.counts.fail };
  return { kind: 'job', key, device: device ?? key.device, profile, status, reason, attempts, station, ...result };
}
