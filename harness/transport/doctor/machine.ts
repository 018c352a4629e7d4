import { accessSync, constants, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What the doctor asks of a machine; tests have machines of their own. */
export interface Machine {
  readonly platform: string;
  /** Folders where programs are looked for. */
  readonly programFolders: readonly string[];
  /** Text of a file; undefined where it is not there or not readable. */
  read(path: string): string | undefined;
  /** Names in a folder, sorted; empty where there is none. */
  list(path: string): readonly string[];
  /** The last part of what a symbolic link points at. */
  link(path: string): string | undefined;
  may(path: string, what: 'exist' | 'use' | 'execute'): boolean;
}

export function thisMachine(): Machine {
  const modes = { exist: constants.F_OK, use: constants.R_OK | constants.W_OK, execute: constants.X_OK };
  const trying = <T>(what: () => T): T | undefined => {
    try {
      return what();
    } catch {
      return undefined;
    }
  };
  return {
    platform: process.platform,
    programFolders: (process.env.PATH ?? '').split(':').filter((folder) => folder !== ''),
    read: (path) => trying(() => readFileSync(path, 'utf8')),
    list: (path) => trying(() => readdirSync(path).sort(numerically)) ?? [],
    link: (path) => trying(() => readlinkSync(path).split('/').at(-1)),
    may: (path, what) => trying(() => accessSync(path, modes[what]) ?? true) ?? false,
  };
}

const numerically = new Intl.Collator('en', { numeric: true }).compare;

export function findProgram(machine: Machine, name: string): string | undefined {
  return machine.programFolders.map((folder) => join(folder, name)).find((path) => machine.may(path, 'execute'));
}
