import { ERROR_INVALID_DATA, failure, success } from './answers';
import { classDefinitions } from './classes';
import type { Answer, DeviceState, Responder, Responders } from './endpoint-types';

/** Control commands that an endpoint may have (DSP0236 12.14, 12.15, 12.17, 12.20 to 12.23). */

/** Whether the device discovers on its binding: SMBus has no Discovered flag. */
export function hasDiscovery(state: DeviceState): boolean {
  return state.binding !== 'smbus' && classDefinitions[state.class].commands.includes('endpointDiscovery');
}

/** Then it listens to its physical address whatever the destination EID (DSP0236 1.3.3, 12.14). */
export function isUndiscovered(state: DeviceState): boolean {
  return !state.discovered && hasDiscovery(state);
}

const prepareForEndpointDiscovery: Responder = ({ state }) => {
  state.discovered = false;
  return success();
};

const endpointDiscovery: Responder = ({ state }): Answer => (state.discovered ? 'silence' : success());

const getNetworkId: Responder = () => success({ networkId: '9d1c0f63-57ab-4e0c-a1d2-6f0e8b7c3a45' });

/** What the device can do, in octets a second and packets. */
const RATE = { least: 64, most: 100_000 };
const MOST_BURST = 16;

const queryRateLimit: Responder = ({ state }) =>
  success({
    receiveBufferSize: 1024,
    receiveMaximumRate: 100_000,
    transmitMaximumRate: RATE.most,
    transmitMinimumRate: RATE.least,
    maximumBurst: MOST_BURST,
    presentBurst: state.rateLimit.burst,
    presentRate: state.rateLimit.rate,
    nonRequestedOnly: 1,
    rateLimitSupported: 1,
  });

const requestTxRateLimit: Responder = ({ fields, state }) => {
  const [burst, rate] = [Number(fields.burst), Number(fields.rate)];
  if (burst > MOST_BURST || (burst > 0 && (rate < RATE.least || rate > RATE.most))) return failure(ERROR_INVALID_DATA);
  state.rateLimit = burst === 0 ? { burst: 0, rate: 0 } : { burst, rate };
  return success(state.rateLimit);
};

const updateRateLimit: Responder = () => success();

/** Transport bindings as DSP0239 counts them. */
const INTERFACES = { smbus: 0x01, serial: 0x05 } as const;

const querySupportedInterfaces: Responder = ({ state }) =>
  success({ interfaces: [{ interfaceType: INTERFACES[state.binding], eid: state.eid }] });

export const optionalResponders: Responders = {
  prepareForEndpointDiscovery,
  endpointDiscovery,
  getNetworkId,
  queryRateLimit,
  requestTxRateLimit,
  updateRateLimit,
  querySupportedInterfaces,
};
