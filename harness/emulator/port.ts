/** Nine clock cycles at 100 kHz, near enough ten bit times at 115200 baud: how long one octet takes on the wire. */
export const WIRE_OCTET = 90_000;

/** Octets of an MCTP packet that a port took out of what came. */
export interface Received {
  readonly octets: Uint8Array;
  /** 7-bit address to answer to; 0 where the binding has none. */
  readonly sourceAddress: number;
}

/** The device's side of a binding: from what is on the wire to packets and back. */
export interface Port {
  /** Whether the write is acknowledged; always true where the binding has no acknowledge. */
  acknowledges(octets: Uint8Array): boolean;
  receive(octets: Uint8Array): readonly Received[];
  frame(packet: Uint8Array, address: number): Uint8Array;
}
