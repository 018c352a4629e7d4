import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalRedis } from '../local-redis';
import { startLocalRedis } from '../local-redis';
import { redisClient } from '../redis/connect';

/** A redis-server with TLS and a password, its certificate signed by itself. */
export interface TlsRedis {
  readonly port: number;
  /** What the certificate is checked against. */
  readonly ca: string;
  readonly local: LocalRedis;
  close(): Promise<void>;
}

export async function startTlsRedis(password: string): Promise<TlsRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'mctp-certify-tls-'));
  const [key, ca] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=lab -addext subjectAltName=IP:127.0.0.1 -keyout ${key} -out ${ca}`.split(
      ' ',
    ),
  );
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  const port = 17_379 + (process.pid % 1000);
  const local = await startLocalRedis({
    settings: {
      bind: '127.0.0.1',
      'tls-port': String(port),
      'tls-cert-file': ca,
      'tls-key-file': key,
      'tls-ca-cert-file': ca,
      'tls-auth-clients': 'no',
    },
  });
  const client = redisClient(local.url, 'hasty');
  await client.acl('SETUSER', 'lab', 'on', `>${password}`, '~*', '&*', '+@all');
  client.disconnect();
  return {
    port,
    ca,
    local,
    close: async () => {
      await local.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
