// node slow-link.mjs MILLISECONDS COMMAND…: the pipes of a program as a login far away carries them, late in both directions.
// Where this is killed the program loses its host without a word, as on a network that is cut.
import { spawn } from 'node:child_process';

const [late, command, ...words] = process.argv.slice(2);
const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
const carry = (from, to) => {
  from.on('data', (octets) => setTimeout(() => to.write(octets), Number(late)));
  from.on('end', () => setTimeout(() => to.end(), Number(late)));
};
carry(process.stdin, child.stdin);
carry(child.stdout, process.stdout);
for (const stream of [child.stdin, process.stdout]) stream.on('error', () => undefined);
child.on('exit', (code) => setTimeout(() => process.exit(code ?? 1), 2 * Number(late)));
