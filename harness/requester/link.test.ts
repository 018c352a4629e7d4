import { realClock } from '../clock';
import type { RecordSink } from '../record/lines';
import { memorySink } from '../record/writer';
import type { Transport } from '../transport/transport';
import { Link } from './link';

const clock = realClock();
const sent: Uint8Array[] = [];
const narrow: Transport = {
  uri: 'test:',
  binding: 'smbus',
  plane: 'packets',
  acknowledges: false,
  attested: false,
  disposable: false,
  clock,
  unit: 10,
  send: async ({ octets }) => {
    sent.push(octets);
    return { delivery: 'sent', at: clock.now() };
  },
  listen: () => undefined,
  close: async () => undefined,
};
const packet = {
  reserved: 0,
  headerVersion: 1,
  destinationEid: 9,
  sourceEid: 8,
  som: 1,
  eom: 1,
  packetSequence: 0,
  tagOwner: 1,
  messageTag: 1,
};

test('a packet that the interface cannot take is out of reach, and is not tried', async () => {
  const link = new Link(narrow, { address: 0x1d, ownAddress: 0x10 }, memorySink(clock));
  const long = [{ packet: { ...packet, payload: new Uint8Array(7) }, frame: {} }];
  await expect(link.send(long, 'stimulus')).rejects.toMatchObject({
    code: 'OUT_OF_REACH',
    message: 'needs packets of 11 octets, and the interface takes 10 (its mtu)',
  });
  await link.send([{ packet: { ...packet, payload: new Uint8Array(6) }, frame: {} }], 'stimulus');
  expect(sent.map(({ length }) => length)).toEqual([10]);
});

test('what was recorded is on its way to the disk before anything is sent', async () => {
  const order: string[] = [];
  const transport: Transport = {
    ...narrow,
    send: async () => {
      order.push('sent');
      return { delivery: 'sent', at: clock.now() };
    },
  };
  const sink: RecordSink = {
    write: () => undefined,
    flush() {
      order.push('flushed');
    },
  };
  const link = new Link(transport, { address: 0x1d, ownAddress: 0x10 }, sink);
  await link.send([{ packet: { ...packet, payload: new Uint8Array(3) }, frame: {} }], 'stimulus');
  expect(order).toEqual(['flushed', 'sent']);
});
