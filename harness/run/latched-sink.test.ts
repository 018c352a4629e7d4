import type { RecordEntry } from '../record/lines';
import { LatchedSink } from './latched-sink';

const note = (text: string): RecordEntry => ({ type: 'note', text });
const journal: RecordEntry = { type: 'journal', what: 'eid', value: 9, physicalAddress: 0x1d };

describe('a record that cannot be written', () => {
  const written: RecordEntry[] = [];
  let full = false;
  let told = 0;
  const failure = new Error('full');
  const sink = new LatchedSink(
    {
      write(entry) {
        if (full) throw failure;
        written.push(entry);
      },
    },
    () => {
      told += 1;
    },
  );

  it('keeps the first failure, tells it once, and writes nothing after it', () => {
    sink.write(note('before'));
    full = true;
    sink.write(note('lost'));
    full = false;
    sink.write(note('after'));
    expect(written).toEqual([note('before')]);
    expect({ told, failure: sink.failure }).toEqual({ told: 1, failure });
  });

  it('keeps a failure to flush like one to write', () => {
    const failing = new LatchedSink(
      {
        write: () => undefined,
        flush() {
          throw failure;
        },
      },
      () => undefined,
    );
    failing.flush();
    expect(failing.failure).toBe(failure);
  });

  it('lets nothing be moved that is not written down', () => {
    expect(() => sink.write(journal)).toThrow(failure);
  });
});
