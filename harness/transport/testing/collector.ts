import { SECOND } from '../../clock';
import { concat } from '../../codec/octets';
import type { Transport, TransportEvent } from '../transport';

/** Longer than anything in a test takes; only a test that fails waits for it. */
const PATIENCE = 20 * SECOND;

/** Listens to a transport and keeps all that it hears. */
export class Collector {
  readonly events: TransportEvent[] = [];
  private readonly transport: Transport;
  private heard: () => void = () => undefined;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  listen(): this {
    this.transport.listen((event) => {
      this.events.push(event);
      this.heard();
    });
    return this;
  }

  get received(): readonly Uint8Array[] {
    return this.events.flatMap((event) => (event.kind === 'received' ? [event.unit.octets] : []));
  }

  get stream(): Uint8Array {
    return concat(...this.received);
  }

  of<K extends TransportEvent['kind']>(kind: K): readonly Extract<TransportEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<TransportEvent, { kind: K }> => event.kind === kind);
  }

  /** Waits on the transport's own clock, so that virtual time moves. */
  async until(condition: () => boolean): Promise<void> {
    const { clock } = this.transport;
    const limit = clock.timer(clock.now() + PATIENCE);
    let late = false;
    void limit.done.then((due) => {
      late = due;
      this.heard();
    });
    while (!condition() && !late) {
      await new Promise<void>((resolve) => {
        this.heard = resolve;
      });
    }
    limit.cancel();
    if (!condition()) throw new Error(`did not happen; heard ${JSON.stringify(this.events).slice(0, 2_000)}`);
  }

  async disconnected(): Promise<string> {
    await this.until(() => this.of('disconnected').length > 0);
    return this.of('disconnected')[0]?.detail ?? '';
  }
}
