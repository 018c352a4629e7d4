import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandSet, CommandSets } from '../../codec/command';
import { packageRoot } from '../../package-root';
import { compileCommands } from '../commands';
import { readSource } from '../source';

function load(id: string): CommandSet {
  const file = join(packageRoot(), 'profiles/commands', `${id}.yaml`);
  const [document] = readSource({ file, text: readFileSync(file, 'utf8') }).documents;
  const set = document === undefined ? undefined : compileCommands(document).set;
  if (set === undefined) throw new Error(`${file} holds no command set`);
  return set;
}

/** The command tables of the product, for tests. */
export const commands: CommandSets = { control: load('control'), pldm: load('pldm') };
