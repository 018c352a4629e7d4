// speed.mjs pipe COUNT: microseconds that a bare node program and `cat` take to and fro, by pipes.
// speed.mjs record FILE: microseconds for each request of the median attempt.
// speed.mjs gap FILE: microseconds from an answer to the next request, the median of all.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [what, argument] = process.argv.slice(2);
const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];

if (what === 'pipe') {
  const echo = spawn('cat', { stdio: ['pipe', 'pipe', 'inherit'] });
  const times = [];
  let before = process.hrtime.bigint();
  echo.stdout.on('data', () => {
    const now = process.hrtime.bigint();
    times.push(Number(now - before) / 1000);
    before = now;
    if (times.length < Number(argument)) echo.stdin.write('x');
    else echo.stdin.end();
  });
  echo.on('exit', () => console.log(Math.round(median(times))));
  echo.stdin.write('x');
} else if (what === 'gap') {
  const gaps = [];
  let answered;
  for (const line of readFileSync(argument, 'utf8').trim().split('\n')) {
    const { type, observation } = JSON.parse(line);
    if (type === 'case.start') answered = undefined;
    if (type !== 'observation') continue;
    const [{ sent, response }] = observation.exchanges;
    if (answered !== undefined) gaps.push((sent.at - answered) / 1000);
    answered = response?.at;
  }
  console.log(Math.round(median(gaps)));
} else {
  const attempts = [];
  let from = 0;
  for (const line of readFileSync(argument, 'utf8').trim().split('\n')) {
    const { type, at } = JSON.parse(line);
    if (type === 'case.start') {
      from = at;
      attempts.push({ count: 0, took: 0 });
    }
    const last = attempts.at(-1);
    if (type !== 'observation') continue;
    last.count += 1;
    last.took = at - from;
  }
  console.log(Math.round(median(attempts.map(({ count, took }) => took / count / 1000))));
}
