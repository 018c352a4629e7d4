import { fromHex, toHex } from '../codec/octets';
import { explainWrite, type I2cBus, type I2cPackage, I2cWriter } from './i2c-writer';

/**
 * `i2c-bus` as it is: a bus opens a file for each address at the first access, and keeps it although setting the address
 * failed or has not ended; what is written then goes to address 0.
 */
function i2cBus(ioctl: (address: number) => string | undefined, write: () => string | undefined = () => undefined) {
  const log: string[] = [];
  const i2c: I2cPackage = {
    openSync(number, options) {
      log.push(`open ${number}${options?.forceAccess ? ' force' : ''}`);
      const files = new Map<number, number>();
      const bus: I2cBus = {
        i2cWrite(address, length, buffer, done) {
          const put = (): void => {
            const code = write();
            log.push(`write ${files.get(address)} ${toHex(buffer.subarray(0, length))}`);
            if (code === undefined) done(null, length);
            else done(Object.assign(new Error(`${code}: write`), { code }));
          };
          if (files.has(address)) return void setImmediate(put);
          files.set(address, 0);
          setImmediate(() => {
            const code = ioctl(address);
            if (code !== undefined) return done(Object.assign(new Error(`${code}: ioctl`), { code }));
            files.set(address, address);
            put();
          });
        },
        closeSync: () => void log.push('close'),
      };
      return bus;
    },
  };
  return { i2c, log };
}

const frame = fromHex('3a0f0821010908c800810225');

describe('writing through i2c-bus', () => {
  it('writes what stands behind the address octet, to that address', async () => {
    const { i2c, log } = i2cBus(() => undefined);
    const writer = new I2cWriter(i2c, 3, false);
    expect([await writer.write(frame), await writer.write(frame)]).toEqual([
      { delivery: 'sent' },
      { delivery: 'sent' },
    ]);
    expect(log).toEqual(['open 3', ...Array(2).fill('write 29 0f0821010908c800810225')]);
  });

  it('never writes to address 0 after the address could not be set', async () => {
    let held = true;
    const { i2c, log } = i2cBus(() => (held ? 'EBUSY' : undefined));
    const writer = new I2cWriter(i2c, 3, false);
    expect(await writer.write(frame)).toMatchObject({
      delivery: 'refused',
      detail: expect.stringMatching(/held by a driver/),
    });
    expect(log).toEqual(['open 3', 'close']);
    held = false;
    expect((await writer.write(frame)).delivery).toBe('sent');
    expect(log.filter((line) => line.startsWith('write 0'))).toEqual([]);
  });

  it('never begins a write while another is under way', async () => {
    const { i2c, log } = i2cBus(() => undefined);
    const writer = new I2cWriter(i2c, 3, false);
    const both = await Promise.all([writer.write(frame), writer.write(frame)]);
    expect(both.map(({ delivery }) => delivery)).toEqual(['sent', 'refused']);
    expect(log.filter((line) => line.startsWith('write'))).toHaveLength(1);
  });

  it('keeps the bus after a NAK from an address that was set', async () => {
    let code: string | undefined;
    const { i2c, log } = i2cBus(
      () => undefined,
      () => code,
    );
    const writer = new I2cWriter(i2c, 3, true);
    await writer.write(frame);
    code = 'ENXIO';
    expect((await writer.write(frame)).delivery).toBe('nak');
    expect(log.filter((line) => line.startsWith('open'))).toEqual(['open 3 force']);
    writer.close();
    expect(log.at(-1)).toBe('close');
  });

  it.each([
    ['the general call', '000f'],
    ['a read', '3b0f'],
    ['an address octet alone', '3a'],
    ['nothing', ''],
  ])('leaves %s to the relay', async (_, hex) => {
    const { i2c, log } = i2cBus(() => undefined);
    expect(I2cWriter.takes(fromHex(hex))).toBe(false);
    expect((await new I2cWriter(i2c, 3, false).write(fromHex(hex))).delivery).toBe('refused');
    expect(log).toEqual([]);
  });

  it.each([
    ['ENXIO', 'nak', /not acknowledged/],
    ['EREMOTEIO', 'nak', /not acknowledged/],
    ['EAGAIN', 'arbitration-lost', /another controller/],
    ['ETIMEDOUT', 'refused', /stuck/],
    ['EBUSY', 'refused', /address 0x1d on I2C bus 3 is held by a driver/],
    ['EACCES', 'refused', /group.*i2c/],
    ['ENOENT', 'refused', /modprobe i2c-dev/],
    ['EOPNOTSUPP', 'refused', /this length/],
    ['EIO', 'refused', /I2C bus 3: EIO/],
  ])('tells %s as %s', (code, delivery, detail) => {
    const told = explainWrite(Object.assign(new Error(`${code}: x`), { code }), 3, 0x1d);
    expect([told.delivery, told.detail]).toEqual([delivery, expect.stringMatching(detail)]);
  });
});
