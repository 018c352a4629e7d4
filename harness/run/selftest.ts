import type { CaseVerdict } from '../names';
import type { PlannedCase, RecordSink } from '../record/lines';
import { memorySink } from '../record/writer';
import type { Claims, CompiledProfile, Library, Parameters } from '../suite/compiled';
import type { Transport } from '../transport/transport';
import { openRun, scopeOf } from './session';

/** One device against every planned case. `verdicts` by case id. */
export interface Row {
  readonly device: string;
  readonly verdicts: ReadonlyMap<string, CaseVerdict>;
  /** What went wrong where a device cannot even be discovered. */
  readonly failure?: string;
}

export interface SelftestInput {
  readonly library: Library;
  readonly profile: CompiledProfile;
  readonly claims: Claims;
  readonly parameters: Parameters;
  readonly transport: Transport;
  readonly planned: readonly PlannedCase[];
}

/** Runs every planned case against one device, without jest and without a record on disk. */
export async function runRow(device: string, input: SelftestInput): Promise<Row> {
  const { library, claims, parameters, transport, planned } = input;
  const { commands, requirements } = library;
  const scope = scopeOf(transport, parameters, { exclusive: true, allow: [] });
  const sink: RecordSink =
    process.env.MCTP_CERTIFY_TRACE === device ? memorySink(transport.clock) : { write: () => undefined };
  const run = openRun({
    transport,
    sink,
    commands,
    requirements,
    parameters,
    claims,
    scope,
    strict: false,
    thorough: false,
  });
  const verdicts = new Map<string, CaseVerdict>();
  try {
    await run.discover();
    for (const entry of planned) verdicts.set(entry.case.id, (await run.settle(entry)).verdict);
    for (const outcome of await run.finish()) verdicts.set(outcome.case.id, outcome.verdict);
    return { device, verdicts };
  } catch (thrown) {
    return { device, verdicts, failure: thrown instanceof Error ? thrown.message : String(thrown) };
  } finally {
    await transport.close();
  }
}
