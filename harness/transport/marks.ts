import type { Binding } from '../names';
import type { Mark, Marks, Unit } from './transport';

/** Destination, command code, the count itself and the PEC are not counted (DSP0237 6.3). */
const BEYOND_COUNT = 4;

function fits({ mask, value }: Mark, octets: Uint8Array): boolean {
  return octets.length >= mask.length && mask.every((bits, index) => ((octets[index] ?? 0) & bits) === value[index]);
}

/** Whether a unit is the answer that was expected, as a relay decides it (docs/relay-protocol.md, hold). */
export function isAnswer([answer, ...others]: Marks, { plane, octets }: Unit, binding: Binding): boolean {
  const framed = plane === 'frames' && binding === 'smbus';
  if (framed && (octets.length < 3 || (octets[2] ?? 0) + BEYOND_COUNT !== octets.length)) return false;
  return fits(answer, octets) && !others.some((other) => fits(other, octets));
}
