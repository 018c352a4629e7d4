import { SECOND } from '../clock';
import type { Reached, Unseen } from '../emulator/deviations/reach';
import { cannotShow, nothingReached } from '../emulator/deviations/reach';
import type { Device } from '../emulator/device';
import type { Deviation } from '../emulator/endpoint-types';
import { hasPulse } from '../emulator/pulse';
import type { Call } from '../emulator/trace';
import { repeats, traced } from '../emulator/trace';
import { messageOf } from '../errors';
import type { CaseVerdict } from '../names';
import { baseId } from '../profile/ways';
import type { PlannedCase } from '../record/lines';
import type { Arrival } from '../requester/gather';
import type { Transport } from '../transport/transport';
import type { Reads } from './reads';
import { alikeButUnread, notingReads, packetsButUnread } from './reads';
import type { Row, RowInput } from './selftest';
import { CLEAN, noteChecks, runOn, runRow } from './selftest';
import { WalkMemory } from './walk-memory';

/** As long as late answers are waited for after a case. */
const LATE = SECOND;

/** What the clean device is told of one case, and what it was asked and did for that, from its first octet to the end. */
interface Cell {
  readonly verdict: CaseVerdict;
  readonly reached: Reached;
  readonly calls: readonly Call[];
  /** What nobody would have noticed. */
  readonly unseen: Unseen | undefined;
}

/** Each case on a clean device of its own. */
export type Baseline = ReadonlyMap<string, Cell>;

type Watch = (device: Device) => Device;

export interface CellInput extends RowInput {
  /** The EID that the device of a case alone has. */
  readonly eid: number;
  /** The device of a case alone: one that has its EID. */
  readonly openAlone: (watch?: Watch) => Transport;
  readonly emulate: () => Device;
  /** A clean device that notes what it is asked. */
  readonly openNoting: (reached: Reached, watch: Watch) => Transport;
  /** What is wrong with the device, where it is a deviation of ours. */
  readonly deviation?: Deviation | undefined;
  /** Ids of cases that are proven on this device in the matrix of another profile. */
  readonly elsewhere: ReadonlySet<string>;
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
    const verdict = await settleAlone(entry, transport, { ...input, found: true }, () => true, {
      watch: notingReads(reads),
    });
    cells.set(entry.case.id, { verdict, reached, calls, unseen: unseenIn(calls, reads, input) });
  }
  return cells;
}

/** A frame that we did not acknowledge is handed back to the device: then it matters to the octet. */
function unseenIn(calls: readonly Call[], reads: Reads, { binding }: CellInput): Unseen | undefined {
  if (calls.some(({ kind }) => kind === 'refused')) return undefined;
  return {
    packet: (own, other) => packetsButUnread(own, other, reads),
    frame: (own, other) => alikeButUnread(own, other, reads, binding),
  };
}

/**
 * Every planned case against one device, each on a device of its own that has an EID. A device that cannot differ from the
 * clean one in a case, or repeats all that it did but for what nobody looked at, cannot be told from it there and gets its
 * verdict; only the other cases are run. One that is not found as the clean one is goes through all cases as `run` does.
 */
export async function runCells(input: CellInput, baseline: Baseline): Promise<Row> {
  const { device, binding, deviation, elsewhere, only } = input;
  const found = await isFound(input);
  if (only === undefined && !found) return runRow(input);
  const verdicts: { [id: string]: CaseVerdict } = {};
  const row = { device, binding, verdicts };
  // As in a run on one device, where dozens of cases begin with the same walk.
  const walks = new WalkMemory(input.library.commands, true);
  const isClean = (cell: Cell): boolean =>
    device === CLEAN ||
    (deviation !== undefined && cannotShow(deviation, cell.reached, cell.unseen)) ||
    repeated(cell, input);
  try {
    for (const entry of await plannedOn(input)) {
      const { id } = entry.case;
      if (elsewhere.has(id)) continue;
      const cell = baseline.get(id);
      if (entry.decision !== 'run') verdicts[id] = entry.decision;
      else if (only !== undefined && !only.has(baseId(id))) continue;
      else if (cell !== undefined && isClean(cell)) verdicts[id] = cell.verdict;
      else verdicts[id] = await runAlone(entry, input, found, walks);
    }
    return row;
  } catch (thrown) {
    return { ...row, failure: messageOf(thrown) };
  }
}

/** Whether discovery shows what the cases take for granted. */
async function isFound(input: CellInput): Promise<boolean> {
  const transport = input.openAlone();
  try {
    const run = runOn(transport, input);
    await run.find();
    return run.found.home === input.eid && run.found.eid === input.eid;
  } catch {
    return false;
  } finally {
    await transport.close();
  }
}

function repeated({ calls, unseen }: Cell, input: CellInput): boolean {
  const device = input.emulate();
  if (!repeats(device, calls, unseen?.frame)) return false;
  const last = calls.findLast((call) => 'at' in call);
  return hasPulse(device, input.binding, (last !== undefined && 'at' in last ? last.at : 0) + LATE);
}

function runAlone(entry: PlannedCase, input: CellInput, found: boolean, walks: WalkMemory): Promise<CaseVerdict> {
  let own: Device | undefined;
  const transport = input.openAlone((device) => {
    own = device;
    return device;
  });
  const lives = (): boolean => own !== undefined && hasPulse(own, input.binding, transport.clock.now());
  return settleAlone(entry, transport, { ...input, found }, lives, { walks });
}

async function plannedOn(input: CellInput): Promise<readonly PlannedCase[]> {
  const transport = await input.open();
  await transport.close();
  return input.plan(transport);
}

async function settleAlone(
  entry: PlannedCase,
  transport: Transport,
  input: CellInput & { readonly found: boolean },
  lives: () => boolean,
  { watch, walks }: { readonly watch?: (arrival: Arrival) => Arrival; readonly walks?: WalkMemory },
): Promise<CaseVerdict> {
  try {
    const run = runOn(transport, input, watch, walks);
    // Only after a hazard it matters who the device was.
    if (entry.case.hazard !== undefined) await run.discover();
    else if (input.found) run.presume(input.eid);
    else await run.find();
    const outcome = await run.settle(entry);
    const [changed = outcome] = await run.finish(lives);
    noteChecks(input.notes, changed);
    return changed.verdict;
  } finally {
    await transport.close();
  }
}
