import { MILLISECOND } from '../../clock';
import type { EmulatedClass } from '../../emulator/classes';
import type { Deviation } from '../../emulator/endpoint-types';
import { planRun } from '../../plan';
import type { RecordLine } from '../../record/lines';
import type { MemorySink } from '../../record/writer';
import { memorySink } from '../../record/writer';
import type { Library, Parameters } from '../../suite/compiled';
import { openBuiltIn } from '../../suite/library';
import { commands } from '../../suite/testing/command-tables';
import { check } from '../../suite/testing/fixtures';
import { openSim } from '../../transport/sim';
import type { Transmission, Transport, TransportEvent } from '../../transport/transport';
import type { CaseOutcome, Run } from '../runner';
import { openRun, scopeOf } from '../session';

/** Some cases against an emulated device on virtual time, with faults made in the test. */
export interface Bench {
  readonly run: Run;
  readonly sink: MemorySink;
  readonly transport: Transport;
  /** Discovery, every case, and the end, as a run does it. The last word on each case, in the order of the plan. */
  whole(): Promise<readonly CaseOutcome[]>;
  settleAll(): Promise<readonly CaseOutcome[]>;
  lines<T extends RecordLine['type']>(type: T): readonly Extract<RecordLine, { readonly type: T }>[];
  /** `SET_ENDPOINT_ID` frames and the like: control command codes that were sent, with their purpose. */
  sent(): readonly string[];
}

export interface BenchOptions {
  /** Of the emulated device; a network card unless it is said. */
  readonly class?: EmulatedClass;
  readonly deviations?: readonly Deviation['change'][];
  /** The device's EID from the start; 0: not assigned. */
  readonly eid?: number;
  readonly exclusive?: boolean;
  readonly parameters?: Parameters;
  readonly watchdogMs?: number;
  readonly wrap?: (transport: Transport) => Transport;
}

const { library: builtIn } = openBuiltIn();

/** The compiled cases of `T/topic`, from the lines of each after its title. */
function libraryOf(suite: string): Library {
  const { library, problems } = check(suite, {});
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
  return library;
}

export function bench(suite: string, options: BenchOptions = {}): Bench {
  const library = libraryOf(suite);
  const profile = { ...builtIn.profiles.endpoint, suites: ['T/topic'] } as Library['profiles'][string];
  const parameters = { ...profile.parameters, ...options.parameters };
  const claims = {};
  const deviations = (options.deviations ?? []).map((change, index) => ({ name: `fault-${index}`, title: '', change }));
  const sim = openSim(
    { uri: 'sim:nic', class: options.class ?? 'nic', binding: 'smbus', deviations: deviations.map(({ name }) => name) },
    { commands, deviations, ...(options.eid === undefined ? {} : { eid: options.eid }) },
  );
  const transport = { ...(options.wrap?.(sim) ?? sim), disposable: options.exclusive !== false };
  const sink = memorySink(transport.clock);
  const scope = scopeOf(transport, parameters, { exclusive: false, allow: [] });
  const { requirements } = library;
  const input = { transport, sink, commands, requirements, parameters, claims, scope, strict: false, thorough: false };
  const { watchdogMs } = options;
  const run = openRun({ ...input, ...(watchdogMs === undefined ? {} : { watchdogMs }) });
  const planned = planRun({ profile, library, claims, parameters, scope, select: [] });
  const settleAll = async (): Promise<readonly CaseOutcome[]> => {
    const outcomes: CaseOutcome[] = [];
    for (const entry of planned) outcomes.push(await run.settle(entry));
    return outcomes;
  };
  const lines: Bench['lines'] = (type) =>
    sink.lines.filter((line): line is Extract<RecordLine, { readonly type: typeof type }> => line.type === type);
  return {
    run,
    sink,
    transport,
    settleAll,
    lines,
    async whole() {
      await run.discover();
      const first = await settleAll();
      const changed = await run.finish();
      await transport.close();
      return first.map((outcome) => changed.find((later) => later.case.id === outcome.case.id) ?? outcome);
    },
    sent: () =>
      lines('frame')
        .filter(({ direction }) => direction === 'tx')
        .map(({ purpose, packets }) => `${purpose} ${packets[0]?.slice(12, 14)}`),
  };
}

/** `VERDICT: REASON` of every case. */
export function verdicts(outcomes: readonly CaseOutcome[]): readonly string[] {
  return outcomes.map(({ verdict, reason }) => (reason === undefined ? verdict : `${verdict}: ${reason}`));
}

/** Ends the way to the device at the so-manieth transmission, before it goes or after its answer. */
export function cutAt(count: number, when: 'before' | 'after'): (transport: Transport) => Transport {
  return (transport) => {
    let sent = 0;
    let gone = false;
    let tell: (event: TransportEvent) => void = () => undefined;
    const cut = (): void => {
      if (gone) return;
      gone = true;
      tell({ kind: 'disconnected', at: transport.clock.now(), detail: 'pulled out' });
    };
    const refused = (): Transmission => ({ delivery: 'refused', at: transport.clock.now(), detail: 'pulled out' });
    return {
      ...transport,
      listen(listener) {
        tell = listener;
        transport.listen((event) => gone || listener(event));
      },
      async send(unit) {
        sent += 1;
        if (sent === count && when === 'before') cut();
        if (gone) return refused();
        const transmission = await transport.send(unit);
        if (sent === count) void transport.clock.timer(transport.clock.now() + 20 * MILLISECOND).done.then(cut);
        return transmission;
      },
    };
  };
}
