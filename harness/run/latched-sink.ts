import type { RecordEntry, RecordSink } from '../record/lines';

/**
 * A record that cannot be written ends the run, but not inside an event of the transport, where nobody catches what is
 * thrown: the first failure is kept and told, and nothing is written after it, for a record has no gaps. Only before
 * something is moved it is thrown, for what is not written down could not be put back.
 */
export class LatchedSink implements RecordSink {
  failure: unknown;
  private readonly sink: RecordSink;
  private readonly onFailure: () => void;

  constructor(sink: RecordSink, onFailure: () => void) {
    this.sink = sink;
    this.onFailure = onFailure;
  }

  write(entry: RecordEntry): void {
    this.attempt(() => this.sink.write(entry));
    if (this.failure !== undefined && entry.type === 'journal') throw this.failure;
  }

  flush(): void {
    this.attempt(() => this.sink.flush?.());
  }

  private attempt(what: () => void): void {
    if (this.failure !== undefined) return;
    try {
      what();
    } catch (thrown) {
      this.failure = thrown;
      this.onFailure();
    }
  }
}
