import type { SerialEvent, SerialFrame } from './serial-frame';
import { LenientReceiver } from './serial-lenient';
import type { SerialRules } from './serial-machine';
import { SerialMachine, strictSerial } from './serial-machine';

export {
  ESCAPE,
  encodeSerial,
  escapeOctets,
  FLAG,
  SERIAL_REVISION,
  type SerialEvent,
  type SerialFrame,
  type SerialOverrides,
  serialFrameFields,
} from './serial-frame';
export { type SerialRules, strictSerial } from './serial-machine';

/** Takes what can be understood and reports it: for judging what a device sends. */
export const lenientSerial: SerialRules = {
  acceptsRevision: () => true,
  acceptsCount: () => true,
  acceptsFcs: () => true,
  flagInData: 'new-frame',
  invalidEscape: 'undo',
  needsClosingFlag: true,
  escapedFcs: true,
  anyReading: true,
};

/** A byte-fed receiver. `feed` returns what the octets completed; nothing is lost between calls. */
export class SerialReceiver {
  private readonly receiver: SerialMachine | LenientReceiver;

  constructor(rules: SerialRules = strictSerial) {
    this.receiver = rules.anyReading === true ? new LenientReceiver(rules.needsClosingFlag) : new SerialMachine(rules);
  }

  feed(octets: Uint8Array): readonly SerialEvent[] {
    const events: SerialEvent[] = [];
    for (const octet of octets) this.receiver.take(octet, events);
    return events;
  }

  /** The octets of a frame that has begun and not ended. */
  get pending(): Uint8Array {
    return this.receiver.pending;
  }

  /** No more octets will come: a lenient receiver makes what it can of those that wait. */
  flush(): readonly SerialEvent[] {
    const events: SerialEvent[] = [];
    if (this.receiver instanceof LenientReceiver) this.receiver.flush(events);
    return events;
  }
}

/** The first frame in octets that are already complete, as a record keeps them. */
export function readSerial(octets: Uint8Array): SerialFrame | undefined {
  const receiver = new SerialReceiver(lenientSerial);
  for (const event of [...receiver.feed(octets), ...receiver.flush()]) {
    if (event.kind === 'frame') return event.frame;
  }
  return undefined;
}
