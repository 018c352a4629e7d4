import type { Deviation } from '../endpoint-types';

/**
 * Deviations of what both cards answer by the same code: each on the network card, and on the storage controller as many
 * as it takes to prove every case there. One that names its classes keeps them.
 */
export function ofCards(deviations: readonly Deviation[], controllerToo: readonly string[]): readonly Deviation[] {
  return deviations.map((deviation) => ({
    classes: controllerToo.includes(deviation.name) ? ['nic', 'hba'] : ['nic'],
    ...deviation,
  }));
}
