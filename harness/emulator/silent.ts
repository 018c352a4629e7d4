import type { Device } from './endpoint';

/** Takes everything and never says anything: no case may pass against it. */
export function createSilent(): Device {
  return {
    acknowledges: () => true,
    receive: () => [],
    refused: () => [],
    hook: () => undefined,
    next: () => undefined,
    advance: () => [],
  };
}
