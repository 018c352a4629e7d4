import { decodeBody, findCommand } from '../codec/command';
import type { FieldValues } from '../codec/field-spec';
import { fromHex } from '../codec/octets';
import type { Setting } from '../record/journal';
import type { RecordSink } from '../record/lines';
import type { Requester } from '../requester/requester';
import type { Environment } from '../resolve';
import { NOWHERE, resolve } from '../resolve';
import type { MessageSpec, Step, Template, TemplateMap } from '../suite/compiled';

type SettingName = Setting['what'];

/** How a setting is moved, read and given back. `port` says of which port, or which effecter. */
interface Way {
  readonly set: string;
  readonly get: string;
  /** The port that a step with these fields moves; undefined where it moves something else. */
  readonly moves: (fields: TemplateMap) => Template | undefined;
  readonly asking: (port: number) => FieldValues & TemplateMap;
  readonly valueIn: (answer: FieldValues) => unknown;
  readonly giving: (port: number, value: number) => TemplateMap;
}

const TRANSMISSION_UNIT = 3;
const REQUEST_SET = 1;

const ways: { readonly [N in SettingName]: Way } = {
  /** MCTP transmission units of an NVMe subsystem's ports (NVMe-MI 5.1 and 5.2, configuration 3). */
  'transmission-unit': {
    set: 'nvme-mi/configurationSet',
    get: 'nvme-mi/configurationGet',
    moves: ({ configuration, port = 0 }) => (configuration === TRANSMISSION_UNIT ? port : undefined),
    asking: (port) => ({ configuration: TRANSMISSION_UNIT, port }),
    valueIn: ({ transmissionUnit }) => transmissionUnit,
    giving: (port, value) => ({ configuration: TRANSMISSION_UNIT, port, value }),
  },
  /** State effecters of one state (DSP0248 22.2, 22.3): the LED of a bay. */
  'effecter-state': {
    set: 'pldm/setStateEffecterStates',
    get: 'pldm/getStateEffecterStates',
    moves: ({ effecterId }) => effecterId,
    asking: (port) => ({ effecterId: port }),
    valueIn: ({ fields }) => (Array.isArray(fields) && fields.length === 1 ? fields[0]?.pendingState : undefined),
    giving: (port, value) => ({
      ...{ effecterId: port, fieldCount: 1 },
      fields: [{ setRequest: REQUEST_SET, effecterState: value }],
    }),
  },
};

const names = Object.keys(ways) as readonly SettingName[];

const message = (command: string, fields: TemplateMap): MessageSpec => ({
  ...{ command, fields, message: {}, packet: {}, frame: {} },
});

export type Place = Pick<Setting, 'what' | 'port'>;

/** What a step is about to move besides the EID; undefined: nothing. */
export function settingMovedBy(step: Step, env: Environment): Place | undefined {
  if (step.kind !== 'request' && step.kind !== 'send') return undefined;
  for (const what of names) {
    if (step.command !== ways[what].set) continue;
    const port = resolve(ways[what].moves(step.fields) ?? null, env);
    return typeof port === 'number' ? { what, port } : undefined;
  }
  return undefined;
}

/** Reads what is there before it is moved, writes it down, and puts it back (design law 7). */
export class Settings {
  private before: readonly Setting[] = [];
  private readonly requester: Requester;
  private readonly sink: RecordSink;
  private readonly physicalAddress: number;

  constructor(requester: Requester, sink: RecordSink, physicalAddress: number) {
    this.requester = requester;
    this.sink = sink;
    this.physicalAddress = physicalAddress;
  }

  /** What puts everything back that is moved now. */
  get messages(): readonly MessageSpec[] {
    return this.before.map(({ what, port, value }) => message(ways[what].set, ways[what].giving(port, value)));
  }

  get areMoved(): boolean {
    return this.before.length > 0;
  }

  /** Writes down what is there now; true where that was new. A device that does not say it cannot be given it back. */
  async remember({ what, port }: Place): Promise<boolean> {
    if (this.before.some((known) => known.what === what && known.port === port)) return false;
    const value = await this.read(what, port);
    if (value === undefined) return false;
    this.sink.write({ type: 'journal', what, value, port, physicalAddress: this.physicalAddress });
    this.before = [...this.before, { what, port, value }];
    return true;
  }

  /** Gives everything back; what the device does not take stays in the journal. */
  async restore(): Promise<void> {
    const left: Setting[] = [];
    for (const setting of this.before) if (!(await this.putBack(setting))) left.push(setting);
    this.before = left;
  }

  async putBack({ what, port, value }: Setting): Promise<boolean> {
    if ((await this.read(what, port)) !== value) {
      const { set, giving } = ways[what];
      await this.requester.request(this.requester.build(message(set, giving(port, value)), NOWHERE), 'restore');
      if ((await this.read(what, port)) !== value) return false;
    }
    this.sink.write({ type: 'restored', what, value, port });
    return true;
  }

  private async read(what: SettingName, port: number): Promise<number | undefined> {
    const { requester } = this;
    const { get, asking, valueIn } = ways[what];
    const known = findCommand(requester.sets, get);
    const set = known && requester.sets[known.set];
    if (set === undefined) return undefined;
    const { response } = await requester.request(requester.build(message(get, asking(port)), NOWHERE), 'restore');
    if (response === undefined) return undefined;
    const { completionCode, fields } = decodeBody(set, fromHex(response.body), 'response', known, asking(port));
    const value = valueIn(fields);
    return completionCode === 0 && typeof value === 'number' ? value : undefined;
  }
}
