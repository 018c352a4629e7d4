import { encodeSerial, lenientSerial, SerialReceiver } from '../binding/serial';
import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { MILLISECOND } from '../clock';
import type { CommandSets } from '../codec/command';
import { answerCodeOf, answerHeader, encodeResponse, headOf, setOf } from '../codec/command';
import type { Packet } from '../codec/packet';
import { decodePacket, encodePacket } from '../codec/packet';
import type { Binding } from '../names';
import type { Action, Device } from './endpoint';

const RESPONSE_TIME = MILLISECOND;
const REQUEST_BIT = 0x80;

/**
 * Says SUCCESS to whatever comes, packet by packet, and knows nothing: malformed, misaddressed, wrongly checked, it is
 * all the same to it. Every suite must turn red against it.
 */
export function createParrot(binding: Binding, address: number, commands: CommandSets): Device {
  const receiver = new SerialReceiver({ ...lenientSerial, needsClosingFlag: false });
  const smbus = (octets: Uint8Array): readonly Action[] => {
    const frame = decodeSmbus(octets);
    const packet = frame === undefined ? undefined : decodePacket(frame.packet);
    if (frame === undefined || packet === undefined) return [];
    const addressing = { destinationAddress: frame.sourceAddress, sourceAddress: address };
    return [{ octets: encodeSmbus(parroted(packet, commands), addressing), delayNs: RESPONSE_TIME }];
  };
  const serial = (octets: Uint8Array): readonly Action[] =>
    receiver.feed(octets).flatMap((event) => {
      const packet = event.kind === 'frame' ? decodePacket(event.frame.packet) : undefined;
      return packet === undefined ? [] : [{ octets: encodeSerial(parroted(packet, commands)), delayNs: RESPONSE_TIME }];
    });
  return {
    acknowledges: () => true,
    receive: binding === 'smbus' ? smbus : serial,
    refused: () => [],
    hook: () => undefined,
    next: () => undefined,
    advance: () => [],
  };
}

/** The request's own header as an answer's, and what a success begins with; nothing else. */
function parroted(packet: Packet, commands: CommandSets): Uint8Array {
  const { destinationEid, sourceEid, messageTag, payload } = packet;
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 0, messageTag };
  const header = { reserved: 0, headerVersion: 1, destinationEid: sourceEid, sourceEid: destinationEid, ...flags };
  return encodePacket({ ...header, payload: success(payload, commands) });
}

function success(request: Uint8Array, commands: CommandSets): Uint8Array {
  const set = setOf(commands, (request[0] ?? 0) % REQUEST_BIT, request);
  if (set === undefined) return Uint8Array.of(request[0] ?? 0, (request[1] ?? 0) % REQUEST_BIT, request[2] ?? 0, 0);
  const asked = headOf(set, request, 'request').value;
  const code = Number(asked.commandCode ?? 0);
  const names = Object.keys(headOf(set, request, 'response').value).filter((name) => name !== set.length);
  const echo = Object.fromEntries(names.map((name) => [name, asked[name] ?? 0]));
  const answer = { ...echo, commandCode: answerCodeOf(set, code) };
  return encodeResponse(set, { code, header: {}, response: [] }, {}, { ...answer, ...answerHeader(set) });
}
