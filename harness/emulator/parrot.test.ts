import { decodeSmbus, encodeSmbus } from '../binding/smbus';
import { decodeBody, encodeRequest } from '../codec/command';
import { toHex } from '../codec/octets';
import { decodePacket, encodePacket } from '../codec/packet';
import { commands } from '../suite/testing/command-tables';
import { createParrot } from './parrot';

const ADDRESS = 0x1d;

const parrot = createParrot('smbus', ADDRESS, commands);

/** The first packet of what the parrot says to a request. */
function said(payload: Uint8Array) {
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner: 1, messageTag: 3 };
  const packet = { reserved: 0, headerVersion: 1, destinationEid: 9, sourceEid: 8, ...flags, payload };
  const frame = encodeSmbus(encodePacket(packet), { destinationAddress: ADDRESS, sourceAddress: 0x10 });
  const [action] = parrot.receive(frame, 0);
  const answer = action === undefined ? undefined : decodeSmbus(action.octets);
  return answer === undefined ? undefined : decodePacket(answer.packet);
}

const all = Object.values(commands).flatMap((set) =>
  Object.values(set.commands)
    .filter(({ from }) => from === undefined)
    .map((command) => [command.name, set, command] as const),
);

it.each(all)('says a success to %s, in the words of its set', (_, set, command) => {
  const answer = said(encodeRequest(set, command, {}, { instanceId: 5 }).subarray(0, 64));
  expect(answer).toMatchObject({ tagOwner: 0, messageTag: 3, destinationEid: 8 });
  const decoded = decodeBody(set, answer?.payload ?? new Uint8Array(0), 'response', command);
  expect(decoded.completionCode).toBe(0);
  expect(decoded.header.instanceId ?? 5).toBe(5);
  const trailer = Object.entries(decoded.statuses).filter(
    ([name]) => name === 'checksumStatus' || name === 'micStatus',
  );
  expect(trailer.every(([, status]) => status === 'good')).toBe(true);
});

it('echoes the beginning of what no table knows', () => {
  expect(toHex(said(Uint8Array.of(0x7e, 0x9a, 0xb4))?.payload ?? new Uint8Array(0))).toBe('7e1ab400');
});
