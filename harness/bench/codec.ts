import { encodeSerial, SerialReceiver } from '../binding/serial';
import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { decodePacket, encodePacket } from '../codec/packet';
import type { Measurement } from './measure';
import { compare } from './measure';

const PACKETS = 1000;
const AGAINST = 'Buffer copy';

const header = {
  reserved: 0,
  headerVersion: 1,
  destinationEid: 9,
  sourceEid: 8,
  som: 1,
  eom: 1,
  packetSequence: 0,
  tagOwner: 1,
};
const addressing = { destinationAddress: 0x1d, sourceAddress: 0x10 };

/** Full packets of the baseline unit. */
const packets = Array.from({ length: PACKETS }, (_, index) => ({
  ...header,
  messageTag: index % 8,
  payload: Uint8Array.from({ length: 64 }, (_unused, at) => (index + at) % 256),
}));
const encoded = packets.map(encodePacket);

function copies(frames: readonly Uint8Array[]): number {
  let octets = 0;
  for (const frame of frames) octets += Buffer.from(Buffer.from(frame)).length;
  return octets;
}

/** Encoding and decoding of full packets, against copying the same octets twice. */
export function benchCodec(): readonly Measurement[] {
  const smbus = (): number => {
    let octets = 0;
    for (const packet of encoded) octets += decodeSmbus(encodeSmbus(packet, addressing))?.packet.length ?? Number.NaN;
    return octets;
  };
  const serial = (): number => {
    const receiver = new SerialReceiver();
    let frames = 0;
    for (const packet of encoded) frames += receiver.feed(encodeSerial(packet)).length;
    return frames;
  };
  const packet = (): number => {
    let octets = 0;
    for (const each of packets) octets += decodePacket(encodePacket(each))?.payload.length ?? Number.NaN;
    return octets;
  };
  return [
    compare('packet encode + decode', 'packets/s', PACKETS, packet, AGAINST, () => copies(encoded)),
    compare('SMBus frame encode + decode', 'frames/s', PACKETS, smbus, AGAINST, () => copies(encoded)),
    compare('serial frame encode + receive', 'frames/s', PACKETS, serial, AGAINST, () => copies(encoded)),
  ];
}
