// compare.mjs RESULT SIM [--red]: prints how the verdicts of a run over wires differ from those of the same run on sim:, nothing
// when they do not; and, behind `#`, what the way did not reach. --red: of the cases that fail on sim: at least one has to be reached.
import { readFileSync } from 'node:fs';

const [ran, sim] = process.argv.slice(2, 4).map((file) => JSON.parse(readFileSync(file, 'utf8')).cases);
const red = process.argv[4] === '--red';
const selected = new Set(ran.map(({ id }) => id));
const expected = new Map(sim.filter(({ id }) => selected.has(id)).map((entry) => [entry.id, entry.verdict]));
const reached = ran.filter(({ verdict }) => verdict !== 'unreachable');
// Whether a temperature changes within its interval depends on when it is read.
const byChance = ({ id, verdict }) => id.startsWith('pldm/numeric-sensor/8') && verdict === 'warn';

if (!red && reached.length < 100) console.log(`only ${reached.length} cases ran`);
if (red && !reached.some(({ verdict }) => verdict === 'fail')) console.log('no case that fails on sim: was reached');
for (const entry of reached) {
  const { id, verdict, reason = '' } = entry;
  if (verdict !== expected.get(id) && !byChance(entry))
    console.log(`${id}: ${verdict} (${reason}), on sim: ${expected.get(id)}`);
}
const reasons = new Map();
for (const { id, verdict, reason = '' } of ran) {
  if (verdict !== 'unreachable' || expected.get(id) === verdict) continue;
  const kind = /^needs (frames|packets of|parameters|the hook|a transport)/.exec(reason)?.[1] ?? reason;
  reasons.set(kind, [...(reasons.get(kind) ?? []), id]);
}
console.log(`# ${reached.length} of ${ran.length} cases reached`);
for (const [kind, ids] of reasons) console.log(`# on sim: only, for they need ${kind}: ${ids.join(' ')}`);
