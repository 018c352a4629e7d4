import { decodeSmbus, encodeSmbus } from '../../binding/smbus';
import { fromHex, toHex } from '../../codec/octets';
import type { Packet } from '../../codec/packet';
import { decodePacket, encodePacket } from '../../codec/packet';
import { commands } from '../../suite/testing/command-tables';
import type { Action, Device } from '../device';
import type { DeviceOptions } from '../endpoint';
import { createEndpoint } from '../endpoint';

export { commands };

/** What tests of the emulated device share: a requester that knows nothing but octets. */

export const OWN_ADDRESS = 0x10;
export const OWN_EID = 8;
export const ADDRESS = 0x1d;

export function endpoint(options: Partial<DeviceOptions> = {}): ReturnType<typeof createEndpoint> {
  return createEndpoint({ class: 'nic', binding: 'smbus', address: ADDRESS, commands, deviations: [], ...options });
}

/** A packet to the device; its payload as hex. */
export function packetOf(payload: string, header: Partial<Packet> = {}): Packet {
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 1, messageTag: 0 };
  const from = { reserved: 0, headerVersion: 1, destinationEid: 0, sourceEid: OWN_EID };
  return { ...from, ...flags, payload: fromHex(payload), ...header };
}

export function frameOf(packet: Packet): Uint8Array {
  return encodeSmbus(encodePacket(packet), { destinationAddress: ADDRESS, sourceAddress: OWN_ADDRESS });
}

export function send(device: Device, payload: string, header: Partial<Packet> = {}, now = 0): readonly Action[] {
  return device.receive(frameOf(packetOf(payload, header)), now);
}

export function packetsOf(actions: readonly Action[]): readonly Packet[] {
  return actions.map(({ octets }) => {
    const packet = decodePacket(decodeSmbus(octets)?.packet ?? new Uint8Array(0));
    if (packet === undefined) throw new Error(`no packet in ${toHex(octets)}`);
    return packet;
  });
}

/** The whole body of the answer as hex; empty where there is none. */
export function bodyOf(actions: readonly Action[]): string {
  return packetsOf(actions)
    .map((packet) => toHex(packet.payload))
    .join('');
}

/** Body of the answer to one request in one packet. */
export function ask(device: Device, payload: string, header: Partial<Packet> = {}): string {
  return bodyOf(send(device, payload, header));
}
