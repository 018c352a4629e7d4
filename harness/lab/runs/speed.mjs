// speed.mjs pipe COUNT: microseconds that a bare node program and `cat` take to and fro, by pipes.
// speed.mjs driven FILE: microseconds for each request of the median attempt, from its first request to its last answer.
// speed.mjs judged FILE: the same, until the first request of the next attempt: judging is in it.
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
  for (const line of readFileSync(argument, 'utf8').trim().split('\n')) {
    const { type, observation } = JSON.parse(line);
    if (type === 'case.start') attempts.push([]);
    if (type === 'observation') attempts.at(-1).push(...observation.exchanges);
  }
  const begins = attempts.map(([first]) => first.sent.at);
  const ends = what === 'driven' ? attempts.map((exchanges) => exchanges.at(-1).response.at) : begins.slice(1);
  console.log(Math.round(median(ends.map((end, index) => (end - begins[index]) / attempts[index].length / 1000))));
}
