import { crc8 } from '../codec/checksum';
import { fromHex } from '../codec/octets';
import { deviations } from '../emulator/deviations';
import { memorySink } from '../record/writer';
import { commands } from '../suite/testing/command-tables';
import { openSim } from '../transport/sim';
import { Link } from './link';
import { Requester } from './requester';

const nowhere = { parameters: {}, claims: {}, saved: {}, loop: {} };
const MS = 1_000_000;

function requesterOf(deviation: string): Requester {
  const sim = { uri: 'sim:nic', class: 'nic', binding: 'smbus' as const, deviations: [deviation] };
  const transport = openSim(sim, { commands, deviations });
  const link = new Link(transport, { address: 0x1d, ownAddress: 0x10 }, memorySink(transport.clock));
  return new Requester(link, commands, {
    ...{ ownEid: 8, unit: 64, responseTimeout: 300 * MS, silenceWindow: 600 * MS, instanceIdExpiry: 6000 * MS },
    ...{ requestRetries: 2, answersAsOwner: true, thorough: false },
  });
}

it('keeps the last octet of a device that sends no PEC, also where it looks like one', async () => {
  const requester = requesterOf('smbus-without-pec');
  const sizes = new Set<number | undefined>();
  let alike = 0;
  for (let count = 0; count < 600; count += 1) {
    const { response } = await requester.probe(nowhere);
    sizes.add(response?.body.length);
    if (crc8(fromHex(response?.frames[0] ?? '01')) === 0) alike += 1;
  }
  expect([...sizes]).toEqual([14]);
  expect(alike).toBeGreaterThan(0);
});

it('takes an answer whose last packet does not say so as it is', async () => {
  const { response, attempts } = await requesterOf('single-packet-without-end-flag').probe(nowhere);
  expect([response?.body.length, attempts]).toEqual([14, 1]);
});

it('asks a device again that says that it is not ready, and takes what it says then', async () => {
  const requester = requesterOf('settles-after-assignment');
  const ask = async (command: string, fields: Readonly<Record<string, number>>): Promise<readonly unknown[]> => {
    const spec = { command, fields, message: {}, packet: { destinationEid: 0 }, frame: {} };
    const { attempts, response, also } = await requester.request(requester.build(spec, nowhere), 'stimulus');
    return [attempts, response?.body.slice(6, 8), also.map(({ body }) => body.slice(6, 8))];
  };
  expect(await ask('setEndpointId', { operation: 0, eid: 0x33 })).toEqual([1, '00', []]);
  expect(await ask('getEndpointUuid', {})).toEqual([2, '00', ['04']]);
  expect(await ask('getEndpointUuid', {})).toEqual([1, '00', []]);
});
