import { encodeSmbus } from '../binding/smbus';
import { MILLISECOND } from '../clock';
import { fromHex, toHex } from '../codec/octets';
import { encodePacket } from '../codec/packet';
import type { ReceivedMessage } from '../record/observation';
import { commands } from '../suite/testing/command-tables';
import { listenView } from './listen';

function message(at: number, body: string, tagOwner = 1): ReceivedMessage {
  const flags = { som: 1, eom: 1, packetSequence: 0, tagOwner, messageTag: 3 };
  const header = { reserved: 0, headerVersion: 1, destinationEid: 8, sourceEid: 9, ...flags };
  const packet = encodePacket({ ...header, payload: fromHex(body) });
  const frame = encodeSmbus(packet, { destinationAddress: 0x10, sourceAddress: 0x1d });
  return { at: at * MILLISECOND, body, packets: [toHex(packet)], frames: [toHex(frame)] };
}

const view = (...messages: readonly ReceivedMessage[]) => listenView(messages, commands, 'smbus');

describe('what a device sends of its own', () => {
  it('is told with whom and what it asks', () => {
    expect(view(message(0, '008205')).requests).toEqual([
      {
        commandCode: 5,
        instanceId: 2,
        datagram: 0,
        messageTag: 3,
        sourceEid: 9,
        destinationEid: 8,
        destinationAddress: 0x10,
      },
    ]);
  });

  it('counts answers that nobody awaits, and is not confused by other types and short bodies', () => {
    const seen = view(message(0, '00020500', 0), message(1, '01800002'), message(2, '00'), message(3, ''));
    expect(seen).toMatchObject({ strayAnswers: 1, requests: [], series: [], reusedInstanceIds: 0 });
  });

  it('gathers the tries of a request', () => {
    const tries = [0, 310, 700].map((at) => message(at, '008205'));
    expect(view(...tries, message(705, '008303')).series).toEqual([
      { commandCode: 5, tries: 3, instanceIds: 1, shortestGap: 310e6, span: 700e6, interleaved: 0 },
      { commandCode: 3, tries: 1, instanceIds: 1, shortestGap: undefined, span: 0, interleaved: 0 },
    ]);
  });

  it('shows new instance ids in tries, an old one in another request, and requests between', () => {
    expect(view(message(0, '008205'), message(300, '008305')).series).toMatchObject([{ tries: 1, instanceIds: 2 }]);
    const mixed = view(message(0, '008205'), message(5, '008203'), message(300, '008205'));
    expect(mixed).toMatchObject({ reusedInstanceIds: 2, series: [{ interleaved: 1 }, { interleaved: 0 }] });
  });
});
