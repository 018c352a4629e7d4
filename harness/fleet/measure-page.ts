import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseVerdicts } from '../names';
import { Lab } from './lab';
import type { JobKey, Outcome, StationDevice } from './model';
import { loadCampaign } from './plan';
import type { Report } from './redis/ledger';
import { submit } from './submit';

/** What a page costs that shows a large campaign while its runs end. */

const DEVICES = 300;
const CASES = 400;
/** Runs that end while somebody looks, and how many in a second. */
const CHANGES = 200;
const RATE = 10;
/** As the page itself does. Milliseconds. */
const REDRAW = 700;

export interface PageTools {
  readonly say: (line: string) => void;
  /** Processor time of a process, in milliseconds. */
  readonly spent: (pid: number) => number;
}

export async function measurePage(runs: number, { say, spent }: PageTools): Promise<void> {
  const lab = await Lab.open();
  try {
    const { ledger, store } = lab.office;
    const names = Array.from({ length: DEVICES }, (_, index) => `card-${index + 1}`);
    const file = join(lab.folder, 'large.yaml');
    const entry = { devices: names, profiles: ['nic'], repeats: Math.ceil(runs / DEVICES) };
    writeFileSync(file, JSON.stringify({ campaign: 'large', runs: [entry], store: './evidence' }));
    const offered = names.map((name): Pick<StationDevice, 'name' | 'labels'> => ({ name, labels: [] }));
    await submit(lab.office, loadCampaign(file), offered);
    const keys: JobKey[] = [];
    for await (const { key } of store.jobs('large')) keys.push(key);
    for (const key of keys.slice(CHANGES)) await ledger.report(reportOf(key));
    const { pid, url } = await servePage(lab);
    const counts = { events: 0, changes: 0, answers: 0, answered: 0 };
    const path = `${url}api/campaigns/large`;
    const began = process.hrtime.bigint();
    const first = (await (await fetch(path)).arrayBuffer()).byteLength;
    const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
    const reading = follow(url, counts, async () => {
      counts.answers += (await (await fetch(path)).arrayBuffer()).byteLength;
      counts.answered += 1;
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = { spent: spent(pid), events: counts.events, changes: counts.changes };
    for (const key of keys.slice(0, CHANGES)) {
      await ledger.report(reportOf(key));
      await new Promise((resolve) => setTimeout(resolve, 1000 / RATE));
    }
    const changes = counts.changes - before.changes;
    say(
      `a campaign of ${keys.length} runs of ${CASES} cases on ${DEVICES} devices; ${RATE} runs a second end, one reader`,
    );
    say(`  first answer  ${kilobytes(first)} in ${milliseconds.toFixed(0)} ms`);
    say(`  each change   an event of ${kilobytes((counts.events - before.events) / Math.max(1, changes))}`);
    say(`  each redraw   ${kilobytes(counts.answers / Math.max(1, counts.answered))}, ${counts.answered} of them`);
    say(`  the page's process  ${((spent(pid) - before.spent) / CHANGES).toFixed(1)} ms of processor time a change`);
    reading.abort();
  } finally {
    await lab.close();
  }
}

const kilobytes = (octets: number): string => `${(octets / 1000).toFixed(1)} kB`;

function reportOf(key: JobKey): Report {
  const counts = Object.fromEntries(caseVerdicts.map((verdict) => [verdict, verdict === 'pass' ? CASES : 0]));
  const outcome: Outcome = {
    attempt: 1,
    verdict: 'conformant',
    level: 'L2',
    exitCode: 0,
    counts: counts as Outcome['counts'],
    durationMs: 1000,
    unit: { uri: 'sim:nic', firmware: '1.0' },
    attested: false,
    scope: 'smbus, messages',
    cases: {
      ids: Array.from({ length: CASES }, (_, index) => `DSP0236/case/${index + 1}`),
      verdicts: Array.from({ length: CASES }, () => 'pass'),
    },
    evidence: {
      store: { kind: 'directory', path: '/evidence' },
      path: `large/${key.device}/${key.profileHash}-${key.repeat}.1`,
      files: {
        'record.ndjson': { sha256: '0'.repeat(64), size: 1 },
        'report.html': { sha256: '0'.repeat(64), size: 1 },
      },
    },
  };
  const at = new Date().toISOString();
  const { verdict } = outcome;
  const own = { ...key, attempt: 1 };
  return {
    key: own,
    nonce: '',
    outcome,
    status: 'passed',
    job: { key, profile: 'nic', station: 'bench-1', startedAt: at, endedAt: at },
    history: { at, key: own, profile: 'nic', verdict, counts: outcome.counts, failed: [], timing: [] },
    device: key.device,
  };
}

async function servePage(lab: Lab): Promise<{ readonly pid: number; readonly url: string }> {
  return new Promise((resolve, reject) => {
    const child = lab.start(['campaign', 'serve', '--listen', '127.0.0.1:0'], (line) => {
      const url = /http:\S+/.exec(line)?.[0];
      if (url !== undefined) resolve({ pid: child.pid ?? 0, url });
    });
    once(child, 'exit').then(() => reject(new Error('the page has ended')), reject);
  });
}

/** Reads events, and asks for the campaign as a browser does; until it is aborted. */
function follow(url: string, counts: { events: number; changes: number }, ask: () => Promise<void>): AbortController {
  const abort = new AbortController();
  let due: NodeJS.Timeout | undefined;
  const read = async (): Promise<void> => {
    const response = await fetch(`${url}events`, { signal: abort.signal });
    for await (const chunk of response.body ?? []) {
      const text = Buffer.from(chunk as Uint8Array).toString('utf8');
      counts.events += text.length;
      counts.changes += text.match(/^event: job$/gm)?.length ?? 0;
      due ??= setTimeout(() => {
        due = undefined;
        ask().catch(() => undefined);
      }, REDRAW);
    }
  };
  read().catch(() => undefined);
  abort.signal.addEventListener('abort', () => clearTimeout(due));
  return abort;
}
