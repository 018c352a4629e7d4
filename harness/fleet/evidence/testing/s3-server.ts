import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Keys } from './signature';
import { signatureFault } from './signature';

/** What the server does wrong, with the requests that fit: `times` of them, by default all. */
export interface Fault {
  readonly on: RegExp;
  times?: number;
  readonly kind:
    | { readonly answer: number; readonly code: string }
    /** Keeps only so many octets of what was put, and hashes those. */
    | { readonly keep: number }
    /** Sends only so many octets of a body, then cuts the connection. */
    | { readonly cutAfter: number };
}

export interface S3Server {
  readonly endpoint: string;
  readonly objects: Map<string, Buffer>;
  readonly faults: Fault[];
  /** `PUT /bucket/key`, in the order of arrival. */
  readonly requests: string[];
  /** Whether it keeps hashes of its own, as S3 does and not everything that speaks like it. */
  checksums: boolean;
  /** Uploads in parts that were begun and not ended. */
  readonly uploads: ReadonlyMap<string, unknown>;
  /** Whether it knows `If-None-Match`. */
  conditions: boolean;
  close(): Promise<void>;
}

const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('base64');

/** As much of S3 as a store of evidence needs, path style; it checks every signature and every hash. */
export async function startS3Server(bucket: string, keys: Keys): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  /** Objects that came in parts: their hash is one of hashes. */
  const composed = new Map<string, number>();
  const uploads = new Map<string, Map<number, Buffer>>();
  const faults: Fault[] = [];
  const requests: string[] = [];

  const fault = (line: string): Fault['kind'] | undefined => {
    const found = faults.find(({ on, times = 1 }) => times > 0 && on.test(line));
    if (found?.times !== undefined) found.times -= 1;
    return found?.kind;
  };

  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): undefined => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    const query = new URL(request.url ?? '/', 'http://host').searchParams;
    const part = query.get('partNumber');
    const line = `${request.method} ${path}${part === null ? '' : ` part ${part}`}`;
    requests.push(line);
    const refuse = (status: number, code: string): undefined => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      const keyId = String(request.headers.authorization).slice(0, 80);
      // As S3 does, which tells the key's id and what it thinks was signed.
      response.end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>about ${keyId}</Message><AWSAccessKeyId>${keys.id}</AWSAccessKeyId></Error>`,
      );
      return undefined;
    };
    const wrong = signatureFault(request, body, keys);
    if (wrong !== undefined) return refuse(403, wrong);
    const planned = fault(line);
    if (planned !== undefined && 'answer' in planned) return refuse(planned.answer, planned.code);
    if (!path.startsWith(`/${bucket}/`)) return refuse(404, 'NoSuchBucket');
    const key = path.slice(bucket.length + 2);
    const stored = objects.get(key);
    const uploadId = query.get('uploadId');
    if (query.has('uploads') || uploadId !== null) {
      const answered = inParts(request, key, uploadId, Number(part), body);
      if (answered === undefined) return refuse(400, 'BadDigest');
      response.writeHead(200, { etag: '"0"', ...answered.headers });
      response.end(answered.text);
      return undefined;
    }
    if (request.method === 'PUT') {
      if (server.conditions && request.headers['if-none-match'] === '*' && stored !== undefined)
        return refuse(412, 'PreconditionFailed');
      const told = request.headers['x-amz-checksum-sha256'];
      if (told !== undefined && told !== sha256(body)) return refuse(400, 'BadDigest');
      const kept = planned !== undefined && 'keep' in planned ? body.subarray(0, planned.keep) : body;
      objects.set(key, kept);
      response.writeHead(200, { etag: '"0"', ...(server.checksums ? { 'x-amz-checksum-sha256': sha256(kept) } : {}) });
      response.end();
      return undefined;
    }
    if (stored === undefined) return refuse(404, 'NoSuchKey');
    const wanted = request.headers['x-amz-checksum-mode'] === 'ENABLED' && server.checksums;
    response.writeHead(200, {
      'content-length': stored.length,
      ...(wanted ? { 'x-amz-checksum-sha256': kindOf(key, sha256(stored)) } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else if (planned !== undefined && 'cutAfter' in planned)
      response.write(stored.subarray(0, planned.cutAfter), () => response.destroy());
    else response.end(stored);
    return undefined;
  };

  const kindOf = (key: string, hash: string): string => (composed.has(key) ? `${hash}-${composed.get(key)}` : hash);

  /** Begins an upload in parts, takes a part, completes or forgets it; undefined where the hash of a part is another. */
  const inParts = (
    request: IncomingMessage,
    key: string,
    uploadId: string | null,
    part: number,
    body: Buffer,
  ): { readonly headers: Record<string, string>; readonly text: string } | undefined => {
    const told = request.headers['x-amz-checksum-sha256'];
    const parts = uploads.get(uploadId ?? '');
    if (request.method === 'POST' && uploadId === null) {
      const id = `upload-${uploads.size + 1}`;
      uploads.set(id, new Map());
      const text = `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
      return { headers: {}, text };
    }
    if (request.method === 'PUT') {
      if (told !== sha256(body)) return undefined;
      parts?.set(part, body);
      return { headers: { 'x-amz-checksum-sha256': sha256(body) }, text: '' };
    }
    if (request.method === 'POST') {
      const sorted = [...(parts ?? [])].sort(([one], [other]) => one - other).map(([, octets]) => octets);
      objects.set(key, Buffer.concat(sorted));
      composed.set(key, sorted.length);
    }
    uploads.delete(uploadId ?? '');
    return { headers: {}, text: '<CompleteMultipartUploadResult><ETag>"0"</ETag></CompleteMultipartUploadResult>' };
  };

  const http = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => parts.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(parts)));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: S3Server = {
    endpoint: `http://127.0.0.1:${(http.address() as { readonly port: number }).port}`,
    objects,
    faults,
    requests,
    uploads,
    checksums: true,
    conditions: true,
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}
