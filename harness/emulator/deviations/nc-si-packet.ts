import { MILLISECOND } from '../../clock';
import { success } from '../answers';
import type { Deviation } from '../endpoint-types';
import { ncSiFailure, reasons, UNSUPPORTED } from '../nc-si-answers';
import { ncSiOf, WHOLE_PACKAGE } from '../nc-si-state';
import type { Change } from './change';
import { sending, withOctet } from './change';
import {
  beforeSum,
  checksumOf,
  covered,
  payloadEnd,
  responses,
  summed,
  takingNcSi,
  unknownNcSi,
  wrongLengthOfNcSi,
} from './nc-si-change';
import { limited, typeKey } from './reach';

/** NC-SI control packets: header, pad, checksum, addressing, and commands that are none. */

const NC_SI = 2;
const MC_ID = 1;
const REVISION = 2;
const INSTANCE_ID = 4;
const TYPE = 5;
const CHANNEL = 6;
const LENGTH = 8;
/** Of the handlers of a firmware that was read. */
const LAST_HANDLER = 0x1a;
const INFINIBAND_LINK_STATUS = 0x38;
const DRAFT_TEMPERATURES = [0x23, 0x24, 0x25];
const TEMPERATURES = ['nc-si/getAsicTemperature', 'nc-si/getAmbientTemperature', 'nc-si/getTransceiverTemperature'];

/** Response code, behind the header. */
const CODE = 18;
const REASON = 20;
const isRefusal = (octets: Uint8Array): boolean => (octets[CODE] ?? 0) !== 0;

const octet = (index: number, change: (value: number) => number): Change =>
  beforeSum((octets) => withOctet(octets, index, change));

/** Commands for a channel that it does not have are for channel 0. */
const anyChannel: Change = (correct) => ({
  respond: limited([typeKey(NC_SI)], (request, commands) => {
    const { header, command, state } = request;
    const channel = Number(header.channel);
    const absent = channel !== WHOLE_PACKAGE && ncSiOf(state).channels[channel] === undefined;
    const mistaken = command.set === 'nc-si' && absent ? { ...request, header: { ...header, channel: 0 } } : request;
    return correct.respond(mistaken, commands);
  }),
});

const repeated: Change = (correct) => ({
  respond: limited([typeKey(NC_SI)], (request, commands) => {
    if (request.command.set !== 'nc-si') return correct.respond(request, commands);
    const { memory } = request.state;
    const id = Number(request.header.instanceId);
    const again = memory.get('nc-si.instance') === id;
    memory.set('nc-si.instance', id);
    return again ? ncSiFailure(reasons.parameterInvalid) : correct.respond(request, commands);
  }),
});

const inHeader: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nc-si-instance-id-of-five-bits',
    title: 'echoes five bits of the instance id of NC-SI',
    change: octet(INSTANCE_ID, (value) => value & 0x1f),
  },
  {
    name: 'nc-si-refuses-with-instance-id-zero',
    title: 'refuses NC-SI commands with instance id 0',
    change: beforeSum((octets) => (isRefusal(octets) ? withOctet(octets, INSTANCE_ID, () => 0) : undefined)),
  },
  {
    name: 'nc-si-refuses-for-channel-zero',
    title: 'refuses NC-SI commands with channel 0, whichever they were for',
    change: beforeSum((octets) =>
      isRefusal(octets) ? withOctet(octets, CHANNEL, (value) => value & 0xe0) : undefined,
    ),
  },
  {
    name: 'nc-si-refuses-without-payload',
    title: 'refuses NC-SI commands that it does not know by a header without response and reason code',
    seenIn: 'libslirp',
    change: beforeSum((octets) =>
      octets[CODE] === UNSUPPORTED ? withOctet(octets.subarray(0, CODE - 1), LENGTH, () => 0) : undefined,
    ),
  },
  {
    name: 'nc-si-reason-in-success',
    title: 'gives reason 1 where it has completed a command',
    change: beforeSum((octets) => (isRefusal(octets) ? undefined : withOctet(octets, REASON, () => 1))),
  },
  {
    name: 'nc-si-response-not-marked',
    title: 'sends its NC-SI responses with the type of the command',
    change: octet(TYPE, (value) => value & 0x7f),
  },
  {
    name: 'nc-si-answers-for-next-channel',
    title: 'answers with the number of the channel after the one that it was asked for',
    change: octet(CHANNEL, (value) => value + 1),
  },
  {
    name: 'nc-si-answers-for-another-package',
    title: 'answers with the number of the package after its own',
    change: octet(CHANNEL, (value) => value + 0x20),
  },
  {
    name: 'nc-si-reserved-octet-set',
    title: 'sends the reserved octet before the instance id as it found it',
    change: octet(REVISION + 1, () => 0xde),
  },
  {
    name: 'nc-si-flags-set',
    title: 'sets the bits before the payload length, which mean something in 1.2 only',
    change: octet(LENGTH - 1, (value) => value | 0x10),
  },
  { name: 'nc-si-mc-id-one', title: 'sends MC ID 1 in its NC-SI responses', change: octet(MC_ID, () => 1) },
  {
    name: 'nc-si-header-revision-zero',
    title: 'sends header revision 0 in its NC-SI responses',
    change: octet(REVISION, () => 0),
  },
  {
    name: 'nc-si-reserved-octets-set',
    title: 'leaves what it finds in the reserved octets of the NC-SI header',
    change: octet(LENGTH + 1, () => 0xde),
  },
  {
    name: 'nc-si-length-counts-checksum',
    title: 'counts the checksum in the payload length',
    pervasive: true,
    change: octet(LENGTH, (value) => value + 4),
  },
  {
    name: 'nc-si-length-without-codes',
    title: 'leaves response code and reason code out of the payload length',
    pervasive: true,
    change: octet(LENGTH, (value) => value - 4),
  },
  {
    name: 'nc-si-pad-not-zero',
    title: 'pads with what is in its buffer',
    change: beforeSum((octets) => octets.map((value, at) => (at >= payloadEnd(octets) ? 0xa5 : value))),
  },
  {
    name: 'nc-si-pad-missing',
    title: 'sends the checksum straight after the payload, without padding it',
    change: beforeSum((octets) => octets.subarray(0, payloadEnd(octets))),
  },
  {
    name: 'nc-si-checksum-with-type-octet',
    title: 'counts the type octet of MCTP in the checksum of NC-SI',
    change: responses((body) => {
      const octets = covered(body);
      return summed(octets, checksumOf(octets) - (octets[0] ?? 0));
    }),
  },
  {
    name: 'nc-si-checksum-not-complemented',
    title: "sends the sum itself in place of its two's complement",
    change: responses((body) => summed(covered(body), -checksumOf(covered(body)))),
  },
  {
    name: 'nc-si-refuses-with-wrong-checksum',
    title: 'sends a wrong checksum where it refuses',
    change: responses((body) => (isRefusal(body) ? summed(covered(body), checksumOf(covered(body)) + 1) : undefined)),
  },
  {
    name: 'nc-si-checksum-of-first-packet',
    title: 'sums up the first 64 octets of a response alone',
    change: responses((body) => summed(covered(body), checksumOf(covered(body).subarray(0, 64)))),
  },
  {
    name: 'nc-si-reply-without-checksum',
    title: 'leaves the checksum out of its NC-SI responses',
    seenIn: 'Intel',
    change: responses(covered),
  },
  {
    name: 'nc-si-with-integrity-check',
    title: 'marks its NC-SI messages as having an integrity check of MCTP',
    change: responses((body) => withOctet(body, 0, (value) => value | 0x80)),
  },
  {
    name: 'nc-si-slow',
    title: 'thinks about NC-SI commands for 80 ms',
    change: sending((message, request) =>
      request?.command.set === 'nc-si' ? { ...message, delayNs: message.delayNs + 80 * MILLISECOND } : message,
    ),
  },
];

const inReceipt: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'nc-si-checksum-not-checked',
    title: 'executes NC-SI commands whose checksum is wrong',
    seenIn: 'BCM5719',
    change: takingNcSi(({ checksumStatus }) => (checksumStatus === 'bad' ? { checksumStatus: 'good' } : undefined)),
  },
  {
    name: 'nc-si-needs-checksum',
    title: 'takes a checksum of zero for a wrong one',
    change: takingNcSi(({ checksumStatus }) => (checksumStatus === 'none' ? { checksumStatus: 'bad' } : undefined)),
  },
  {
    name: 'nc-si-any-package',
    title: 'executes commands for any package',
    change: takingNcSi(() => ({ package: 0 })),
  },
  { name: 'nc-si-any-channel', title: 'takes channels that it does not have for channel 0', change: anyChannel },
  {
    name: 'nc-si-any-header-revision',
    title: 'executes commands of any header revision',
    change: takingNcSi(() => ({ headerRevision: 1 })),
  },
  {
    name: 'nc-si-refuses-repetitions',
    title: 'refuses a command with the instance id of the one before',
    change: repeated,
  },
  {
    name: 'nc-si-length-not-checked',
    title: 'executes NC-SI commands of the wrong length',
    seenIn: 'Fungible',
    change: wrongLengthOfNcSi(undefined),
  },
  {
    name: 'nc-si-ignores-wrong-length',
    title: 'does not answer NC-SI commands of the wrong length',
    change: wrongLengthOfNcSi('silence'),
  },
  {
    name: 'nc-si-wrong-length-is-invalid-parameter',
    title: 'refuses NC-SI commands of the wrong length as having invalid parameters',
    change: wrongLengthOfNcSi(ncSiFailure(reasons.parameterInvalid)),
  },
  {
    name: 'nc-si-ignores-unknown-commands',
    title: 'does not answer NC-SI commands that it does not know',
    seenIn: 'OEM firmware',
    change: unknownNcSi(() => 'silence'),
  },
  {
    name: 'nc-si-unknown-command-reason-7ff',
    title: 'refuses unknown NC-SI commands with reason 7FF, as a data sheet misprints it',
    seenIn: 'Intel I210 data sheet',
    change: unknownNcSi(() => ncSiFailure(0x7ff, UNSUPPORTED)),
  },
  {
    name: 'nc-si-hangs-on-unknown-commands',
    title: 'runs past the end of its table of handlers on unknown commands above 1A, and dies',
    seenIn: 'BCM5719',
    pervasive: true,
    change: unknownNcSi(({ commandCode }, state) => {
      if (Number(commandCode) <= LAST_HANDLER) return undefined;
      state.alive = false;
      return 'silence';
    }),
  },
  {
    name: 'nc-si-speaks-of-infiniband',
    title: 'answers Get InfiniBand Link Status as an Ethernet card',
    change: unknownNcSi(({ commandCode }) => (commandCode === INFINIBAND_LINK_STATUS ? success() : undefined)),
  },
  {
    name: 'nc-si-draft-numbers',
    title: 'has its temperatures under the numbers of a draft, 23 to 25',
    change: (correct) => ({
      ...unknownNcSi(({ commandCode }) => (DRAFT_TEMPERATURES.includes(Number(commandCode)) ? success() : undefined))(
        correct,
      ),
      supports: limited(
        TEMPERATURES,
        (command, state) => !TEMPERATURES.includes(command.name) && correct.supports(command, state),
      ),
    }),
  },
];

export const ncSiPacketDeviations: readonly Deviation[] = [...inHeader, ...inReceipt].map((deviation) => ({
  ...deviation,
  classes: ['nic'],
}));
