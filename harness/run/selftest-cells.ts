import type { Reached } from '../emulator/deviations/reach';
import { cannotShow, nothingReached } from '../emulator/deviations/reach';
import type { Device } from '../emulator/device';
import type { Deviation } from '../emulator/endpoint-types';
import type { Call } from '../emulator/trace';
import { repeats, traced } from '../emulator/trace';
import { messageOf } from '../errors';
import type { CaseVerdict } from '../names';
import { baseId } from '../profile/ways';
import type { PlannedCase } from '../record/lines';
import type { Transport } from '../transport/transport';
import type { Row, RowInput } from './selftest';
import { CLEAN, runOn, runRow } from './selftest';

/** What the clean device is told of one case, and what it was asked and did for that, from its discovery to the end. */
interface Cell {
  readonly verdict: CaseVerdict;
  readonly calls: readonly Call[];
  readonly reached: Reached;
}

/** Each case on a clean device of its own that has an EID, and its discovery alone. */
export interface Baseline {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly discovery: readonly Call[];
}

export interface CellInput extends RowInput {
  /** The device of a case alone: one that has an EID. */
  readonly openAlone: () => Transport;
  readonly emulate: () => Device;
  /** A clean device that notes what it is asked. */
  readonly openNoting: (reached: Reached, watch: (device: Device) => Device) => Transport;
  /** What is wrong with the device, where it is a deviation of ours. */
  readonly deviation?: Deviation | undefined;
  /** Cases that list the device's deviation, where nothing else is asked of the row. */
  readonly only?: ReadonlySet<string>;
}

export async function baselineOf(input: CellInput): Promise<Baseline> {
  const cells = new Map<string, Cell>();
  for (const entry of await plannedOn(input)) {
    if (entry.decision !== 'run') continue;
    const calls: Call[] = [];
    const reached = nothingReached();
    const transport = input.openNoting(reached, (device) => traced(device, calls));
    cells.set(entry.case.id, { verdict: await settleAlone(entry, transport, input), calls, reached });
  }
  const discovery: Call[] = [];
  const transport = input.openNoting(nothingReached(), (device) => traced(device, discovery));
  await runOn(transport, input).find();
  await transport.close();
  return { cells, discovery };
}

/**
 * Every planned case against one device, each on a device of its own that has an EID. A device that cannot differ from the clean one in a
 * case, or repeats all that it did, cannot be told from it there and gets its verdict; only the other cases are run. One
 * that differs from its discovery on goes through all cases as `run` does.
 */
export async function runCells(input: CellInput, baseline: Baseline): Promise<Row> {
  const { device, binding, deviation, only } = input;
  if (only === undefined && !repeats(input.emulate(), baseline.discovery)) return runRow(input);
  const verdicts: { [id: string]: CaseVerdict } = {};
  const row = { device, binding, verdicts };
  const isClean = ({ calls, reached }: Cell): boolean =>
    device === CLEAN || (deviation !== undefined && cannotShow(deviation, reached)) || repeats(input.emulate(), calls);
  try {
    for (const entry of await plannedOn(input)) {
      const { id } = entry.case;
      const cell = baseline.cells.get(id);
      if (entry.decision !== 'run') verdicts[id] = entry.decision;
      else if (only !== undefined && !only.has(baseId(id))) continue;
      else if (cell !== undefined && isClean(cell)) verdicts[id] = cell.verdict;
      else verdicts[id] = await settleAlone(entry, input.openAlone(), input);
    }
    return row;
  } catch (thrown) {
    return { ...row, failure: messageOf(thrown) };
  }
}

async function plannedOn(input: CellInput): Promise<readonly PlannedCase[]> {
  const transport = await input.open();
  await transport.close();
  return input.plan(transport);
}

async function settleAlone(entry: PlannedCase, transport: Transport, input: RowInput): Promise<CaseVerdict> {
  try {
    const run = runOn(transport, input);
    // Only after a hazard it matters who the device was.
    await (entry.case.hazard === undefined ? run.find() : run.discover());
    const { verdict } = await run.settle(entry);
    const [changed] = await run.finish();
    return changed?.verdict ?? verdict;
  } finally {
    await transport.close();
  }
}
