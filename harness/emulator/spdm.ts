import { failure, success } from './answers';
import type { DeviceState, Responder } from './endpoint-types';
import type { Protocol } from './protocol';

/** SPDM responders (DSP0274 1.1 and 1.2) as far as no key is needed. */

const INVALID_REQUEST = 0x01;
const UNEXPECTED_REQUEST = 0x04;
const UNSUPPORTED_REQUEST = 0x07;
const VERSION_MISMATCH = 0x41;

/** Codes of requests begin here (DSP0274, Table 4). */
const FIRST_REQUEST = 0x80;

/** GET_VERSION and VERSION are always of version 1.0. */
const VERSION_1_0 = 0x10;
const VERSION_1_2 = 0x12;

/** Versions as in the header: major and minor. */
const versions: readonly number[] = [0x11, VERSION_1_2];

/** How far the exchange with the requester has come. */
interface Connection {
  phase: 'none' | 'version' | 'capabilities' | 'algorithms';
  version: number;
}

const connections = new WeakMap<DeviceState, Connection>();

function connectionOf(state: DeviceState): Connection {
  const known = connections.get(state);
  if (known !== undefined) return known;
  const made: Connection = { phase: 'none', version: 0 };
  connections.set(state, made);
  return made;
}

const getVersion: Responder = ({ header, state }) => {
  if (header.spdmVersion !== VERSION_1_0) return failure(VERSION_MISMATCH);
  connections.set(state, { phase: 'version', version: 0 });
  return success({
    versions: versions.map((version) => ({ major: version >> 4, minor: version & 0x0f, update: 0, alpha: 0 })),
  });
};

/** Neither certificates nor measurements; messages of one transfer. */
const capabilities = { reservedOctet: 0, cryptographicTimeout: 10, reservedWord: 0, flags: 0 };
const LARGEST_MESSAGE = 4096;

const getCapabilities: Responder = ({ header, fields, state }) => {
  const connection = connectionOf(state);
  const version = Number(header.spdmVersion);
  if (!versions.includes(version)) return failure(VERSION_MISMATCH);
  if (connection.phase === 'none') return failure(UNEXPECTED_REQUEST);
  const sized = version >= VERSION_1_2;
  if (fields.flags === undefined || (fields.largestMessage !== undefined) !== sized) return failure(INVALID_REQUEST);
  connection.phase = 'capabilities';
  connection.version = version;
  const sizes = { dataTransferSize: LARGEST_MESSAGE, largestMessage: LARGEST_MESSAGE };
  return success({ ...capabilities, ...(sized ? sizes : {}) });
};

/** The lowest bit of those that are offered and known. */
function selected(offered: unknown, known: number): number {
  const common = Number(offered) & known;
  return common & -common;
}

/** TPM_ALG_ECDSA_ECC_NIST_P256 and P384; SHA-256 and SHA-384 (DSP0274, Tables 21 and 22). */
const ASYMMETRIC = 0x90;
const HASHES = 0x03;
/** Of ALGORITHMS without lists. */
const ALGORITHMS_SIZE = 36;

const negotiateAlgorithms: Responder = ({ header, fields, state }) => {
  const connection = connectionOf(state);
  if (connection.phase !== 'capabilities') return failure(UNEXPECTED_REQUEST);
  if (header.spdmVersion !== connection.version) return failure(VERSION_MISMATCH);
  connection.phase = 'algorithms';
  return success({
    length: ALGORITHMS_SIZE,
    asymmetricAlgorithm: selected(fields.asymmetricAlgorithms, ASYMMETRIC),
    hashAlgorithm: selected(fields.hashAlgorithms, HASHES),
    structures: [],
  });
};

export const spdm: Protocol = {
  set: 'spdm',
  responders: {
    'spdm/getVersion': getVersion,
    'spdm/getCapabilities': getCapabilities,
    'spdm/negotiateAlgorithms': negotiateAlgorithms,
  },
  // Answers of others: the first bit of their code is clear.
  accepts: ({ commandCode }) => Number(commandCode) >= FIRST_REQUEST,
  wrongLength: () => INVALID_REQUEST,
  unknownCommand: () => UNSUPPORTED_REQUEST,
};
