import { MILLISECOND } from '../clock';
import { concat, toHex } from '../codec/octets';
import type { Packet } from '../codec/packet';
import type { ReceivedMessage } from '../record/observation';

/** A packet as it came, with what carried it. */
export interface Arrival {
  readonly packet: Packet;
  readonly octets: Uint8Array;
  readonly frame?: Uint8Array;
  readonly at: number;
}

/** A gathered message and the header of its first packet. */
export interface Gathered {
  readonly message: ReceivedMessage;
  readonly first: Packet;
  readonly body: Uint8Array;
}

const LIMIT = 1024;

/** Less than any wait for an answer, more than the longest packet takes. */
const AT_ONCE = 50 * MILLISECOND;

/**
 * Puts messages of the device together as far as they can be understood: a wrong sequence number, a changed tag or a
 * strange size is for the case that owns that clause, not a reason to miss the answer.
 */
export class Gatherer {
  private open: { key: string; arrivals: Arrival[]; before: readonly Arrival[] }[] = [];

  take(arrival: Arrival): Gathered | undefined {
    const { packet } = arrival;
    if (packet.som && packet.eom) return gathered([arrival]);
    const key = `${packet.sourceEid}/${packet.tagOwner}/${packet.messageTag}`;
    if (packet.som) {
      const before = this.repeatedBy(key, arrival);
      const others = this.open.filter((entry) => entry.key !== key);
      this.open = [...others, { key, arrivals: [arrival], before }].slice(-LIMIT);
      return undefined;
    }
    const entry =
      this.open.find((candidate) => candidate.key === key) ?? (this.open.length === 1 ? this.open[0] : undefined);
    if (entry === undefined) return packet.eom ? gathered([arrival]) : undefined;
    if (entry.arrivals.length < LIMIT) entry.arrivals.push(arrival);
    if (!packet.eom) return undefined;
    this.open = this.open.filter((candidate) => candidate !== entry);
    return gathered(entry.arrivals, entry.before);
  }

  /** A first packet that comes again at once: later it begins a message that is sent again, for part of it was lost. */
  private repeatedBy(key: string, { packet, at }: Arrival): readonly Arrival[] {
    const entry = this.open.find((candidate) => candidate.key === key);
    const [first, second] = entry?.arrivals ?? [];
    if (entry === undefined || first === undefined || second !== undefined || at - first.at > AT_ONCE) return [];
    return toHex(first.packet.payload) === toHex(packet.payload) ? [...entry.before, first].slice(-LIMIT) : [];
  }

  /** Messages without an end of which nothing has come since `time`, as they are. */
  end(time: number): readonly Gathered[] {
    const quiet = this.open.filter(({ arrivals }) => (arrivals.at(-1)?.at ?? 0) <= time);
    this.open = this.open.filter((entry) => !quiet.includes(entry));
    return quiet.flatMap(({ arrivals, before }) => gathered(arrivals, before) ?? []);
  }

  /** When the last packet came of a message that has not ended; undefined: there is none. */
  get lastOpen(): number | undefined {
    const times = this.open.map(({ arrivals }) => arrivals.at(-1)?.at ?? 0);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Gives up messages that never ended: nobody waits for their rest. */
  clear(): void {
    this.open = [];
  }

  /** Packets of messages that never ended, oldest first. */
  get unfinished(): readonly Arrival[] {
    return this.open.flatMap((entry) => entry.arrivals);
  }
}

function gathered(arrivals: readonly Arrival[], before: readonly Arrival[] = []): Gathered | undefined {
  const first = arrivals[0];
  if (first === undefined) return undefined;
  const body = concat(...arrivals.map((arrival) => arrival.packet.payload));
  return { message: messageOf(first.at, toHex(body), [...before, ...arrivals]), first: first.packet, body };
}

/** What carried the message is looked at by few. */
function messageOf(at: number, body: string, arrivals: readonly Arrival[]): ReceivedMessage {
  let packets: readonly string[] | undefined;
  let frames: readonly string[] | undefined;
  return {
    at,
    body,
    get packets() {
      packets ??= arrivals.map((arrival) => toHex(arrival.octets));
      return packets;
    },
    get frames() {
      frames ??= arrivals.flatMap(({ frame }) => (frame === undefined ? [] : [toHex(frame)]));
      return frames;
    },
  };
}
