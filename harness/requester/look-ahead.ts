import { requestHeadSize } from '../codec/command';
import { concat, fromHex } from '../codec/octets';
import type { Environment } from '../resolve';
import type { MessageSpec } from '../suite/compiled';
import type { Foreseen, Mark, Marks } from '../transport/transport';
import type { Link } from './link';
import type { RequesterSettings } from './settings';
import type { Stimulus } from './stimulus';

/** A step to come that goes as it stands when the one before it is answered. */
export interface Coming {
  readonly spec: MessageSpec;
  readonly env: Environment;
}

/** The step that is so many places behind the one at hand; undefined where what comes depends on an answer. */
export type Course = (distance: number) => Coming | undefined;

interface Prepared {
  readonly coming: Coming;
  readonly stimulus: Stimulus;
  readonly foreseen: Foreseen;
  readonly messageTag: number;
  readonly instanceId: number;
  /** The requester's count before this was drawn. */
  readonly drawn: number;
}

/** Builds with tags and instance ids that are drawn in the order of sending. */
export interface Drawer {
  build(spec: MessageSpec, env: Environment): Stimulus;
  drawn(): number;
  rewind(drawn: number): void;
}

/** Steps that are handed over at most; more are prepared when half of them are gone, in one piece. */
const DEPTH = 32;

/**
 * Hands the steps to come to a way that can send them by itself as soon as what goes before is answered, so that the wires
 * do not wait for this program. What is sent, and after what, is the same as without: an answer that is in any way unusual,
 * or late, discards what was handed over, and the step goes when this program has come to it.
 */
export class LookAhead {
  prepared: readonly Prepared[] = [];
  private readonly link: Link;
  private readonly settings: RequesterSettings;
  private readonly drawer: Drawer;
  private course: Course | undefined;

  constructor(link: Link, settings: RequesterSettings, drawer: Drawer) {
    this.link = link;
    this.settings = settings;
    this.drawer = drawer;
  }

  /** A step begins: what follows it; and what was handed over of it, if it is the one that was expected. */
  begin(course: Course | undefined): { readonly stimulus: Stimulus; readonly foreseen: Foreseen } | undefined {
    const coming = this.link.transport.foresee === undefined ? undefined : course?.(0);
    this.course = coming === undefined ? undefined : course;
    const [next, ...others] = this.prepared;
    if (next === undefined || coming === undefined || next.coming !== coming) {
      this.drop();
      return undefined;
    }
    this.prepared = others;
    return next;
  }

  /** Whether something can be foreseen behind the step at hand. */
  get continues(): boolean {
    return this.course?.(1) !== undefined;
  }

  /** What was handed over is not wanted any more. */
  drop(): void {
    const [first] = this.prepared;
    if (first === undefined) return;
    this.drawer.rewind(first.drawn);
    for (const { foreseen } of this.prepared) foreseen.drop();
    this.prepared = [];
  }

  /** The case, or what could be foreseen of it, is over. */
  end(): void {
    this.drop();
    this.course = undefined;
  }

  /** Hands over what follows the stimulus that has just been sent. */
  extend(current: Stimulus): void {
    if (this.prepared.length > DEPTH / 2) return;
    let before = this.prepared.at(-1)?.stimulus ?? current;
    while (this.prepared.length < DEPTH) {
      const coming = this.course?.(this.prepared.length + 1);
      if (coming === undefined) return;
      const drawn = this.drawer.drawn();
      const stimulus = this.drawer.build(coming.spec, coming.env);
      const foreseen = this.foresee(before, stimulus);
      if (foreseen === undefined) {
        this.drawer.rewind(drawn);
        return;
      }
      const messageTag = stimulus.packets[0]?.messageTag ?? 0;
      const { instanceId } = stimulus;
      this.prepared = [...this.prepared, { coming, stimulus, foreseen, messageTag, instanceId, drawn }];
      before = stimulus;
    }
  }

  private foresee(before: Stimulus, stimulus: Stimulus): Foreseen | undefined {
    const { transport } = this.link;
    const [unit, ...others] = this.link.unitsOf(stimulus);
    const follows = this.marksOf(before);
    const answer = this.marksOf(stimulus);
    if (unit === undefined || others.length > 0 || this.link.strayAddress(unit.octets) !== undefined) return undefined;
    if (follows === undefined || answer === undefined) return undefined;
    // Well before the request would be sent again: an answer that late is not waited for in the usual way either.
    const within = Math.floor(this.settings.responseTimeout / 2);
    return transport.foresee?.({ unit, follows, answer, within });
  }

  /** An answer whose marks are all right, whole in one packet, and final. */
  private marksOf({ set, body, packets }: Stimulus): Marks | undefined {
    const [packet] = packets;
    const { plane, binding } = this.link.transport;
    const frame = plane === 'packets' ? ANY_HEADER : binding === 'smbus' ? SMBUS_HEADER : undefined;
    if (packet === undefined || packets.length > 1 || frame === undefined) return undefined;
    const { sourceEid, destinationEid, messageTag } = packet;
    const size = requestHeadSize(set);
    const head = body.slice(0, size);
    // Control and PLDM: the answer's head is the request's without its first bit.
    head[1] = (head[1] ?? 0) & 0x1f;
    const any = destinationEid === 0 ? 0 : 0xff;
    const answer = join(
      frame,
      {
        mask: Uint8Array.of(0xff, 0xff, any, 0xcf),
        value: Uint8Array.of(1, sourceEid, destinationEid & any, 0xc0 | messageTag),
      },
      { mask: new Uint8Array(size).fill(0xff), value: head },
    );
    // Without its completion code it may be whatever.
    const whole = join(answer, { mask: Uint8Array.of(0), value: Uint8Array.of(0) });
    const notReady = set.completionCodes.ERROR_NOT_READY;
    if (notReady === undefined) return [whole];
    return [whole, join(answer, { mask: Uint8Array.of(0xff), value: Uint8Array.of(notReady) })];
  }
}

const ANY_HEADER: Mark = { mask: new Uint8Array(0), value: new Uint8Array(0) };
/** Whatever the addresses and the count are: a relay looks at the count itself. */
const SMBUS_HEADER: Mark = { mask: fromHex('00ff0000'), value: fromHex('000f0000') };

function join(...marks: readonly Mark[]): Mark {
  return { mask: concat(...marks.map(({ mask }) => mask)), value: concat(...marks.map(({ value }) => value)) };
}
