import type { Packet } from '../codec/packet';

/** DSP0239: a binding and a physical medium. */
export interface Medium {
  readonly bindingType: number;
  readonly mediaType: number;
}

/** EIDs that lie in one direction; the address is as the port's binding writes it, in hex: empty where it has none. */
export interface Route {
  readonly firstEid: number;
  readonly eidCount: number;
  /** 0 endpoint, 1 range with its bridge, 2 bridge, 3 range without its bridge (DSP0236 12.12, Table 25). */
  readonly entryType: number;
  readonly port: number;
  readonly address: string;
}

/** An endpoint on a bus that the bridge owns. */
export interface Downstream {
  readonly uuid: string;
  readonly port: number;
  readonly address: string;
  /** EID that the bridge means it to have; 0: none. */
  readonly eid: number;
}

/** EIDs that the bridge may hand out. None were allocated where the count is 0. */
export interface Pool {
  readonly firstEid: number;
  readonly count: number;
}

/** What a bridge knows besides what every endpoint does. Port 0 leads to the bus owner. */
export interface BridgeState {
  readonly media: { readonly upstream: Medium; readonly downstream: Medium };
  /** Undefined until a bus owner has allocated one, be it of no EID. */
  pool: Pool | undefined;
  downstream: readonly Downstream[];
  /** Routes by Routing Information Update, all of port 0. */
  learned: readonly Route[];
}

/** Where a packet goes: out of a port, to the bridge as any endpoint's would, or nowhere. */
export type Way = number | 'own' | 'nowhere';

/** What a bridge does with packets that are for others (DSP0236 9.1). */
export interface Bridging<State> {
  readonly route: (packet: Packet, from: number, state: State) => Way;
  /** The packets of a burst as they leave by a port. */
  readonly forward: (packets: readonly Packet[], to: number, state: State) => readonly Packet[];
  /** EIDs for the endpoints behind it, in their order, after a pool was allocated. */
  readonly assign: (pool: Pool, state: State) => readonly number[];
}
