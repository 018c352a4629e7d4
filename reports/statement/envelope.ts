import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { CertifyError, messageOf } from '../../harness/errors';
import { sha256 } from './canonical';

/** DSSE v1.0: an envelope around octets, signed together with their type. */

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

const base64 = z.string().regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'not base64');
const envelopeSchema = z.strictObject({
  payloadType: z.literal(PAYLOAD_TYPE),
  payload: base64,
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: base64 })).length(1, 'expected one signature'),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** The octets that are signed (DSSE, pre-authentication encoding). */
function preAuthentication(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `, 'utf8'),
    Buffer.from(payload),
  ]);
}

/** SHA-256 of the public key's DER encoding. */
export function keyId(key: KeyObject): string {
  const own = key.type === 'private' ? createPublicKey(key) : key;
  return sha256(own.export({ type: 'spki', format: 'der' }));
}

export function seal(payload: string, key: KeyObject): Envelope {
  const octets = Buffer.from(payload, 'utf8');
  const sig = sign(null, preAuthentication(PAYLOAD_TYPE, octets), key).toString('base64');
  return { payloadType: PAYLOAD_TYPE, payload: octets.toString('base64'), signatures: [{ keyid: keyId(key), sig }] };
}

/** The envelope as text: canonical, so that no octet of the file is outside what is checked. */
export function envelopeText(envelope: Envelope): string {
  return `${JSON.stringify(envelope, undefined, 2)}\n`;
}

/** An envelope and its payload, or why the text is none. */
export function openEnvelope(
  text: string,
): { readonly envelope: Envelope; readonly payload: string } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { problem: `not JSON: ${messageOf(thrown)}` };
  }
  const shape = envelopeSchema.safeParse(value);
  if (!shape.success) {
    const issue = shape.error.issues[0];
    return { problem: `no DSSE envelope: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  }
  if (envelopeText(shape.data) !== text) return { problem: 'the envelope is not written as it was signed' };
  const octets = Buffer.from(shape.data.payload, 'base64');
  if (octets.toString('base64') !== shape.data.payload) return { problem: 'the payload is not canonical base64' };
  return { envelope: shape.data, payload: octets.toString('utf8') };
}

export function isSignedBy(envelope: Envelope, key: KeyObject): boolean {
  const [signature] = envelope.signatures;
  if (signature === undefined || key.asymmetricKeyType !== 'ed25519' || signature.keyid !== keyId(key)) return false;
  const octets = preAuthentication(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
  const sig = Buffer.from(signature.sig, 'base64');
  return sig.toString('base64') === signature.sig && verify(null, octets, key, sig);
}

/** A new Ed25519 pair, as PEM. */
export function newKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** A key file's text. Throws USAGE where it is none of ours. */
export function readKey(text: string, kind: 'private' | 'public', file: string): KeyObject {
  let key: KeyObject;
  try {
    key = kind === 'private' ? createPrivateKey(text) : createPublicKey(text);
  } catch (thrown) {
    const hint = `make one with "mctp-certify keygen --out FILE"`;
    throw new CertifyError(
      'USAGE',
      `${file} is no ${kind} key in PEM (${messageOf(thrown)}); ${hint}`,
      { file },
      thrown,
    );
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new CertifyError('USAGE', `${file} is a key for ${key.asymmetricKeyType}; statements take Ed25519`, { file });
  return key;
}
