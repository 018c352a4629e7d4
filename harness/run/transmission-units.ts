import { decodeBody, findCommand } from '../codec/command';
import { fromHex } from '../codec/octets';
import type { RecordSink } from '../record/lines';
import type { Requester } from '../requester/requester';
import type { Environment } from '../resolve';
import { resolve } from '../resolve';
import type { MessageSpec, Step, TemplateMap } from '../suite/compiled';

/** MCTP transmission units of an NVMe subsystem's ports (NVMe-MI 5.1 and 5.2, configuration 3). */

const TRANSMISSION_UNIT = 3;
const GET = 'nvme-mi/configurationGet';
const SET = 'nvme-mi/configurationSet';

const nowhere: Environment = { parameters: {}, claims: {}, saved: {}, loop: {} };

function spec(command: string, fields: TemplateMap): MessageSpec {
  return { command, fields: { configuration: TRANSMISSION_UNIT, ...fields }, message: {}, packet: {}, frame: {} };
}

const setting = (port: number, value: number): MessageSpec => spec(SET, { port, value });

/** The port whose unit a step is about to move; undefined where it moves none. */
export function portMovedBy(step: Step, env: Environment): number | undefined {
  if (step.kind !== 'request' && step.kind !== 'send') return undefined;
  if (step.command !== SET || step.fields.configuration !== TRANSMISSION_UNIT) return undefined;
  const port = resolve(step.fields.port ?? 0, env);
  return typeof port === 'number' ? port : undefined;
}

/** Reads the unit of a port before it is moved, writes it down, and puts it back (design law 7). */
export class TransmissionUnits {
  private readonly before = new Map<number, number>();
  private readonly requester: Requester;
  private readonly sink: RecordSink;
  private readonly physicalAddress: number;

  constructor(requester: Requester, sink: RecordSink, physicalAddress: number) {
    this.requester = requester;
    this.sink = sink;
    this.physicalAddress = physicalAddress;
  }

  /** What puts everything back that is moved now. */
  get settings(): readonly MessageSpec[] {
    return [...this.before].map(([port, value]) => setting(port, value));
  }

  get areMoved(): boolean {
    return this.before.size > 0;
  }

  /** Writes down what is there now; true where that was new. A device that does not say it cannot be given it back. */
  async remember(port: number): Promise<boolean> {
    if (this.before.has(port)) return false;
    const value = await this.read(port);
    if (value === undefined) return false;
    this.sink.write({ type: 'journal', what: 'transmission-unit', value, port, physicalAddress: this.physicalAddress });
    this.before.set(port, value);
    return true;
  }

  /** Gives every port its unit back; what the device does not take stays in the journal. */
  async restore(): Promise<void> {
    for (const [port, value] of this.before) if (await this.putBack(port, value)) this.before.delete(port);
  }

  async putBack(port: number, value: number): Promise<boolean> {
    if ((await this.read(port)) !== value) {
      await this.requester.request(this.requester.build(setting(port, value), nowhere), 'restore');
      if ((await this.read(port)) !== value) return false;
    }
    this.sink.write({ type: 'restored', what: 'transmission-unit', value, port });
    return true;
  }

  private async read(port: number): Promise<number | undefined> {
    const { requester } = this;
    const known = findCommand(requester.sets, GET);
    const set = known && requester.sets[known.set];
    if (set === undefined) return undefined;
    const { response } = await requester.request(requester.build(spec(GET, { port }), nowhere), 'restore');
    if (response === undefined) return undefined;
    const asked = { configuration: TRANSMISSION_UNIT };
    const { completionCode, fields } = decodeBody(set, fromHex(response.body), 'response', known, asked);
    const { transmissionUnit } = fields;
    return completionCode === 0 && typeof transmissionUnit === 'number' ? transmissionUnit : undefined;
  }
}
