import { Rig } from '../testing/rig';
import type { TlsRedis } from '../testing/tls-redis';
import { startTlsRedis } from '../testing/tls-redis';
import { openRedis } from './connect';

jest.setTimeout(60_000);

const PASSWORD = 'geheim-4711';
let server: TlsRedis;
const url = (host = '127.0.0.1', password = PASSWORD): string => `rediss://lab:${password}@${host}:${server.port}`;

beforeAll(async () => {
  server = await startTlsRedis(PASSWORD);
});
afterAll(() => server.close());

async function refusal(text: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const opened = openRedis(text, 'hasty', environment);
  const thrown = await opened.then(
    (client) => client.disconnect(),
    (error: unknown) => error as Error,
  );
  if (thrown === undefined) throw new Error('it was not refused');
  expect(`${thrown.message} ${JSON.stringify(thrown)} ${thrown.stack}`).not.toContain(PASSWORD);
  return thrown.message;
}

test('a server with TLS is reached where its certificate is signed by whom the user trusts', async () => {
  const client = await openRedis(url(), 'hasty', { MCTP_CERTIFY_REDIS_CA: server.ca });
  expect(await client.acl('WHOAMI')).toBe('lab');
  client.disconnect();
});

test('and refused in one line otherwise, without the password', async () => {
  expect(await refusal(url(), {})).toMatch(
    /^rediss:\/\/127\.0\.0\.1:\d+ does not answer: .*self-signed certificate.*MCTP_CERTIFY_REDIS_CA/,
  );
  const trusted = { MCTP_CERTIFY_REDIS_CA: server.ca };
  expect(await refusal(url('localhost'), trusted)).toMatch(/does not match certificate's altnames/);
  expect(await refusal(url('127.0.0.1', `${PASSWORD}x`), trusted)).toMatch(/WRONGPASS/);
  expect(await refusal(url(), { MCTP_CERTIFY_REDIS_CA: '/none.pem' })).toMatch(
    /^MCTP_CERTIFY_REDIS_CA: cannot read \/none\.pem/,
  );
});

test('a station works over TLS, both of its connections', async () => {
  const rig = await Rig.open({}, { redis: server.local, env: { MCTP_CERTIFY_REDIS_CA: server.ca } });
  try {
    const station = rig.station('one', { devices: [{ name: 'card-1' }], takes: 50, redis: url() });
    await rig.until('the station', async () => (await rig.fleet.store.stations()).length === 1);
    await rig.submit('rack', 'runs: [{ devices: [card-1], profiles: [nic] }]');
    expect((await rig.finished('rack')).counts.passed).toBe(1);
    const clients = String(await rig.fleet.client.client('LIST'));
    expect(clients.split('\n').filter((line) => / user=lab /.test(line))).toHaveLength(2);
    await station.stop();
    expect(station.said()).not.toContain(PASSWORD);
  } finally {
    await rig.close();
  }
});
