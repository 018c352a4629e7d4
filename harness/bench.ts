import { benchCodec } from './bench/codec';
import type { Measurement } from './bench/measure';
import { benchRun } from './bench/run';

/** Every group of measurements, in the order of the flow. A new one is a file in bench/ and a line here. */
const groups: readonly (() => readonly Measurement[] | Promise<readonly Measurement[]>)[] = [benchRun, benchCodec];

function row(cells: readonly string[]): string {
  const [name = '', rate = '', against = '', baseline = '', ratio = ''] = cells;
  return `${name.padEnd(32)}${rate.padStart(22)}  ${against.padEnd(14)}${baseline.padStart(14)}${ratio.padStart(10)}`;
}

/** Whole numbers, but for small ones three figures. */
function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

async function main(): Promise<void> {
  console.log(row(['', 'figure', 'against', 'its figure', 'ratio']));
  for (const group of groups) {
    for (const { name, unit, rate, against, baseline, ratio } of await group()) {
      console.log(row([name, `${figure(rate)} ${unit}`, against, figure(baseline), ratio.toFixed(3)]));
    }
  }
}

void main();
