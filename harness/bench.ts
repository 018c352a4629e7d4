import { benchCodec } from './bench/codec';
import type { Measurement } from './bench/measure';

/** Every group of measurements, in the order of the flow. A new one is a file in bench/ and a line here. */
const groups: readonly (() => readonly Measurement[] | Promise<readonly Measurement[]>)[] = [benchCodec];

function row(cells: readonly string[]): string {
  const [name = '', rate = '', against = '', baseline = '', ratio = ''] = cells;
  return `${name.padEnd(32)}${rate.padStart(22)}  ${against.padEnd(14)}${baseline.padStart(14)}${ratio.padStart(10)}`;
}

function perSecond(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

async function main(): Promise<void> {
  console.log(row(['', 'rate', 'against', 'its rate', 'ratio']));
  for (const group of groups) {
    for (const { name, unit, rate, against, baseline, ratio } of await group()) {
      console.log(row([name, `${perSecond(rate)} ${unit}`, against, perSecond(baseline), ratio.toFixed(3)]));
    }
  }
}

void main();
