import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { CertifyError, messageOf } from '../../errors';
import type { StoreLocation } from '../../profile/campaign';
import type { EvidenceStore } from '../evidence-store';
import type { Evidence, StoredFile } from '../model';
import {
  arrived,
  digest,
  fileOf,
  isSafePath,
  MANIFEST_FILE,
  type Manifest,
  manifestText,
  measure,
  parseManifest,
  pathOf,
  sameOrRefused,
  verifyFiles,
} from './manifest';
import { isMissing, isTaken, s3Error } from './s3-errors';

type Location = Extract<StoreLocation, { kind: 's3' }>;

const MAX_ATTEMPTS = 5;
const CONNECT_MS = 5_000;
const REQUEST_MS = 60_000;

/** How files are sent. Octets. */
export interface Sending {
  /** A larger file goes in parts; any other is in memory while it is on its way, so that it can be sent again. */
  readonly whole: number;
  readonly part: number;
}

const usual: Sending = { whole: 32 << 20, part: 16 << 20 };
/** Parts that are on their way at once. */
const AT_ONCE = 2;

/**
 * Evidence in a bucket of S3, or of what speaks like it. Credentials come from the environment's usual variables, else
 * from where the client looks for them. Files lie in a folder named after what they hold, so that two runs of one key
 * never mix; the manifest, written last and only where there is none, says which is the run's.
 */
export function s3Store(
  location: Location,
  environment: NodeJS.ProcessEnv = process.env,
  { whole, part }: Sending = usual,
): EvidenceStore {
  const { bucket, prefix } = location;
  const endpoint = location.endpoint ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const where = { bucket, host: endpoint === undefined ? 'S3' : new URL(endpoint).host };
  // What it says of old versions of Node is for whoever builds this, not for whoever tests cards with it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const s3 = require('@aws-sdk/client-s3') as typeof import('@aws-sdk/client-s3');
  let opened: S3Client | undefined;
  const client = (): S3Client => {
    opened ??= new s3.S3Client(settings(location, endpoint, environment));
    return opened;
  };
  const keyOf = (path: string): string => {
    if (!isSafePath(path)) throw new CertifyError('USAGE', `${path} is no path of evidence`);
    return prefix === '' ? path : `${prefix.replace(/^\/+|\/+$/g, '')}/${path}`;
  };

  const get = async (path: string): Promise<Readable> => {
    const { Body } = await client().send(new s3.GetObjectCommand({ Bucket: bucket, Key: keyOf(path) }));
    if (!(Body instanceof Readable)) throw new CertifyError('OUTPUT', `${where.host} gave no body`);
    return Body;
  };

  const manifest = async (path: string): Promise<Manifest | undefined> => {
    try {
      const parts: Buffer[] = [];
      for await (const chunk of await get(`${path}/${MANIFEST_FILE}`)) parts.push(chunk as Buffer);
      const text = Buffer.concat(parts).toString('utf8');
      const found = parseManifest(text);
      if (found === undefined)
        throw new CertifyError('USAGE', `${keyOf(path)}/${MANIFEST_FILE} is no manifest of evidence`);
      return found;
    } catch (thrown) {
      if (isMissing(thrown)) return undefined;
      throw thrown;
    }
  };

  /** As the store has it: by the hash that it keeps itself, else by reading it back. */
  const found = async (path: string): Promise<StoredFile> => {
    const head = await client().send(
      new s3.HeadObjectCommand({ Bucket: bucket, Key: keyOf(path), ChecksumMode: 'ENABLED' }),
    );
    const { ChecksumSHA256: own, ContentLength: size } = head;
    if (own !== undefined && size !== undefined && !own.includes('-'))
      return { sha256: Buffer.from(own, 'base64').toString('hex'), size };
    return digest(await get(path));
  };

  const send = async (path: string, body: Buffer, file: StoredFile, onlyNew: boolean): Promise<void> => {
    await client().send(
      new s3.PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(path),
        Body: body,
        ContentLength: body.length,
        ContentType: contentType(path),
        ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
        ...(onlyNew ? { IfNoneMatch: '*' } : {}),
      }),
    );
  };

  /** A part that fails is sent again; where that does not help either, what has arrived is taken away. */
  const sendInParts = async (path: string, file: string): Promise<void> => {
    const { Upload } = require('@aws-sdk/lib-storage') as typeof import('@aws-sdk/lib-storage');
    const params = { Bucket: bucket, Key: keyOf(path), Body: createReadStream(file), ContentType: contentType(path) };
    const sent = { ...params, ChecksumAlgorithm: 'SHA256' } as const;
    await new Upload({ client: client(), params: sent, partSize: part, queueSize: AT_ONCE }).done();
  };

  const evidenceOf = (path: string, files: Evidence['files']): Evidence => ({ store: location, path, files });

  return {
    async put(key, folder) {
      const files = await measure(folder);
      const own = pathOf(key);
      try {
        const before = await manifest(own);
        if (before !== undefined) {
          sameOrRefused(own, files, before.files);
          return evidenceOf(before.path, files);
        }
        const place = `${own}/${(await digest(Readable.from([Buffer.from(manifestText('', files))]))).sha256.slice(0, 16)}`;
        for (const [name, file] of Object.entries(files)) {
          const source = join(folder, name);
          if (file.size > whole) await sendInParts(`${place}/${name}`, source);
          else await send(`${place}/${name}`, await octetsOf(source, file), file, false);
          arrived(name, file, await found(`${place}/${name}`), where.host);
        }
        const text = Buffer.from(manifestText(place, files));
        await send(`${own}/${MANIFEST_FILE}`, text, await digest(Readable.from([text])), true).catch(
          async (thrown: unknown) => {
            if (!isTaken(thrown)) throw thrown;
          },
        );
        // Whoever was first stands; of stores that know no condition the last.
        sameOrRefused(own, files, (await manifest(own))?.files ?? {});
        return evidenceOf(place, files);
      } catch (thrown) {
        throw s3Error(where, thrown);
      }
    },

    verify(evidence) {
      const why = (thrown: unknown): string =>
        isMissing(thrown) ? ' is missing' : `: ${messageOf(s3Error(where, thrown))}`;
      return verifyFiles(evidence, (name) => get(`${evidence.path}/${name}`), why);
    },

    async open(evidence, name) {
      fileOf(evidence, name);
      try {
        return await get(`${evidence.path}/${name}`);
      } catch (thrown) {
        throw s3Error(where, thrown);
      }
    },

    close() {
      opened?.destroy();
      opened = undefined;
    },
  };
}

function settings(
  { region }: Location,
  endpoint: string | undefined,
  environment: NodeJS.ProcessEnv,
): import('@aws-sdk/client-s3').S3ClientConfig {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = environment;
  return {
    region: region ?? environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
    // Stores of one's own seldom have a host name for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(id === undefined || secret === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: id,
            secretAccessKey: secret,
            ...(token === undefined ? {} : { sessionToken: token }),
          },
        }),
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
  };
}

/** The octets that were measured, or an error: nobody may write into a run's folder any more. */
async function octetsOf(path: string, file: StoredFile): Promise<Buffer> {
  const body = await readFile(path);
  arrived(path, file, await digest(Readable.from([body])), 'the disk');
  return body;
}

const types: { readonly [extension: string]: string } = {
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  xml: 'application/xml',
  txt: 'text/plain; charset=utf-8',
};

function contentType(path: string): string {
  return types[/\.([a-z]+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream';
}
