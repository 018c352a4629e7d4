import type { Binding } from '../names';
import { isAnswer } from './marks';
import type { Marks, TransportEvent, Unit } from './transport';

/** Answers that may come to what was sent ahead and not used. */
const KEPT = 16;

/** What was sent ahead although its sender did not come to it: it goes to the record, and so does its answer, and no further. */
export class Unused {
  private readonly binding: Binding;
  private readonly emit: (event: TransportEvent) => void;
  private owed: { readonly marks: Marks; readonly until: number }[] = [];

  constructor(binding: Binding, emit: (event: TransportEvent) => void) {
    this.binding = binding;
    this.emit = emit;
  }

  /** `patience`: nanoseconds for which its answer is waited for. */
  sent({ octets }: Unit, marks: Marks, at: number, patience: number): void {
    this.owed = [...this.owed, { marks, until: at + patience }].slice(-KEPT);
    this.emit({ kind: 'unused', direction: 'tx', octets, at });
  }

  /** Whether what came answers such a transmission; it has been told then. */
  takes(unit: Unit, at: number): boolean {
    if (this.owed.length === 0) return false;
    this.owed = this.owed.filter(({ until }) => until >= at);
    const index = this.owed.findIndex(({ marks }) => isAnswer(marks, unit, this.binding));
    if (index < 0) return false;
    this.owed.splice(index, 1);
    this.emit({ kind: 'unused', direction: 'rx', octets: unit.octets, at });
    return true;
  }
}
