import type { Reached } from '../emulator/deviations/reach';
import { cannotShow, nothingReached } from '../emulator/deviations/reach';
import type { Device } from '../emulator/device';
import type { Deviation } from '../emulator/endpoint-types';
import type { Alike, Call } from '../emulator/trace';
import { repeats, traced } from '../emulator/trace';
import { messageOf } from '../errors';
import type { CaseVerdict } from '../names';
import { baseId } from '../profile/ways';
import type { PlannedCase } from '../record/lines';
import type { Arrival } from '../requester/gather';
import type { Transport } from '../transport/transport';
import type { Reads } from './reads';
import { alikeButUnread, notingReads } from './reads';
import type { Row, RowInput } from './selftest';
import { CLEAN, noteChecks, runOn, runRow } from './selftest';

/** What the clean device is told of one case, and what it was asked and did for that, from its discovery to the end. */
interface Cell extends Doings {
  readonly verdict: CaseVerdict;
  readonly reached: Reached;
}

/** What a device did, and which frames would have done as well. */
interface Doings {
  readonly calls: readonly Call[];
  readonly alike: Alike | undefined;
}

/** Each case on a clean device of its own that has an EID, and its discovery alone. */
export interface Baseline {
  readonly cells: ReadonlyMap<string, Cell>;
  readonly discovery: Doings;
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
    const reads = new Set<string>();
    const reached = nothingReached();
    const transport = input.openNoting(reached, (device) => traced(device, calls));
    const verdict = await settleAlone(entry, transport, input, notingReads(reads));
    cells.set(entry.case.id, { verdict, reached, calls, alike: alikeIn(calls, reads, input) });
  }
  const calls: Call[] = [];
  const reads = new Set<string>();
  const transport = input.openNoting(nothingReached(), (device) => traced(device, calls));
  await runOn(transport, input, notingReads(reads)).find();
  await transport.close();
  return { cells, discovery: { calls, alike: alikeIn(calls, reads, input) } };
}

/** A frame that we did not acknowledge is handed back to the device: then it matters to the octet. */
function alikeIn(calls: readonly Call[], reads: Reads, { binding }: CellInput): Alike | undefined {
  if (binding !== 'smbus' || calls.some(({ kind }) => kind === 'refused')) return undefined;
  return (own, other) => alikeButUnread(own, other, reads);
}

/**
 * Every planned case against one device, each on a device of its own that has an EID. A device that cannot differ from the
 * clean one in a case, or repeats all that it did but for what nobody looked at, cannot be told from it there and gets its
 * verdict; only the other cases are run. One that differs from its discovery on goes through all cases as `run` does.
 */
export async function runCells(input: CellInput, baseline: Baseline): Promise<Row> {
  const { device, binding, deviation, only } = input;
  const repeated = ({ calls, alike }: Doings): boolean => repeats(input.emulate(), calls, alike);
  if (only === undefined && !repeated(baseline.discovery)) return runRow(input);
  const verdicts: { [id: string]: CaseVerdict } = {};
  const row = { device, binding, verdicts };
  const isClean = (cell: Cell): boolean =>
    device === CLEAN || (deviation !== undefined && cannotShow(deviation, cell.reached)) || repeated(cell);
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

async function settleAlone(
  entry: PlannedCase,
  transport: Transport,
  input: RowInput,
  watch?: (arrival: Arrival) => Arrival,
): Promise<CaseVerdict> {
  try {
    const run = runOn(transport, input, watch);
    // Only after a hazard it matters who the device was.
    await (entry.case.hazard === undefined ? run.find() : run.discover());
    const outcome = await run.settle(entry);
    const [changed = outcome] = await run.finish();
    noteChecks(input.notes, changed);
    return changed.verdict;
  } finally {
    await transport.close();
  }
}
