import { CertifyError } from '../../errors';

/** What an S3 client throws, as far as it is looked at: its own words may quote the request that was signed. */
interface ClientFault {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

const refused = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
  'TokenRefreshRequired',
  'AuthorizationHeaderMalformed',
];
const full = ['QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded', 'InsufficientCapacity'];
const network: { readonly [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be resolved now',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to the host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: name it in NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an unknown authority: name that in NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is of an unknown authority: name that in NODE_EXTRA_CA_CERTS',
};
const timeouts = ['TimeoutError', 'RequestTimeout', 'AbortError'];

export function isMissing(thrown: unknown): boolean {
  const { name, $metadata } = thrown as ClientFault;
  return name === 'NoSuchKey' || name === 'NotFound' || ($metadata?.httpStatusCode === 404 && name !== 'NoSuchBucket');
}

/** Whether the object was there already, or is just being written by somebody else. */
export function isTaken(thrown: unknown): boolean {
  const status = (thrown as ClientFault).$metadata?.httpStatusCode;
  return status === 412 || status === 409;
}

/** One line in our words. Neither message nor cause of the client's: they can hold the key's id and what was signed. */
export function s3Error(where: { readonly bucket: string; readonly host: string }, thrown: unknown): CertifyError {
  if (thrown instanceof CertifyError) return thrown;
  const { bucket, host } = where;
  const { name = 'unknown error', code, $metadata } = thrown as ClientFault;
  const status = $metadata?.httpStatusCode;
  const facts = { bucket, host, status, name };
  const wrong = (text: string): CertifyError => new CertifyError('USAGE', text, facts);
  const passing = (text: string): CertifyError => new CertifyError('OUTPUT', text, facts);
  if (name === 'NoSuchBucket')
    return wrong(`${host} has no bucket ${bucket}: create it, or correct the store's address`);
  if (name === 'CredentialsProviderError')
    return wrong(`no credentials for ${host}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  if (refused.includes(name))
    return wrong(`${host} refuses the credentials (${name}): correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  if (name === 'RequestTimeTooSkewed') return wrong(`${host} finds this host's clock wrong: set it`);
  if (name === 'PermanentRedirect' || status === 301)
    return wrong(`the bucket ${bucket} is in another region: set the store's region, or AWS_REGION`);
  if (status === 403) return wrong(`${host} does not let these credentials use the bucket ${bucket} (${name})`);
  if (full.includes(name) || status === 507)
    return passing(`the store ${host} is full (${name}): make room in ${bucket}`);
  if (status !== undefined && (status >= 500 || status === 429)) {
    const tries = $metadata?.attempts ?? 1;
    return passing(`${host} answers ${status} (${name}), also at attempt ${tries}`);
  }
  if (timeouts.includes(name)) return passing(`cannot reach ${host}: no answer in time`);
  if (code !== undefined && network[code] !== undefined)
    return passing(`cannot reach ${host}: ${network[code]} (${code})`);
  return passing(
    `${host} does not take or give evidence: ${code ?? name}${status === undefined ? '' : `, status ${status}`}`,
  );
}
