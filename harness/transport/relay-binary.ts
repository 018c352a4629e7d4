import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { CertifyError } from '../errors';
import { packageRoot } from '../package-root';

/** What finding the relay asks of the machine; tests put their own in place. */
export interface BinarySurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly isExecutable: (path: string) => boolean;
}

const thisMachine = (): BinarySurroundings => ({
  environment: process.env,
  platform: process.platform,
  isExecutable(path) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
});

export const HOW_TO_BUILD = 'apt-get install gcc libc6-dev && npm run build, or set MCTP_RELAY to the path of one';

/** Where `mctp-relay` is looked for: the path that MCTP_RELAY names, else what the build has made. */
export function relayPath(environment: BinarySurroundings['environment'] = process.env): string {
  return environment.MCTP_RELAY || join(packageRoot(), 'dist/relay/mctp-relay');
}

/** The relay of this machine; a `DEVICE_OPEN` error that says what to type where there is none. */
export function findRelay(scheme: string, surroundings: BinarySurroundings = thisMachine()): string {
  const { environment, platform, isExecutable } = surroundings;
  const path = relayPath(environment);
  if (platform !== 'linux') {
    const message = `${scheme}: devices need Linux; from here write relay:ssh HOST mctp-relay … to reach one through another machine`;
    throw new CertifyError('DEVICE_OPEN', message, { platform });
  }
  if (isExecutable(path)) return path;
  const named = environment.MCTP_RELAY === undefined ? '' : ', which MCTP_RELAY names,';
  const message = `${scheme}: devices need mctp-relay, and ${path}${named} cannot be executed: ${HOW_TO_BUILD}`;
  throw new CertifyError('DEVICE_OPEN', message, { path });
}

/** A word for the shell. */
export function shellWord(text: string): string {
  return /^[\w./@:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that starts the local relay with a back end; the shell gives its place to it. */
export function relayCommand(scheme: string, backend: string, target: string): string {
  return `exec ${[findRelay(scheme), backend, target].map(shellWord).join(' ')}`;
}
