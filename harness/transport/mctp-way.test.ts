import { realClock } from '../clock';
import { encodePacket } from '../codec/packet';
import { packetOf } from '../emulator/testing/lab';
import { MctpWay } from './mctp-way';
import type { Rx } from './relay-protocol';
import type { RelaySession } from './relay-session';

/** A way over a relay that lends tags, and the planes on which it was asked to send. */
async function bench() {
  const planes: string[] = [];
  const address = Uint8Array.of(0x1d);
  const session = {
    hello: { ownEids: [8], capabilities: ['lends-tags'], planes: ['messages', 'packets'], mtu: 68, address },
    clock: { local: realClock() },
    transmit(tx: { readonly plane: string }) {
      planes.push(tx.plane);
      return Promise.resolve({ status: 'sent', tag: null, errno: 0, began: 0n, ended: 0n, text: '' });
    },
  };
  return { way: await MctpWay.open(session as unknown as RelaySession), planes, address };
}

const request = encodePacket(packetOf('008102', { sourceEid: 8, destinationEid: 9, messageTag: 3 }));
const answer = encodePacket(
  packetOf('00010200090000', { sourceEid: 9, destinationEid: 8, messageTag: 3, tagOwner: 0 }),
);

function captured(octets: Uint8Array, address: Uint8Array, flags: Rx['flags']): Rx {
  return { plane: 'packets', flags, eid: 0, tag: null, at: 0n, address, octets };
}

test.each([
  ['before its answer', ['gone', 'own', 'answer']],
  ['after its answer, for a device can be faster than its tx-done', ['own', 'answer', 'gone']],
  ['and its capture is lost', ['gone', 'answer']],
])('a request that was handed over leaves its tag free: it is heard of %s', async (_, order) => {
  const { way, planes, address } = await bench();
  expect(way.ahead(request)).toMatchObject({ plane: 'messages', tag: 0x2b });
  for (const event of order) {
    if (event === 'gone') way.gone(request, true);
    else if (event === 'own') expect(way.isFromDevice(captured(request, address, ['own']))).toBe(false);
    else expect(way.isFromDevice(captured(answer, address, []))).toBe(true);
  }
  await way.send(request);
  expect(planes).toEqual(['messages']);
});

test('a request that was handed over and did not go has no answer to come', async () => {
  const { way, planes } = await bench();
  way.ahead(request);
  way.gone(request, false);
  await way.send(request);
  expect(planes).toEqual(['messages']);
});

test('while an answer may come, a second request under its tag is made by ourselves', async () => {
  const { way, planes } = await bench();
  way.ahead(request);
  way.gone(request, true);
  await way.send(request);
  expect(planes).toEqual(['packets']);
});
