import { decodeSmbus, encodeSmbus } from '../../binding/smbus';
import { concat } from '../../codec/octets';
import { createDevice } from '../../emulator/device';
import { ADDRESS, commands, OWN_ADDRESS, OWN_EID } from '../../emulator/testing/lab';
import { RelayReader } from '../relay-framing';
import { decodeHost, encodeRelay, type HostMessage, type RelayMessage } from '../relay-protocol';
import { type Fault, helloOf } from './fake-hello';
import { shellQuote } from './far-ends';

/** A relay in TypeScript before the emulated device, for tests: it speaks the protocol, and errs where it is told to. */
export interface FakeOptions {
  readonly plane?: 'frames' | 'packets';
  /** Milliseconds that the link takes, each way. */
  readonly delay?: number;
  /** Nanoseconds that the relay's clock is ahead of the machine's: another machine. */
  readonly ahead?: number;
  readonly fault?: Fault;
  /** The fault comes with this transmission, counted from 1. */
  readonly after?: number;
}

/** The command for `relay:`. */
export function fakeRelay(options: FakeOptions = {}): string {
  return `exec ${[process.execPath, __filename, JSON.stringify(options)].map(shellQuote).join(' ')}`;
}

const EMPTY = new Uint8Array(0);

interface Outcome {
  readonly status: 'ok' | 'refused' | 'unsupported';
  readonly errno: number;
  readonly text: string;
}
const OK: Outcome = { status: 'ok', errno: 0, text: '' };
const refused = (errno: number, text: string): Outcome => ({ status: 'refused', errno, text });

function runFake({ plane = 'frames', delay = 0, ahead = 0, fault = 'none', after = 1 }: FakeOptions): void {
  const device = createDevice({ class: 'nic', binding: 'smbus', address: ADDRESS, commands, deviations: [] });
  const addressing = { destinationAddress: ADDRESS, sourceAddress: OWN_ADDRESS };
  const now = (): bigint => process.hrtime.bigint() + BigInt(ahead);
  const reader = new RelayReader();
  const restores: Uint8Array[] = [];
  let transmissions = 0;
  let refusals = 0;

  const raw = (octets: Uint8Array): void => {
    if (delay === 0) process.stdout.write(octets);
    else setTimeout(() => process.stdout.write(octets), delay);
  };
  const say = (message: RelayMessage): void => raw(encodeRelay(message));
  const leave = (code: number): void => {
    setTimeout(() => process.exit(code), delay + 1);
  };
  const goodbye = (reason: 'asked' | 'end-of-input' | 'error'): void => {
    for (const octets of restores) device.receive(octets, Number(now()));
    if (restores.length > 0) process.stderr.write(`restored ${restores.length}\n`);
    say({ type: 'goodbye', body: { reason, restored: restores.length, failed: 0, text: 'the fake goes' } });
    leave(reason === 'error' ? 1 : 0);
  };
  const receive = (octets: Uint8Array, flags: readonly ('own' | 'truncated')[], address = ADDRESS): void =>
    say({
      type: 'rx',
      body: { plane, flags, eid: 0, tag: null, at: now(), address: addressOf(plane, address), octets },
    });
  const answer = (frame: Uint8Array): void => {
    for (const action of device.receive(frame, Number(now()))) {
      const octets = plane === 'frames' ? action.octets : (decodeSmbus(action.octets)?.packet ?? EMPTY);
      receive(octets, fault === 'truncated' && transmissions === after ? ['truncated'] : []);
    }
  };

  const lend = (tx: Extract<HostMessage, { type: 'tx' }>['body']): [string | undefined, number] => {
    if (tx.plane !== 'messages') return [undefined, 0];
    if ((tx.tag & 0x38) !== 0x28) return ['that is no request with a lent tag', 22];
    if (fault === 'no-tags') return ['this kernel lets nobody hold a tag', 95];
    if (fault !== 'tag-busy' || refusals >= after) return [undefined, 0];
    refusals += 1;
    return [`tag ${tx.tag & 7} towards EID ${tx.eid} is taken`, 16];
  };

  const transmit = (tx: Extract<HostMessage, { type: 'tx' }>['body']): void => {
    transmissions += 1;
    const erring = transmissions === after ? fault : 'none';
    const began = now();
    const done = (status: 'sent' | 'nak' | 'arbitration-lost' | 'refused', text = '', errno = 0): void =>
      say({ type: 'tx-done', body: { id: tx.id, status, tag: null, errno, began, ended: now(), text } });
    switch (erring) {
      case 'death-with-words':
        process.stderr.write('ssh: connection reset by bmc\n');
        leave(255);
        return;
      case 'death':
        process.kill(process.pid, 'SIGKILL');
        return;
      case 'half':
        raw(
          encodeRelay({ type: 'goodbye', body: { reason: 'asked', restored: 0, failed: 0, text: 'x' } }).subarray(0, 7),
        );
        leave(0);
        return;
      case 'text':
        raw(new TextEncoder().encode('Segmentation fault\n'));
        return;
      case 'unknown':
      case 'unknown-optional':
        raw(Uint8Array.of(0, 0, 0, 2, erring === 'unknown' ? 0x44 : 0xc4, 1));
        break;
      case 'fatal':
        say({
          type: 'error',
          body: { code: 'device', fatal: true, about: 0, errno: 19, text: 'the interface is gone' },
        });
        goodbye('error');
        return;
      case 'hang':
        process.stdin.pause();
        return;
      case 'nak':
      case 'arbitration-lost':
      case 'refused':
        done(erring, `the fake says ${erring}`, 5);
        return;
      case 'lost':
        say({
          type: 'error',
          body: { code: 'lost', fatal: false, about: 0, errno: 75, text: 'longer than 120 octets' },
        });
        break;
      default:
    }
    const packet = tx.plane === 'messages' ? messagePacket(tx) : tx.octets;
    const [problem, errno] = lend(tx);
    if (problem !== undefined) {
      done('refused', problem, errno);
      return;
    }
    if (plane === 'packets') receive(packet, ['own']);
    done('sent');
    answer(plane === 'frames' ? packet : encodeSmbus(packet, addressing));
  };

  const control = (body: Extract<HostMessage, { type: 'control' }>['body']): Outcome => {
    switch (body.action) {
      case 'bind':
        return fault === 'other-owner'
          ? refused(98, 'another program receives MCTP messages of type 0x00: mctpd is running')
          : OK;
      case 'restore-clear':
        restores.length = 0;
        return OK;
      case 'restore-add':
        if (body.restore.action === 'transmit') {
          const { octets } = body.restore.tx;
          restores.push(plane === 'frames' ? octets : encodeSmbus(octets, addressing));
        }
        return OK;
      default:
        return { status: 'unsupported', errno: 0, text: 'the fake has no such action' };
    }
  };

  const take = (message: HostMessage): void => {
    switch (message.type) {
      case 'hello':
        if (fault === 'foreign') foreignTraffic(receive);
        break;
      case 'tx':
        transmit(message.body);
        break;
      case 'control':
        say({ type: 'control-done', body: { id: message.body.id, value: 0, at: now(), ...control(message.body) } });
        break;
      case 'ping': {
        const at = now();
        say({ type: 'pong', body: { ...message.body, received: at, sent: now() } });
        break;
      }
      case 'read-counters': {
        const counters = { rx_crc_errors: 1n, rx_dropped: BigInt(transmissions) };
        say({ type: 'counters', body: { ...message.body, at: now(), counters } });
        break;
      }
      case 'goodbye':
        goodbye('asked');
    }
  };
  const feed = (chunk: Uint8Array): void => {
    for (const read of reader.feed(chunk)) {
      const decoded = read.kind === 'message' ? decodeHost(read.octets) : undefined;
      if (decoded?.ok !== true) throw new Error('the host does not speak the protocol');
      take(decoded.message);
    }
  };

  process.stdin.on('data', (chunk: Uint8Array) => {
    if (delay === 0) feed(chunk);
    else setTimeout(() => feed(chunk), delay);
  });
  process.stdin.on('end', () => setTimeout(() => goodbye('end-of-input'), delay));
  if (fault === 'not-opened') {
    const text = 'there is no network interface mctpi2c9 (No such device)';
    say({ type: 'error', body: { code: 'open', fatal: true, about: 0, errno: 19, text } });
    goodbye('error');
  } else if (fault !== 'no-hello') say(helloOf(plane, fault, ahead, now()));
}

const addressOf = (plane: string, address: number): Uint8Array =>
  plane === 'packets' ? Uint8Array.of(address) : EMPTY;

/** What the kernel would make of a message with a held tag. */
function messagePacket({ eid, tag, octets }: { eid: number; tag: number; octets: Uint8Array }): Uint8Array {
  return concat([0x01, eid, OWN_EID, 0xc8 | (tag & 7)], octets);
}

/** Another program asks the device, the device answers it; another device speaks. Nothing of that is ours. */
function foreignTraffic(receive: (octets: Uint8Array, flags: readonly 'own'[], address?: number) => void): void {
  receive(Uint8Array.of(1, 9, OWN_EID, 0xcb, 0, 0x81, 2), ['own']);
  receive(Uint8Array.of(1, OWN_EID, 9, 0xc3, 0, 1, 2, 0, 9, 0, 0), []);
  receive(Uint8Array.of(1, OWN_EID, 11, 0xc4, 0, 1, 2, 0, 11, 0, 0), [], 0x1e);
}

if (require.main === module) runFake(JSON.parse(process.argv[2] ?? '{}') as FakeOptions);
