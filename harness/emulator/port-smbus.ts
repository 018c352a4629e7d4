import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import type { Behaviour, DeviceState } from './endpoint-types';
import type { Port } from './port';

/** One block write carries one packet, both ways (DSP0237 6.3). */
export function smbusPort(behaviour: Behaviour, state: DeviceState): Port {
  return {
    acknowledges: (octets) => state.alive && behaviour.acknowledges(octets, state),
    receive(octets) {
      const frame = decodeSmbus(octets);
      if (frame === undefined || !behaviour.acceptsSmbus(frame, octets, state)) return [];
      return [{ octets: frame.packet, sourceAddress: frame.sourceAddress }];
    },
    frame(packet, address) {
      const { destination = address, ...overrides } = behaviour.smbusFrame(packet, state);
      return encodeSmbus(packet, { destinationAddress: destination, sourceAddress: state.address }, overrides);
    },
  };
}
