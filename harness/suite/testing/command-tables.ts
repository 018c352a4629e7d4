import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandSet, CommandSets } from '../../codec/command';
import { packageRoot } from '../../package-root';
import { compileCommands } from '../commands';
import { readSource } from '../source';

const folder = join(packageRoot(), 'profiles/commands');

function load(name: string): CommandSet {
  const file = join(folder, name);
  const [document] = readSource({ file, text: readFileSync(file, 'utf8') }).documents;
  const set = document === undefined ? undefined : compileCommands(document).set;
  if (set === undefined) throw new Error(`${file} holds no command set`);
  return set;
}

/** The command tables of the product, for tests. */
export const commands: CommandSets = Object.fromEntries(
  readdirSync(folder).map((name) => {
    const set = load(name);
    return [set.id, set];
  }),
);
