import fc from 'fast-check';
import { CertifyError } from '../errors';
import { parseUri } from './uri';

function refusal(uri: string): CertifyError {
  try {
    parseUri(uri);
  } catch (error) {
    if (error instanceof CertifyError) return error;
    throw error;
  }
  throw new Error(`${uri} was taken`);
}

describe('device URI', () => {
  it.each([
    ['sim:nic', { scheme: 'sim', class: 'nic', binding: 'smbus', deviations: [] }],
    [
      'sim:nic?binding=serial&deviation=mute&deviation=slow',
      { scheme: 'sim', class: 'nic', binding: 'serial', deviations: ['mute', 'slow'] },
    ],
    ['sim:parrot', { scheme: 'sim', class: 'parrot', binding: 'smbus', deviations: [] }],
    ['serial:/dev/ttyUSB0', { scheme: 'serial', path: '/dev/ttyUSB0', baud: 115_200 }],
    ['serial:/dev/pts/4?baud=9600', { scheme: 'serial', path: '/dev/pts/4', baud: 9_600 }],
    ['bridge:smbus:cat', { scheme: 'bridge', binding: 'smbus', command: 'cat' }],
    [
      'bridge:serial:ssh host "a?b=c" | tee x:y',
      { scheme: 'bridge', binding: 'serial', command: 'ssh host "a?b=c" | tee x:y' },
    ],
    [
      'mctp:mctpi2c3/9?address=0x1d',
      { scheme: 'mctp', interface: 'mctpi2c3', eid: 9, target: 'mctpi2c3/9?address=0x1d' },
    ],
    [
      'i2c:/dev/i2c-3@0x1d?own=0x12&target=4',
      {
        scheme: 'i2c',
        bus: 3,
        address: 0x1d,
        own: 0x12,
        targetBus: 4,
        target: '/dev/i2c-3@0x1d?own=0x12&target=4',
      },
    ],
    ['i2c:3@29', { scheme: 'i2c', bus: 3, address: 0x1d, own: 0x10, targetBus: 3, target: '3@29' }],
    ['relay:ssh bmc mctp-relay mctp a/9?b=c', { scheme: 'relay', command: 'ssh bmc mctp-relay mctp a/9?b=c' }],
    ['replay:out/what?x', { scheme: 'replay', path: 'out/what?x' }],
  ])('takes apart %s', (uri, parts) => {
    expect(parseUri(uri)).toEqual({ uri, ...parts });
  });

  it.each([
    ['simm:nic', 'UNKNOWN_NAME', /did you mean sim: \? known are sim: serial: bridge: replay: mctp: i2c: relay:/],
    ['seriall:/dev/x', 'UNKNOWN_NAME', /did you mean serial:/],
    ['quantum:x', 'UNKNOWN_NAME', /"quantum"; known are sim:/],
    ['nic', 'UNKNOWN_NAME', /has no scheme/],
    ['', 'UNKNOWN_NAME', /has no scheme/],
    ['toString:x', 'UNKNOWN_NAME', /unknown scheme/],
    ['/dev/ttyUSB0', 'USAGE', /write serial:\/dev\/ttyUSB0/],
    ['mctp:mctpi2c3', 'USAGE', /names no interface and EID.*write mctp:IFACE\/EID/],
    ['mctp:/9', 'USAGE', /names no interface/],
    ['mctp:mctpi2c3/9/1', 'USAGE', /names no interface/],
    ['mctp:mctpi2c3/255', 'USAGE', /0 to 254/],
    ['mctp:mctpi2c3/9?address=0x80', 'USAGE', /address "0x80", which is not from 0x08/],
    ['mctp:mctpi2c3/9?net=0', 'USAGE', /network "0"/],
    ['mctp:mctpi2c3/9?binding=i2c', 'USAGE', /binding "i2c", which is none of smbus/],
    ['mctp:mctpi2c3/9?adress=0x1d', 'USAGE', /unknown parameter "adress", did you mean address\?/],
    ['i2c:3', 'USAGE', /names no bus and 7-bit address.*write i2c:BUS@ADDR/],
    ['i2c:3@0x00', 'USAGE', /0x08 to 0x77/],
    ['i2c:3@0x3a0', 'USAGE', /7-bit/],
    ['i2c:3@0x1d?own=0x1d', 'USAGE', /the same address for the device and for us/],
    ['i2c:3@0x1d?own=5', 'USAGE', /own address/],
    ['i2c:3@0x1d?target=x', 'USAGE', /target bus/],
    ['relay:', 'USAGE', /names no command: write relay:COMMAND/],
    ['sim:nix', 'UNKNOWN_NAME', /did you mean nic/],
    ['sim:nic?bindng=smbus', 'USAGE', /unknown parameter "bindng", did you mean binding\?/],
    ['sim:nic?binding=usb', 'USAGE', /binding "usb"/],
    ['sim:nic?binding=smbus&binding=serial', 'USAGE', /more than once/],
    ['sim:nic?deviation=', 'USAGE', /deviation without a name/],
    ['serial:', 'USAGE', /names no device/],
    ['serial:/dev/x?baud=fast', 'USAGE', /baud rate "fast"/],
    ['serial:/dev/x?baud=0', 'USAGE', /baud rate/],
    ['serial:/dev/x?baud=-9600', 'USAGE', /baud rate/],
    ['serial:/dev/x?parity=even', 'USAGE', /unknown parameter "parity"/],
    ['bridge:cat', 'USAGE', /names no command: write bridge:smbus:COMMAND/],
    ['bridge:usb:cat', 'USAGE', /binding "usb"/],
    ['bridge:smbus:  ', 'USAGE', /names no command/],
    ['replay:', 'USAGE', /names no record/],
  ])('refuses %s', (uri, code, message) => {
    const error = refusal(uri);
    expect([error.code, error.exit]).toEqual([code, 2]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });

  it('takes or refuses any text, and never fails otherwise', () => {
    const scheme = fc.constantFrom('sim:', 'serial:', 'bridge:smbus:', 'replay:', 'i2c:', 'mctp:', 'relay:', '');
    fc.assert(
      fc.property(scheme, fc.string({ maxLength: 300 }), (start, rest) => {
        try {
          expect(parseUri(start + rest).uri).toBe(start + rest);
        } catch (error) {
          expect(error).toBeInstanceOf(CertifyError);
        }
      }),
    );
  });
});
