import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { CertifyError } from '../../errors';

/** Who may look. On loopback everybody of this host may, unless a token says otherwise; elsewhere a token is required. */

const COOKIE = 'mctp_certify_session';
const SHORTEST_TOKEN = 16;

export interface Access {
  /** Why a request is refused; undefined: it is not. */
  refusal(headers: { readonly [name: string]: string | undefined }): 'host' | 'token' | undefined;
  /** The cookie of a session for whoever shows the token. */
  session(authorization: string | undefined): string | undefined;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Throws USAGE where the address can be reached by others and there is no token, or one that can be guessed. */
export function accessFor(host: string, token: string | undefined): Access {
  if (token === undefined && !isLoopback(host))
    throw new CertifyError('USAGE', `${host} can be reached by others: name a file with a token, --token FILE`, {
      host,
    });
  if (token !== undefined && token.length < SHORTEST_TOKEN)
    throw new CertifyError(
      'USAGE',
      `the token is short: it takes ${SHORTEST_TOKEN} characters, as of "openssl rand -hex 16"`,
    );
  const session = randomBytes(32).toString('base64url');
  const shows = (authorization: string | undefined): boolean =>
    token !== undefined && same(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '', token);
  return {
    refusal({ host: named = '', cookie = '', authorization }) {
      // Without a token a page of somebody else's must not get in under a name that leads to loopback.
      if (token === undefined) return isLoopback(hostOf(named)) ? undefined : 'host';
      const own = cookie
        .split(';')
        .map((part) => part.trim())
        .find((part) => part.startsWith(`${COOKIE}=`));
      const known = own !== undefined && same(own.slice(COOKIE.length + 1), session);
      return known || shows(authorization) ? undefined : 'token';
    },
    session(authorization) {
      return shows(authorization) ? `${COOKIE}=${session}; HttpOnly; SameSite=Strict; Path=/` : undefined;
    },
  };
}

/** `localhost:8080`, `[::1]:8080` → the host. */
function hostOf(header: string): string {
  return header.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** Takes the same time whatever differs, the length too. */
function same(one: string, other: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}
