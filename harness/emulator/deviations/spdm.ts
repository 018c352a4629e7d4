import type { FieldValues } from '../../codec/field-spec';
import { concat } from '../../codec/octets';
import { messageTypes } from '../../names';
import type { Deviation } from '../endpoint-types';
import type { Change } from './change';
import { answering, isSuccess, refusal, responding, respondingTo, withOctet } from './change';
import { leaving } from './nvme-mi-change';
import { limited, typeKey } from './reach';

/** SPDM: versions, capabilities, algorithms. */

const VERSION = 'spdm/getVersion';
const CAPABILITIES = 'spdm/getCapabilities';
const ALGORITHMS = 'spdm/negotiateAlgorithms';
const BUSY = 3;
/** Response code. */
const ERROR = 0x7f;
/** Everything stays as it is. */
const nothing: FieldValues = {};
const UNSPECIFIED = 5;
const HIGHEST = 0x12;

const bodies = (change: (body: Uint8Array, command: string) => Uint8Array): Change =>
  leaving('spdm', (messages, { command }) =>
    messages.map((message) => ({ ...message, body: change(message.body, command.name) })),
  );

function unknownRequests(answer: number | 'silence'): Change {
  return (correct) => ({
    unknownCommand: limited([typeKey(messageTypes.spdm)], (header, state) =>
      header.messageType === messageTypes.spdm ? answer : correct.unknownCommand(header, state),
    ),
  });
}

const staleOctets: ReadonlyMap<string, FieldValues> = new Map<string, FieldValues>([
  [VERSION, { reserved: 0xde }],
  [CAPABILITIES, { reservedOctet: 0xde, reservedWord: 0xdede }],
  [ALGORITHMS, { otherParameters: 0xde, reservedOctets: 'de'.repeat(12), reservedWord: 0xdede }],
]);

const versions = (change: (list: readonly FieldValues[]) => FieldValues): Change =>
  answering(VERSION, ({ versions: list }) => change(list as readonly FieldValues[]));

const deviations: readonly Omit<Deviation, 'classes'>[] = [
  {
    name: 'spdm-version-of-highest',
    title: 'answers GET_VERSION in its highest version',
    change: bodies((body, command) => (command === VERSION ? withOctet(body, 1, () => HIGHEST) : body)),
  },
  {
    name: 'spdm-version-refused',
    title: 'is too busy for GET_VERSION',
    change: responding(VERSION, () => refusal(BUSY)),
  },
  {
    name: 'spdm-no-versions',
    title: 'lists no version',
    change: versions(() => ({ versions: [] })),
  },
  {
    name: 'spdm-counts-a-version-too-many',
    title: 'counts a version more than it lists',
    change: versions((list) => ({ versionCount: list.length + 1 })),
  },
  {
    name: 'spdm-versions-big-endian',
    title: 'sends the octets of a version most significant first',
    change: versions((list) => ({
      versions: list.map(({ major = 0, minor = 0 }) => ({ major: 0, minor: 0, update: major, alpha: minor })),
    })),
  },
  {
    name: 'spdm-with-integrity-check',
    title: 'marks its SPDM messages as having an integrity check',
    change: bodies((body) => withOctet(body, 0, (octet) => octet | 0x80)),
  },
  {
    name: 'spdm-ignores-unknown-requests',
    title: 'does not answer SPDM requests that it does not know',
    change: unknownRequests('silence'),
  },
  {
    name: 'spdm-unknown-requests-are-unspecified',
    title: 'refuses SPDM requests that it does not know with an unspecified error',
    change: unknownRequests(UNSPECIFIED),
  },
  {
    name: 'spdm-errors-in-version-zero',
    title: 'sends ERROR in version 0.0',
    change: bodies((body) => (body[2] === ERROR ? withOctet(body, 1, () => 0) : body)),
  },
  {
    name: 'spdm-capabilities-of-highest',
    title: 'answers GET_CAPABILITIES in its highest version',
    change: bodies((body, command) => (command === CAPABILITIES ? withOctet(body, 1, () => HIGHEST) : body)),
  },
  {
    name: 'spdm-capabilities-in-lower-version',
    title: 'answers GET_CAPABILITIES of 1.2 in version 1.1',
    change: bodies((body, command) =>
      command === CAPABILITIES ? withOctet(body, 1, (octet) => Math.min(octet, HIGHEST - 1)) : body,
    ),
  },
  {
    name: 'spdm-capabilities-refused',
    title: 'is too busy for GET_CAPABILITIES',
    change: responding(CAPABILITIES, () => refusal(BUSY)),
  },
  {
    name: 'spdm-capabilities-without-sizes',
    title: 'leaves the message sizes out of its capabilities',
    change: bodies((body, command) => (command === CAPABILITIES ? body.subarray(0, 13) : body)),
  },
  {
    name: 'spdm-message-size-zero',
    title: 'takes messages of 0 octets',
    change: answering(CAPABILITIES, ({ largestMessage }) =>
      largestMessage === undefined ? nothing : { largestMessage: 0 },
    ),
  },
  {
    name: 'spdm-transfer-larger-than-message',
    title: 'takes larger transfers than messages',
    change: answering(CAPABILITIES, ({ dataTransferSize }) =>
      dataTransferSize === undefined ? nothing : { largestMessage: Number(dataTransferSize) / 2 },
    ),
  },
  {
    name: 'spdm-measurement-capability-reserved',
    title: 'sets both bits of its measurement capability, which mean nothing together',
    change: answering(CAPABILITIES, { flags: 0x18 }),
  },
  {
    name: 'spdm-reserved-octets-set',
    title: 'leaves what it finds in the reserved octets of its answers',
    change: respondingTo([...staleOctets.keys()], (correct, request, sets) => {
      const answer = correct(request, sets);
      return isSuccess(answer) ? { fields: { ...answer.fields, ...staleOctets.get(request.command.name) } } : answer;
    }),
  },
  {
    name: 'spdm-takes-any-version',
    title: 'takes requests of versions that it does not list',
    change: (correct) => ({
      respond: limited([CAPABILITIES], (request, sets) =>
        request.command.name === CAPABILITIES && Number(request.header.spdmVersion) > HIGHEST
          ? correct.respond({ ...request, header: { ...request.header, spdmVersion: HIGHEST } }, sets)
          : correct.respond(request, sets),
      ),
    }),
  },
  {
    name: 'spdm-selects-several-algorithms',
    title: 'selects all algorithms that were offered',
    change: answering(ALGORITHMS, (_, { fields }) => ({
      asymmetricAlgorithm: fields.asymmetricAlgorithms ?? 0,
      hashAlgorithm: fields.hashAlgorithms ?? 0,
    })),
  },
  {
    name: 'spdm-selects-what-was-not-offered',
    title: 'selects extended algorithms and measurements that were not offered, these with two hashes',
    change: answering(ALGORITHMS, {
      length: 44,
      measurementSpecification: 1,
      measurementHash: 0x06,
      extendedAsymmetricCount: 1,
      extendedAsymmetric: [1],
      extendedHashCount: 1,
      extendedHash: [1],
    }),
  },
  {
    name: 'spdm-algorithms-of-highest',
    title: 'answers NEGOTIATE_ALGORITHMS in its highest version, with a count of structures that are not there',
    change: bodies((body, command) =>
      command === ALGORITHMS && body[2] !== ERROR
        ? withOctet(
            withOctet(body, 1, () => HIGHEST),
            3,
            () => 1,
          )
        : body,
    ),
  },
  {
    name: 'spdm-algorithms-length-zero',
    title: 'says that ALGORITHMS has no octets',
    change: answering(ALGORITHMS, { length: 0 }),
  },
  {
    name: 'spdm-negotiates-at-once',
    title: 'negotiates algorithms before capabilities are known',
    change: responding(ALGORITHMS, ({ fields }) => ({
      fields: {
        completionCode: 0,
        length: 36,
        asymmetricAlgorithm: Number(fields.asymmetricAlgorithms) & 0x10,
        hashAlgorithm: Number(fields.hashAlgorithms) & 1,
        structures: [],
      },
    })),
  },
  {
    name: 'spdm-answers-with-tail',
    title: 'sends an octet after its versions',
    change: bodies((body, command) => (command === VERSION ? concat(body, [0]) : body)),
  },
];

export const spdmDeviations: readonly Deviation[] = deviations.map((deviation) => ({ ...deviation, classes: ['ssd'] }));
