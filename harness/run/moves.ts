import type { Step } from '../suite/compiled';

/** Whether a step can move the device's EID. */
export function movesEid(step: Step): boolean {
  if (step.kind === 'request' || step.kind === 'send') {
    return step.command === 'setEndpointId' || step.hook === 'reset' || step.hook === 'ac-cycle';
  }
  return step.kind === 'packets' && step.messages.some((message) => message.command === 'setEndpointId');
}

/** The operation of Allocate Endpoint IDs that only asks (DSP0236, Table 30). */
const QUERY = 2;

/** Whether a step can give a bridge another pool of EIDs. */
export function movesPool(step: Step): boolean {
  const specs = step.kind === 'packets' ? step.messages : step.kind === 'request' || step.kind === 'send' ? [step] : [];
  return specs.some(({ command, fields }) => command === 'allocateEndpointIds' && fields.operation !== QUERY);
}
