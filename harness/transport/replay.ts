import { toHex } from '../codec/octets';
import type { Binding, Plane } from '../names';
import { eventQueue, type Listener } from './event-queue';
import { type RecordedFrame, readTraffic, type Traffic } from './replay-record';
import type { Transmission, Transport, Unit } from './transport';
import { virtualClock } from './virtual-clock';

/** Opens a run's record as a device that does again what the recorded one did. */
export async function openReplay(path: string): Promise<Transport> {
  return new Replay(`replay:${path}`, await readTraffic(path));
}

/**
 * Follows the record's own time: a stimulus goes when it was recorded to go, later where the caller is later, and all
 * that came after it keeps its distance. Answers therefore come in the recorded order, at the recorded delay.
 */
class Replay implements Transport {
  readonly uri: string;
  readonly binding: Binding;
  readonly plane: Plane;
  readonly acknowledges: boolean;
  readonly attested = false;
  readonly disposable = true;
  readonly clock = virtualClock();
  private readonly traffic: Traffic;
  private readonly events = eventQueue();
  private readonly planned = new Set<{ cancel(): void }>();
  private position = 0;
  /** How much later than recorded everything happens. */
  private shift = 0;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(uri: string, traffic: Traffic) {
    this.uri = uri;
    this.traffic = traffic;
    this.binding = traffic.binding;
    this.plane = traffic.plane;
    this.acknowledges = traffic.acknowledges;
    this.plan();
  }

  /** One after the other: what is expected next depends on what was sent before. */
  send(unit: Unit): Promise<Transmission> {
    const sent = this.turn.then(() => this.sendNext(unit));
    this.turn = sent;
    return sent;
  }

  listen(listener: Listener): void {
    this.events.listen(listener);
  }

  async close(): Promise<void> {
    this.events.close();
    for (const each of this.planned) each.cancel();
    this.planned.clear();
  }

  private async sendNext(unit: Unit): Promise<Transmission> {
    const expected = this.traffic.frames[this.position];
    const problem = this.events.ended ?? this.differs(unit, expected);
    if (problem !== undefined || expected === undefined) return this.refused(problem ?? '');
    const at = Math.max(this.clock.now(), expected.at + this.shift);
    const departure = this.clock.timer(at);
    this.planned.add(departure);
    const gone = await departure.done;
    this.planned.delete(departure);
    if (!gone || this.events.ended !== undefined) return this.refused(this.events.ended ?? '');
    this.shift = at - expected.at;
    this.position += 1;
    this.plan();
    const detail = expected.note === undefined ? {} : { detail: expected.note };
    return { delivery: expected.delivery, at, ...detail };
  }

  private refused(detail: string): Transmission {
    return { delivery: 'refused', at: this.clock.now(), detail };
  }

  private differs(unit: Unit, expected: RecordedFrame | undefined): string | undefined {
    const { file, lines } = this.traffic;
    if (expected === undefined) return `the record ends before this stimulus (${file}, ${lines} lines)`;
    const octets = toHex(unit.octets);
    const recorded = toHex(expected.octets);
    if (octets === recorded && unit.plane === expected.plane) return undefined;
    const was = `${recorded} (${expected.plane})`;
    return `this stimulus, ${octets} (${unit.plane}), is not the recorded one, ${was}: ${file}:${expected.line}`;
  }

  /** Everything up to the next stimulus happens by itself. */
  private plan(): void {
    for (let next = this.upcoming(); next !== undefined; next = this.upcoming()) {
      this.position += 1;
      this.schedule(next);
    }
  }

  private upcoming(): RecordedFrame | undefined {
    const next = this.traffic.frames[this.position];
    return next?.direction === 'tx' ? undefined : next;
  }

  private schedule(frame: RecordedFrame): void {
    const at = frame.at + this.shift;
    const planned = this.clock.schedule(at, () => {
      this.planned.delete(planned);
      if (frame.direction === 'end') this.events.emit({ kind: 'disconnected', at, detail: frame.note ?? 'recorded' });
      else this.events.emit({ kind: 'received', unit: { plane: frame.plane, octets: frame.octets }, at });
    });
    this.planned.add(planned);
  }
}
