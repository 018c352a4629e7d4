import type { Binding } from '../names';
import { isAnswer } from './marks';
import type { Foreseen, Foresight, Transmission, Unit } from './transport';

interface Held {
  readonly next: Foresight;
  readonly settle: (sent: Transmission | undefined) => void;
}

/** What is foreseen on a way that sees each answer itself; a relay does the same beside the device. */
export class Foresights {
  private readonly binding: Binding;
  private readonly transmit: (unit: Unit) => Transmission;
  private held: Held[] = [];
  /** When the last transmission had gone, as long as nothing has come since. */
  private open: number | undefined;

  constructor(binding: Binding, transmit: (unit: Unit) => Transmission) {
    this.binding = binding;
    this.transmit = transmit;
  }

  /** `onUnused`: told where it had gone and is not wanted. */
  take(next: Foresight, onUnused: (sent: Transmission) => void): Foreseen | undefined {
    if (this.open === undefined) return undefined;
    const outcome = new Promise<Transmission | undefined>((settle) => {
      this.held.push({ next, settle });
    });
    const drop = async (): Promise<void> => {
      const sent = await outcome;
      if (sent?.delivery === 'sent') onUnused(sent);
    };
    return { claim: () => outcome, drop: () => void drop() };
  }

  sent({ delivery, at }: Transmission): void {
    this.open = delivery === 'sent' ? at : undefined;
    if (this.open === undefined) this.discard();
  }

  saw(unit: Unit, at: number): void {
    const from = this.open;
    this.open = undefined;
    const [head] = this.held;
    if (head === undefined) return;
    const { follows, within } = head.next;
    if (from === undefined || at > from + within || !isAnswer(follows, unit, this.binding)) {
      this.discard();
      return;
    }
    this.held.shift();
    const sent = this.transmit(head.next.unit);
    head.settle(sent);
    this.sent(sent);
  }

  discard(): void {
    for (const { settle } of this.held.splice(0)) settle(undefined);
  }
}
