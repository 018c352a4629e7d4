import { SECOND } from '../clock';
import { toHex } from '../codec/octets';
import { bodyOf, endpoint, packetsOf, send } from './testing/lab';

const IDLE = 0;
const LEARN = 1;
const READY = 2;
const DOWNLOAD = 3;

const version = '0105' + '392e392e39';
const requests = {
  status: '0181051b',
  request: `01810510${'40000000'}0100010000${version}`,
  pass: `01810513${'05'}0a00010000${'00000000'}${version}`,
  update: `01810514${'0a00010000'}${'00000000'}${'00000100'}${'00000000'}${version}`,
  unknown: `01810514${'ff7fff7f00'}${'00000000'}${'00000100'}${'00000000'}${version}`,
  activate: '0181051a00',
  cancelComponent: '0181051c',
  cancel: '0181051d',
} as const;

type Name = keyof typeof requests;

function card(now: { ns: number } = { ns: 0 }) {
  const device = endpoint({ eid: 9 });
  const ask = (name: Name): string => bodyOf(send(device, requests[name], {}, now.ns));
  return {
    device,
    /** Completion code of the answer. */
    code: (name: Name): string => ask(name).slice(8, 10),
    /** Current and previous state, and the reason. */
    state: (): readonly number[] =>
      [0, 1, 5].map((at) => Number.parseInt(ask('status').slice(10 + 2 * at, 12 + 2 * at), 16)),
    ask,
  };
}

describe('a firmware device', () => {
  it('is idle, and refuses what only an update knows', () => {
    const { code, state } = card();
    expect(state()).toEqual([IDLE, IDLE, 0]);
    const refused = ['pass', 'update', 'activate', 'cancelComponent', 'cancel'] as const;
    expect(refused.map((name) => code(name))).toEqual(refused.map(() => '80'));
    expect(state()).toEqual([IDLE, IDLE, 0]);
  });

  it('goes from learning components to the download, and back when it is cancelled', () => {
    const { code, state } = card();
    expect(code('request')).toBe('00');
    expect(state()).toEqual([LEARN, IDLE, 0]);
    expect([code('request'), code('update'), code('activate'), code('cancelComponent')]).toEqual([
      '81',
      '84',
      '84',
      '84',
    ]);
    expect(code('pass')).toBe('00');
    expect(state()).toEqual([READY, LEARN, 0]);
    expect([code('pass'), code('activate')]).toEqual(['84', '85']);
    expect(code('update')).toBe('00');
    expect(state()).toEqual([DOWNLOAD, READY, 0]);
    expect(code('cancelComponent')).toBe('00');
    expect(state()).toEqual([READY, DOWNLOAD, 0]);
    expect(code('cancel')).toBe('00');
    expect(state()).toEqual([IDLE, READY, 2]);
  });

  it('refuses a component that it does not have by its compatibility, and stays ready', () => {
    const { ask, code, state } = card();
    code('request');
    code('pass');
    expect(ask('unknown')).toMatch(/^010105140001(?!00)/);
    expect(state()).toEqual([READY, LEARN, 0]);
  });

  it('asks its update agent for the first piece of the image, of the size that was agreed', () => {
    const { device, code } = card();
    for (const name of ['request', 'pass', 'update'] as const) code(name);
    const due = device.next() ?? 0;
    const [packet] = packetsOf(device.advance(due));
    expect(packet).toMatchObject({ destinationEid: 8, tagOwner: 1 });
    expect(toHex(packet?.payload ?? new Uint8Array(0))).toMatch(/^01[89ab].05150000000040000000$/);
  });

  it('gives an update up whose agent is silent for 90 s', () => {
    const now = { ns: 0 };
    const { code, state } = card(now);
    code('request');
    now.ns = 89 * SECOND;
    expect(state()).toEqual([LEARN, IDLE, 0]);
    now.ns = 90 * SECOND;
    expect(state()).toEqual([IDLE, LEARN, 3]);
  });
});
