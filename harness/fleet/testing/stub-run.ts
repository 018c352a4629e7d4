import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Stands in for `mctp-certify run` where faults of the fleet are tested: says in a file when it begins and ends, takes its
 * time, and leaves a result. What has been begun twice shows in that file.
 */
const [command, , ...words] = process.argv.slice(2);

function optionOf(name: string): string {
  return words[words.indexOf(name) + 1] ?? '';
}

function say(text: string): void {
  const file = process.env.STUB_LOG;
  if (file !== undefined) appendFileSync(file, `${text} ${optionOf('--device')} ${process.pid}\n`);
}

const none = { pass: 0, warn: 0, fail: 0, 'not-applicable': 0, unreachable: 0, blocked: 0, error: 0, waived: 0 };

function finish(out: string): void {
  const result = {
    tool: { name: 'stub', version: '0' },
    profile: { id: 'nic', title: 'stub', class: 'nic', hash: '0' },
    device: { uri: optionOf('--device'), binding: 'smbus', eid: 9, types: [0], firmware: '1.0' },
    scope: { binding: 'smbus', planes: ['messages'], effects: [], exclusive: false },
    started: new Date().toISOString(),
    ended: new Date().toISOString(),
    attested: false,
    interrupted: false,
    verdict: 'conformant',
    level: 'L0',
    planned: 1,
    executed: 1,
    counts: { ...none, pass: 1 },
    cases: [{ id: 'STUB/a/1', verdict: 'pass' }],
    waivers: [],
    expectedFailures: [],
    timing: { durationMs: 1, commands: [{ command: 'getEndpointId', count: 1, p50Ms: 1, p99Ms: 1 }] },
  };
  writeFileSync(join(out, 'result.json'), JSON.stringify(result));
  say('end');
}

if (command === 'run') {
  const out = optionOf('--out');
  mkdirSync(out, { recursive: true });
  say('begin');
  writeFileSync(join(out, 'record.ndjson'), '{"type":"run.start"}\n');
  process.once('SIGINT', () => process.exit(130));
  setTimeout(() => finish(out), Number(process.env.STUB_MS ?? 0));
}
