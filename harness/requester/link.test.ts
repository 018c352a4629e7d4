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

test.each([
  ['another address', { destinationAddress: 0x50 }, undefined, 'out of reach'],
  ['the general call', { destinationAddress: 0 }, 0x30, 'out of reach'],
  ['the address that is declared free', { destinationAddress: 0x30 }, 0x30, 'sent'],
  ['the device, whatever else is wrong', { pec: { xor: 1 } }, undefined, 'sent'],
])('writing to %s', async (_, frame, freeAddress, expected) => {
  const before = sent.length;
  const wires: Transport = { ...narrow, plane: 'frames', unit: undefined };
  const link = new Link(wires, { address: 0x1d, ownAddress: 0x10, freeAddress }, memorySink(clock));
  const told = await link
    .send([{ packet: { ...packet, payload: new Uint8Array(3) }, frame }], 'stimulus')
    .then(({ delivery }) => delivery)
    .catch((error: Error) => (/declares to be free/.test(error.message) ? 'out of reach' : error.message));
  expect([told, sent.length - before]).toEqual([expected, expected === 'sent' ? 1 : 0]);
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
