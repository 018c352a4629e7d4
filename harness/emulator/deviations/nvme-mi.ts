import { crc32c } from '../../codec/checksum';
import { concat, putUint } from '../../codec/octets';
import { messageTypes } from '../../names';
import type { Deviation } from '../endpoint-types';
import { moreProcessing } from '../nvme-mi';
import { ssdOf } from '../nvme-mi-state';
import type { Change } from './change';
import { answering, responding, withOctet } from './change';
import { bodies, checked, front, insteadOf, isPrimitive, leaving, refuses, takingNvme } from './nvme-mi-change';
import { limited, typeKey } from './reach';

/** NVMe-MI: messages, errors, control primitives, and how commands are processed. */

const INTERNAL_ERROR = 2;
const INVALID_COMMAND_SIZE = 5;
const STATE = 'nvme-mi/getState';

const NVME = messageTypes['nvme-mi'];

/** What becomes of NVMe-MI requests of the wrong length; undefined: taken as if they fitted. */
function lengths(wrong: 'short' | 'long', answer: number | 'silence' | undefined): Change {
  return (correct) => ({
    wrongLength: limited([typeKey(NVME)], (request, problem) =>
      request.command.set === 'nvme-mi' && problem === wrong ? answer : correct.wrongLength(request, problem),
    ),
  });
}

function unknownOpcodes(answer: number | 'silence', which: (opcode: number) => boolean = () => true): Change {
  return (correct) => ({
    unknownCommand: limited([typeKey(NVME)], (header, state) =>
      header.messageType === NVME && which(Number(header.commandCode)) ? answer : correct.unknownCommand(header, state),
    ),
  });
}

/** Opcodes of Admin commands that nobody may send out of band, as the cases have them. */
const isProhibited = (opcode: number): boolean => [0x01, 0x0c, 0x18, 0x1e].includes(opcode);

/** Takes requests whose first octet lacks the bit of the integrity check for others. */
const withoutCheck: Change = takingNvme(({ integrityCheck }) =>
  integrityCheck === 0 ? { integrityCheck: 1, micStatus: 'good' } : undefined,
);

const MIC_OF = 64;

const messages: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-mic-wrong',
    title: 'sends a wrong integrity check',
    change: bodies((body) => withOctet(body, body.length - 1, (octet) => octet ^ 0xff)),
  },
  {
    name: 'nvme-mic-big-endian',
    title: 'sends its integrity check with the most significant octet first',
    change: bodies((body) => concat(front(body), [...body.subarray(-4)].reverse())),
  },
  {
    name: 'nvme-answers-without-ic',
    title: 'leaves the integrity check out of its answers and says so',
    pervasive: true,
    change: bodies((body) => withOctet(front(body), 0, (octet) => octet & 0x7f)),
  },
  {
    name: 'nvme-mic-of-first-packet',
    title: 'counts the integrity check over the first packet only',
    change: bodies((body) =>
      body.length <= MIC_OF ? undefined : concat(front(body), putUint(crc32c(body.subarray(0, MIC_OF)), 4, true)),
    ),
  },
  {
    name: 'nvme-refuses-with-zero-mic',
    title: 'sends an integrity check of zero where it refuses',
    change: bodies((body) => (refuses(body) ? concat(front(body), [0, 0, 0, 0]) : undefined)),
  },
  {
    name: 'nvme-mic-not-checked',
    title: 'does not check the integrity check of requests',
    change: takingNvme(() => ({ micStatus: 'good' })),
  },
  {
    name: 'nvme-ror-clear',
    title: 'marks its answers as requests',
    seenIn: 'libnvme 410',
    change: bodies((body) => checked(withOctet(front(body), 1, (octet) => octet & 0x7f))),
  },
  {
    name: 'nvme-every-answer-is-command',
    title: 'marks every answer as one to an NVMe-MI command',
    seenIn: 'libnvme 410',
    change: bodies((body) => checked(withOctet(front(body), 1, (octet) => (octet & 0x87) | 0x08))),
  },
  {
    name: 'nvme-every-answer-is-admin',
    title: 'marks every answer as one to an Admin command',
    change: bodies((body) => checked(withOctet(front(body), 1, (octet) => (octet & 0x87) | 0x10))),
  },
  {
    name: 'nvme-answers-from-second-slot',
    title: 'marks every answer as one from its second slot',
    change: bodies((body) => checked(withOctet(front(body), 1, (octet) => octet | 0x01))),
  },
  {
    name: 'nvme-header-reserved-bits',
    title: 'leaves what it likes in the reserved bits of its header',
    change: bodies((body) => {
      const [type = 0, kind = 0, flags = 0] = body;
      return checked(concat([type, kind | 0x06, flags | 0xfc, 0xff], front(body).subarray(4)));
    }),
  },
  {
    name: 'nvme-takes-requests-without-check',
    title: 'answers requests without integrity check',
    change: withoutCheck,
  },
  {
    name: 'nvme-answers-responses',
    title: 'takes responses for requests',
    change: takingNvme(({ ror }) => (ror === 1 ? { ror: 0 } : undefined)),
  },
  {
    name: 'nvme-ignores-unknown-opcodes',
    title: 'does not answer opcodes that it does not know',
    change: unknownOpcodes('silence', (opcode) => !isProhibited(opcode)),
  },
  {
    name: 'nvme-unknown-opcodes-are-internal-errors',
    title: 'refuses opcodes that it does not know as internal errors',
    seenIn: 'nvme-mi-dev',
    change: unknownOpcodes(INTERNAL_ERROR, (opcode) => !isProhibited(opcode)),
  },
  {
    name: 'nvme-unknown-opcodes-are-command-size',
    title: 'refuses opcodes that it does not know as an invalid command size',
    seenIn: 'nvme-mi-dev',
    change: unknownOpcodes(INVALID_COMMAND_SIZE, (opcode) => !isProhibited(opcode)),
  },
  {
    name: 'nvme-prohibited-executed',
    title: 'executes Admin commands that are prohibited out of band',
    change: unknownOpcodes(0, isProhibited),
  },
  {
    name: 'nvme-prohibited-swallowed',
    title: 'does not answer Admin commands that are prohibited out of band',
    change: unknownOpcodes('silence', isProhibited),
  },
  {
    name: 'nvme-ignores-short-commands',
    title: 'does not answer commands whose dwords are not all there',
    change: lengths('short', 'silence'),
  },
  {
    name: 'nvme-accepts-short-commands',
    title: 'takes dwords that are not there for zero',
    change: lengths('short', undefined),
  },
  {
    name: 'nvme-accepts-excess-data',
    title: 'ignores request data that a command does not take',
    change: lengths('long', undefined),
  },
  {
    name: 'nvme-excess-data-is-command-size',
    title: 'refuses request data that a command does not take as an invalid command size',
    change: lengths('long', INVALID_COMMAND_SIZE),
  },
  {
    name: 'nvme-refuses-in-full-size',
    title: 'sends twelve more octets where it refuses',
    seenIn: 'libnvme 460',
    change: bodies((body) => (refuses(body) ? checked(concat(front(body), new Uint8Array(12))) : undefined)),
  },
];

/** Bits of Get State that tell of discarded messages, in their octets. */
const primitives: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-primitive-tag-zero',
    title: 'answers control primitives with tag 0',
    change: bodies((body) => (isPrimitive(body) ? checked(withOctet(front(body), 5, () => 0)) : undefined)),
  },
  {
    name: 'nvme-slot-always-busy',
    title: 'says that its command slot processes for ever',
    change: answering(STATE, { slotState: 2 }),
  },
  {
    name: 'nvme-aborts-what-is-not-there',
    title: 'says that it aborted a command where there was none',
    change: answering('nvme-mi/abort', { abortStatus: 1 }),
  },
  {
    name: 'nvme-state-not-cleared',
    title: 'does not clear the flags of Get State when it is asked to',
    change: insteadOf(
      STATE,
      () => true,
      () => ({ clearErrors: 0 }),
    ),
  },
  {
    name: 'nvme-state-empty',
    title: 'does not note why it discarded messages',
    change: responding(STATE, ({ state }) => {
      ssdOf(state).discards.clear();
      return undefined;
    }),
  },
  {
    name: 'nvme-pause-forgotten',
    title: 'accepts Pause and does not pause',
    change: answering(STATE, { paused: 0 }),
  },
  {
    name: 'nvme-pause-for-ever',
    title: 'accepts Resume and stays paused',
    change: responding('nvme-mi/resume', ({ fields }) => ({
      fields: { completionCode: 0, primitiveTag: Number(fields.primitiveTag) },
    })),
  },
  {
    name: 'nvme-replays-nothing',
    title: 'says that it has nothing to replay',
    change: (correct) => ({
      respond: limited(['nvme-mi/replay'], (request, sets) => {
        if (request.command.name === 'nvme-mi/replay') ssdOf(request.state).responses.clear();
        return correct.respond(request, sets);
      }),
    }),
  },
  {
    name: 'nvme-replays-the-primitive',
    title: 'replays the answer to Replay itself',
    change: leaving('nvme-mi', ([first, second], { command }) =>
      command.name === 'nvme-mi/replay' && first !== undefined && second !== undefined
        ? [first, { ...second, body: first.body }]
        : undefined,
    ),
  },
  {
    name: 'nvme-replays-never',
    title: 'announces a replay that never comes',
    change: leaving('nvme-mi', ([first], { command }) =>
      command.name === 'nvme-mi/replay' && first !== undefined ? [first] : undefined,
    ),
  },
];

/** From a request to the end of its answer, and from there to the end of a request that comes too early, in nanoseconds. */
const ANSWER = 4_000_000;
const REST = 3_500_000;

const processing: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nvme-asks-for-time-for-ever',
    title: 'asks for more time again and again',
    seenIn: 'libnvme 1142',
    change: leaving('nvme-mi', ([first, second]) =>
      first === undefined || second === undefined || first.body[4] !== 1
        ? undefined
        : Array.from({ length: 12 }, (_, index) => ({ ...first, delayNs: first.delayNs * (index + 1) })),
    ),
  },
  {
    name: 'nvme-asks-for-time-twice',
    title: 'asks for more time twice',
    change: leaving('nvme-mi', ([first, second]) =>
      first === undefined || second === undefined || first.body[4] !== 1
        ? undefined
        : [first, { ...first, delayNs: 2 * first.delayNs }, second],
    ),
  },
  {
    name: 'nvme-asks-for-time-twice-for-vpd',
    title: 'asks for more time twice where its vital product data are read',
    change: leaving('nvme-mi', ([only, ...more], { command }) => {
      if (command.name !== 'nvme-mi/vpdRead' || only === undefined || more.length > 0) return undefined;
      const plea = { ...only, body: moreProcessing(only.body, 1) };
      const later = (times: number): number => only.delayNs + times * 1_000_000;
      return [plea, { ...plea, delayNs: later(1) }, { ...only, delayNs: later(2) }];
    }),
  },
  {
    name: 'nvme-asks-for-time-for-primitives',
    title: 'asks for more time before it answers a control primitive',
    change: leaving('nvme-mi', ([first, ...more]) =>
      first === undefined || !isPrimitive(first.body)
        ? undefined
        : [{ ...first, body: moreProcessing(first.body, 1) }, { ...first, delayNs: 2 * first.delayNs }, ...more],
    ),
  },
  {
    name: 'nvme-asks-for-no-time',
    title: 'asks for more time and names none',
    change: leaving('nvme-mi', ([first, second]) =>
      first === undefined || second === undefined || first.body[4] !== 1
        ? undefined
        : [{ ...first, body: moreProcessing(first.body, 0) }, second],
    ),
  },
  {
    name: 'nvme-asks-for-time-in-full-size',
    title: 'asks for more time in a message as long as an Admin answer',
    seenIn: 'libnvme 460',
    change: bodies((body) => (body[4] === 1 ? checked(concat(front(body), new Uint8Array(12))) : undefined)),
  },
  {
    name: 'nvme-late-after-asking',
    title: 'is later than it said when it asked for time',
    change: leaving('nvme-mi', ([first, second]) =>
      first === undefined || second === undefined || first.body[4] !== 1
        ? undefined
        : [first, { ...second, delayNs: 3 * second.delayNs }],
    ),
  },
  {
    name: 'nvme-second-slot-is-first',
    title: 'answers what came for its second slot from the first',
    change: bodies((body) => checked(withOctet(front(body), 1, (octet) => octet & 0xfe))),
  },
  {
    name: 'nvme-rests-after-answers',
    title: 'ignores what comes within 1.2 ms of its answer',
    seenIn: 'Samsung MZUL2512HCJQ',
    pervasive: true,
    change: (correct) => ({
      acceptsMessage: (header, packet, state) => {
        const taken = correct.acceptsMessage(header, packet, state);
        if (header.messageType !== NVME) return taken;
        const last = state.memory.get('answered') ?? Number.NEGATIVE_INFINITY;
        if (state.now - last < REST) return false;
        if (taken) state.memory.set('answered', state.now + ANSWER);
        return taken;
      },
    }),
  },
  {
    name: 'nvme-reset-answered',
    title: 'answers a reset with success',
    change: responding('nvme-mi/reset', () => ({ fields: { completionCode: 0 } })),
  },
];

export const nvmeMiMessageDeviations: readonly Deviation[] = [...messages, ...primitives, ...processing].map(
  (deviation) => ({ ...deviation, classes: ['ssd'] }),
);
