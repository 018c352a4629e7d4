import { SerialPort } from 'serialport';
import { CertifyError } from '../errors';
import { openSerial } from './serial';
import { openPty } from './testing/far-ends';

describe('a serial line on a pty', () => {
  it('is refused while another program holds it', async () => {
    const pty = await openPty();
    const holder = new SerialPort({ path: pty.path, baudRate: 115_200 });
    await new Promise((resolve) => holder.once('open', resolve));
    const refused: unknown = await openSerial({ path: pty.path, baud: 115_200 }).catch((thrown: unknown) => thrown);
    expect(refused).toBeInstanceOf(CertifyError);
    expect(refused).toMatchObject({ code: 'DEVICE_OPEN', message: expect.stringMatching(/in use by another program/) });
    await new Promise((resolve) => holder.close(resolve));
    await (await openSerial({ path: pty.path, baud: 115_200 })).close();
    await pty.stop();
  });
});
