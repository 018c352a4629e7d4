import { hostname } from 'node:os';
import { ADDRESS, OWN_ADDRESS, OWN_EID } from '../../emulator/testing/lab';
import type { Capability, RelayMessage } from '../relay-protocol';

export type Fault =
  | 'none'
  | 'death'
  | 'death-with-words'
  | 'half'
  | 'text'
  | 'unknown'
  | 'unknown-optional'
  | 'fatal'
  | 'hang'
  | 'nak'
  | 'arbitration-lost'
  | 'refused'
  | 'lost'
  | 'truncated'
  | 'newer'
  | 'older'
  | 'no-hello'
  | 'not-opened'
  | 'other-owner'
  | 'tag-busy'
  | 'no-tags'
  | 'foreign'
  | 'no-address'
  | 'no-own-eid'
  | 'interface-down'
  | 'pcie-vdm'
  | 'unknown-binding'
  | 'captures-only'
  | 'mux';

const EMPTY = new Uint8Array(0);

/** What the fake says of itself. */
export function helloOf(plane: 'frames' | 'packets', fault: Fault, ahead: number, now: bigint): RelayMessage {
  const versions = fault === 'newer' ? [2, 3] : fault === 'older' ? [0, 0] : [1, 4];
  const common: readonly Capability[] = ['restores-on-loss', 'has-counters'];
  const behindKernel: readonly Capability[] = ['can-inject', 'captures', 'lends-tags', 'binds-types'];
  return {
    type: 'hello',
    body: {
      lowestVersion: versions[0] ?? 1,
      highestVersion: versions[1] ?? 1,
      binding:
        fault === 'pcie-vdm' || fault === 'unknown-binding' ? (fault === 'pcie-vdm' ? fault : 'unknown') : 'smbus',
      planes: plane === 'frames' ? ['frames'] : fault === 'captures-only' ? ['messages'] : ['messages', 'packets'],
      capabilities: [...common, ...(plane === 'frames' ? (['acknowledges'] as const) : behindKernel)],
      unit: plane === 'frames' ? 1024 : 68,
      messageLimit: plane === 'frames' ? 0 : 65_536,
      receiveLimit: 0,
      mtu: plane === 'frames' ? 0 : 68,
      now,
      resolution: 1,
      clockId: 1,
      eid: plane === 'frames' ? 0 : 9,
      ownAddress: Uint8Array.of(OWN_ADDRESS),
      address: fault === 'no-address' ? EMPTY : Uint8Array.of(ADDRESS),
      ownEids: plane === 'frames' || fault === 'no-own-eid' ? EMPTY : Uint8Array.of(OWN_EID),
      host: ahead === 0 ? hostname() : 'bmc',
      program: 'fake-relay 1',
      description: 'a fake relay before the emulated device',
      attributes: {
        state: fault === 'interface-down' ? 'down' : 'up',
        interface: 'mctpi2c3',
        ...(fault === 'mux' ? { mux: '3-0070' } : {}),
      },
    },
  };
}
