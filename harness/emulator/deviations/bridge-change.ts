import type { Packet } from '../../codec/packet';
import { routeTo, UPSTREAM } from '../bridge-state';
import type { Way } from '../bridge-types';
import type { Answer, DeviceRequest, DeviceState } from '../endpoint-types';
import type { Change } from './change';
import { isSuccess, respondingTo } from './change';

/** The words in which deviations of bridges are written. */

type Bridge = NonNullable<DeviceState['bridge']>;

/** The answer of the correct device, and then another state of the bridge; `before` is what it knew. */
export function afterwards(
  command: string,
  change: (bridge: Bridge, before: Readonly<Bridge>, request: DeviceRequest) => Answer | undefined,
): Change {
  return respondingTo([command], (correct, request, sets) => {
    const { bridge } = request.state;
    if (bridge === undefined) return correct(request, sets);
    const before = { ...bridge };
    const answer = correct(request, sets);
    return (isSuccess(answer) ? change(bridge, before, request) : undefined) ?? answer;
  });
}

/** Another way for some packets. */
export function routing(way: (packet: Packet, from: number, state: DeviceState, correct: Way) => Way): Change {
  return ({ bridging }) => ({
    bridging: {
      ...bridging,
      route: (packet, from, state) => way(packet, from, state, bridging.route(packet, from, state)),
    },
  });
}

export function forwarding(
  change: (packets: readonly Packet[], to: number, state: DeviceState) => readonly Packet[],
): Change {
  return ({ bridging }) => ({
    bridging: {
      ...bridging,
      forward: (packets, to, state) => change(bridging.forward(packets, to, state), to, state),
    },
  });
}

/** Whether an EID is on a bus that the bridge owns. */
export function isBehind(eid: number, state: DeviceState): boolean {
  return (routeTo(eid, state)?.port ?? UPSTREAM) !== UPSTREAM;
}
