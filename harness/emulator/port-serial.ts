import { encodeSerial, SerialReceiver } from '../binding/serial';
import type { Behaviour, DeviceState } from './endpoint-types';
import type { Port } from './port';

/** A byte stream without addresses (DSP0253 clause 7). */
export function serialPort(behaviour: Behaviour, state: DeviceState): Port {
  const receiver = new SerialReceiver(behaviour.serialRules);
  return {
    acknowledges: () => true,
    receive: (octets) =>
      receiver
        .feed(behaviour.serialOctets(octets, state))
        .flatMap((event) => (event.kind === 'frame' ? [{ octets: event.frame.packet, sourceAddress: 0 }] : [])),
    frame: (packet) => encodeSerial(packet, behaviour.serialFrame(packet, state)),
  };
}
