import { concat } from '../../codec/octets';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { lengthAnswer, mistaking, octets, sending, stallingAfter, takingMessages, withOctet } from './change';

/** Headers, flags and lengths of control messages. */

const REQUEST = 0x80;
const DATAGRAM = 0x40;
const RESERVED = 0x20;
const isControl = (messageType: unknown): boolean => messageType === 0;

const flags = (change: (octet: number) => number): Change => octets('control', (body) => withOctet(body, 1, change));

const LISTS = ['getMctpVersionSupport', 'getMessageTypeSupport'];
const PADDED = 80;
const withFields = ['setEndpointId', 'getMctpVersionSupport', 'getVendorDefinedMessageSupport'];
/** What lies in memory beyond the end of a request that is too short. */
const leftovers = { operation: 0, eid: 0x21, messageType: 0xff, selector: 0 };

export const controlDeviations: readonly Deviation[] = [
  {
    name: 'response-with-request-bit',
    title: 'leaves the request bit set in its responses',
    change: flags((octet) => octet | REQUEST),
  },
  {
    name: 'response-with-datagram-bit',
    title: 'sets the datagram bit in its responses',
    change: flags((octet) => octet | DATAGRAM),
  },
  {
    name: 'errors-with-datagram-bit',
    title: 'sets the datagram bit where it refuses',
    change: octets('control', (body, code) =>
      code === 0 ? undefined : withOctet(body, 1, (octet) => octet | DATAGRAM),
    ),
  },
  {
    name: 'errors-with-integrity-check',
    title: 'marks its refusals as having an integrity check',
    change: octets('control', (body, code) => (code === 0 ? undefined : withOctet(body, 0, (octet) => octet | 0x80))),
  },
  {
    name: 'sets-reserved-control-bit',
    title: 'sets the reserved bit beside the instance id',
    change: flags((octet) => octet | RESERVED),
  },
  {
    name: 'echoes-reserved-control-bit',
    title: 'echoes the reserved bit beside the instance id',
    change: octets('control', (body, _, { header }) =>
      header.reserved === 1 ? withOctet(body, 1, (octet) => octet | RESERVED) : undefined,
    ),
  },
  {
    name: 'drops-reserved-control-bit',
    title: 'drops control messages with the reserved bit set',
    change: (correct) => ({
      acceptsMessage: (header, packet, state) =>
        !(isControl(header.messageType) && header.reserved === 1) && correct.acceptsMessage(header, packet, state),
    }),
  },
  {
    name: 'instance-id-zero',
    title: 'answers with instance id 0',
    seenIn: 'CodeConstruct/mctp PR 91',
    change: flags((octet) => octet & 0xe0),
  },
  {
    name: 'instance-id-of-four-bits',
    title: 'echoes four bits of the instance id',
    change: flags((octet) => octet & 0xef),
  },
  {
    name: 'instance-id-next',
    title: 'answers with the instance id after that of the request',
    change: flags((octet) => (octet & 0xe0) | ((octet + 1) & 0x1f)),
  },
  {
    name: 'command-code-not-echoed',
    title: 'sends command code 0 in its responses',
    change: octets('control', (body, code) => (code === 0 ? withOctet(body, 2, () => 0) : undefined)),
  },
  {
    name: 'errors-with-zeroed-header',
    title: 'zeroes the control header when it refuses a request',
    seenIn: 'CodeConstruct/mctp PR 151',
    change: octets('control', (body, code) =>
      code === 0 ? undefined : concat([body[0] ?? 0, 0, 0], body.subarray(3)),
    ),
  },
  {
    name: 'refusals-with-full-body',
    title: 'refuses Set Endpoint ID with a body of full length',
    seenIn: 'mctpd, PICMG endpoint',
    change: octets('control', (body, code, { command }) =>
      code !== 0 && command.name === 'setEndpointId' ? concat(body, [0, 0, 0]) : undefined,
    ),
  },
  {
    name: 'answers-responses',
    title: 'takes a message with the request bit clear for a request',
    seenIn: 'mctpd',
    change: takingMessages(({ messageType, request, datagram }) =>
      isControl(messageType) && request === 0 && datagram === 0 ? { request: 1 } : undefined,
    ),
  },
  {
    name: 'answers-datagrams',
    title: 'answers datagrams',
    seenIn: 'mctpd',
    change: takingMessages(({ messageType, request, datagram }) =>
      isControl(messageType) && request === 1 && datagram === 1 ? { datagram: 0 } : undefined,
    ),
  },
  {
    name: 'answers-undefined-flags',
    title: 'answers a message with the request bit clear and the datagram bit set',
    change: takingMessages(({ messageType, request, datagram }) =>
      isControl(messageType) && request === 0 && datagram === 1 ? { request: 1, datagram: 0 } : undefined,
    ),
  },
  {
    name: 'ignores-integrity-check-bit',
    title: 'takes control messages with an integrity check',
    change: takingMessages(({ messageType }) => (isControl(messageType) ? { integrityCheck: 0 } : undefined)),
  },
  {
    name: 'control-with-integrity-check',
    title: 'marks its control messages as having an integrity check',
    change: octets('control', (body) => withOctet(body, 0, (octet) => octet | 0x80)),
  },
  {
    name: 'ignores-repeated-requests',
    title: 'drops a request with instance id, tag and command of the one before',
    change: (correct) => ({
      acceptsMessage: (header, packet, state) => {
        if (!correct.acceptsMessage(header, packet, state)) return false;
        const { instanceId = 0, commandCode = 0 } = header;
        const key = ((Number(commandCode) * 32 + Number(instanceId)) * 8 + packet.messageTag) * 2 + packet.eom;
        const repeated = state.memory.get('last-request') === key;
        state.memory.set('last-request', key);
        return !repeated;
      },
    }),
  },
  {
    name: 'cuts-control-messages',
    title: 'cuts its control messages into packets of four octets',
    change: sending((message, request) => (request?.command.set === 'control' ? { ...message, unit: 4 } : message)),
  },
  {
    name: 'pads-control-lists',
    title: 'sends its lists of versions and types in packets of 80 octets, however short they are',
    pervasive: true,
    change: sending((message, request) => {
      if (!LISTS.includes(request?.command.name ?? '') || message.body.length >= PADDED) return message;
      return { ...message, body: concat(message.body, new Uint8Array(PADDED - message.body.length)), unit: PADDED };
    }),
  },
  {
    name: 'ignores-short-requests',
    title: 'does not answer control requests that are too short',
    seenIn: 'mctpd',
    change: lengthAnswer('control', 'short', 'silence'),
  },
  {
    name: 'accepts-short-requests',
    title: 'reads on beyond the end of control requests that are too short',
    change: (correct) => ({
      ...lengthAnswer('control', 'short', undefined)(correct),
      ...mistaking(withFields, ({ fields }) => ({ ...leftovers, ...fields }))(correct),
    }),
  },
  {
    name: 'short-requests-are-invalid-data',
    title: 'refuses control requests that are too short with ERROR_INVALID_DATA',
    change: lengthAnswer('control', 'short', 2),
  },
  {
    name: 'short-requests-get-reserved-code',
    title: 'refuses control requests that are too short with a reserved completion code',
    change: lengthAnswer('control', 'short', 0x06),
  },
  {
    name: 'ignores-long-requests',
    title: 'does not answer control requests that are too long',
    change: lengthAnswer('control', 'long', 'silence'),
  },
  {
    name: 'accepts-long-requests',
    title: 'ignores what is too much of a control request',
    seenIn: 'mctpd',
    change: lengthAnswer('control', 'long', undefined),
  },
  {
    name: 'stalls-after-short-message',
    title: 'is deaf for a while after a message that ends before its command code',
    change: stallingAfter(({ som, eom, payload }) => som * eom === 1 && payload.length > 0 && payload.length < 3, 8),
  },
  {
    name: 'stalls-after-split-request',
    title: 'is deaf for a while after the first packet of a control message in several',
    change: stallingAfter(({ som, eom, payload }) => som === 1 && eom === 0 && payload[0] === 0, 12),
  },
];
