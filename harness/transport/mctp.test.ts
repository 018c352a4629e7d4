import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePacket } from '../codec/packet';
import { frameOf, packetOf } from '../emulator/testing/lab';
import { examine } from './doctor/examine';
import { openI2c } from './i2c';
import type { I2cPackage } from './i2c-writer';
import { openMctp } from './mctp';
import { Collector } from './testing/collector';
import type { Fault } from './testing/fake-hello';
import { type FakeOptions, fakeRelay } from './testing/fake-relay';
import { parseUri } from './uri';

// Programs are started here, and the machine may be busy.
jest.setTimeout(30_000);

const folder = mkdtempSync(join(tmpdir(), 'mctp-local-'));
const before = process.env.MCTP_RELAY;

/** A relay of this machine that is the fake one, whatever back end it is asked for. */
function install(options: FakeOptions): void {
  const path = join(folder, 'relay');
  writeFileSync(path, `#!/bin/sh\n${fakeRelay(options)}\n`);
  chmodSync(path, 0o755);
  process.env.MCTP_RELAY = path;
}

afterAll(() => {
  rmSync(folder, { recursive: true });
  if (before === undefined) delete process.env.MCTP_RELAY;
  else process.env.MCTP_RELAY = before;
});

function parsed<S extends 'mctp' | 'i2c'>(uri: string, scheme: S) {
  const device = parseUri(uri);
  if (device.scheme !== scheme) throw new Error(`not ${scheme}`);
  return device as Extract<typeof device, { scheme: S }>;
}
const mctp = parsed('mctp:mctpi2c3/9', 'mctp');
const i2c = parsed('i2c:3@0x1d', 'i2c');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('mctp:', () => {
  it('is the packets plane under its own name', async () => {
    install({ plane: 'packets' });
    const transport = await openMctp(mctp);
    expect([transport.uri, transport.plane, transport.binding, transport.unit]).toEqual([
      mctp.uri,
      'packets',
      'smbus',
      68,
    ]);
    await transport.close();
  });

  it('says of a packet of its own making that nothing keeps a mux on its channel, and of a request that something does', async () => {
    install({ plane: 'packets', fault: 'mux' });
    const transport = await openMctp(mctp);
    const unheld = async (header: { readonly headerVersion?: number }): Promise<boolean | undefined> => {
      const octets = encodePacket(packetOf('008102', { messageTag: 1, ...header }));
      return (await transport.send({ plane: 'packets', octets })).unheld;
    };
    expect([transport.mux, await unheld({}), await unheld({ headerVersion: 2 })]).toEqual(['3-0070', undefined, true]);
    await transport.close();
  });

  it.each<[Fault, RegExp]>([
    ['interface-down', /^the interface mctpi2c3 is down: mctp link set mctpi2c3 up$/],
    ['no-own-eid', /^mctpi2c3 has no EID of its own: mctp addr add 8 dev mctpi2c3$/],
    ['no-address', /EID 9 is not known: say \?address=0x1d, or mctp neigh add 9 dev mctpi2c3/],
  ])('says what to type: %s', async (fault, message) => {
    install({ plane: 'packets', fault });
    await expect(openMctp(mctp)).rejects.toMatchObject({
      code: 'DEVICE_OPEN',
      message: expect.stringMatching(message),
    });
  });

  it('is ready for the doctor where it opens, whatever the files say', async () => {
    install({ plane: 'packets' });
    const { ready, findings } = await examine(mctp);
    expect([ready, findings.filter(({ level }) => level === 'missing')]).toEqual([true, []]);
    expect(findings.at(-1)?.text).toBe('mctp:mctpi2c3/9 can be opened: smbus, packets');
  });

  it('is not ready for the doctor where it does not', async () => {
    install({ plane: 'packets', fault: 'interface-down' });
    const { ready, findings } = await examine(mctp);
    expect([ready, findings.at(-1)?.text]).toEqual([false, expect.stringMatching(/is down: mctp link set/)]);
  });
});

onLinux('i2c:', () => {
  const unit = { plane: 'frames', octets: frameOf(packetOf('008102')) } as const;

  it('writes through the package, and hears through the relay', async () => {
    install({});
    const written: number[] = [];
    const bus: I2cPackage = {
      openSync: () => ({
        i2cWrite(address, length, _buffer, done) {
          written.push(address, length);
          done(null, length);
        },
        closeSync: () => undefined,
      }),
    };
    const transport = await openI2c(i2c, { i2c: bus });
    const heard = new Collector(transport).listen();
    const [first, second] = await Promise.all([transport.send(unit), transport.send(unit)]);
    expect([first?.delivery, second?.delivery]).toEqual(['sent', 'sent']);
    expect(second?.at).toBeGreaterThanOrEqual(first?.at ?? 0);
    expect(written).toEqual([0x1d, unit.octets.length - 1, 0x1d, unit.octets.length - 1]);
    // The relay was not asked to send, so its device has nothing to answer; the general call is its to refuse or send.
    expect(heard.received).toEqual([]);
    await transport.send({ plane: 'frames', octets: Uint8Array.of(0x3b, 0x0f) });
    expect(written).toHaveLength(4);
    await transport.close();
    expect((await transport.send(unit)).delivery).toBe('refused');
  });

  it('leaves the writing to the relay where the package is not built', async () => {
    install({});
    const logged: string[] = [];
    const transport = await openI2c(i2c, { i2c: undefined, onLog: (line) => logged.push(line) });
    const heard = new Collector(transport).listen();
    await transport.send(unit);
    await heard.until(() => heard.received.length === 1);
    expect(logged).toEqual([expect.stringMatching(/npm rebuild i2c-bus/)]);
    await transport.close();
  });
});
