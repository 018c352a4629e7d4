import { SECOND } from '../clock';
import { deviations } from '../emulator/deviations';
import type { Deviation, DeviceRequest } from '../emulator/endpoint-types';
import { yaml } from '../suite/testing/fixtures';
import type { Transport } from '../transport/transport';
import type { Bench, BenchOptions } from './testing/bench';
import { bench, cutAt, verdicts } from './testing/bench';

type Change = Deviation['change'];

/** A suite of cases, each by the lines after its requirements. */
function suite(...cases: readonly string[]): string {
  const text = cases.map((lines, index) =>
    [
      `  - id: T/topic/${index + 1}`,
      `    title: does`,
      `    requirements: [DSP0236-PKT-VER-02]`,
      ...yaml(lines)
        .trimEnd()
        .split('\n')
        .map((line) => `    ${line}`),
      '    deviations: [drops-all]',
    ].join('\n'),
  );
  return `suite: T/topic\ntitle: Topic\ncases:\n${text.join('\n')}\n`;
}

const asks = 'needs: messages\nsteps: [{ request: getEndpointId, expect: { completionCode: SUCCESS } }]';
const uuid = 'needs: messages\nsteps: [{ request: getEndpointUuid, expect: { completionCode: SUCCESS } }]';
const moves = `needs: messages
effects: [eid]
steps:
  - request: setEndpointId
    fields: { operation: set, eid: $parameters.spareEid }
    expect: { completionCode: SUCCESS }
  - request: getEndpointId
    expect: { eid: $parameters.spareEid }`;
const silent = `needs: packets
steps: [{ send: getEndpointId, packet: { headerVersion: 0 }, expect: silence }]`;

/** Does something when a command comes, before it is answered. */
const at =
  (command: string, act: (request: DeviceRequest) => unknown): Change =>
  (correct) => ({
    respond: (request, commands) => {
      if (request.command.name === command) act(request);
      return correct.respond(request, commands);
    },
  });

/** Dead from the so-manieth request of a command on; discovery reads the UUID once. */
function dyingAt(command: string, count: number): Change {
  let seen = 0;
  return at(command, ({ state }) => {
    seen += 1;
    if (seen === count) state.alive = false;
  });
}

/** Deaf to so many packets after the so-manieth request of a command. */
function deafAfter(command: string, count: number, packets: number): Change {
  let seen = 0;
  let left = 0;
  return (correct) => ({
    respond: (request, commands) => {
      if (request.command.name === command) {
        seen += 1;
        if (seen === count) left = packets;
      }
      return left > 0 ? 'silence' : correct.respond(request, commands);
    },
    acceptsPacket: (packet, state) => {
      if (left === 0) return correct.acceptsPacket(packet, state);
      left -= 1;
      return false;
    },
  });
}

const open = (text: string, options: BenchOptions = {}): Bench => bench(text, options);

describe('discovery', () => {
  it('gives an EID to a device without one, and writes down before that it had none', async () => {
    const at = open(suite(asks));
    expect(await at.run.discover()).toMatchObject({ eid: 9, types: expect.any(Array), uuid: expect.any(String) });
    expect(at.lines('journal')).toMatchObject([{ what: 'eid', value: 0 }]);
    const journal = at.sink.lines.findIndex(({ type }) => type === 'journal');
    const set = at.sink.lines.findIndex((line) => line.type === 'frame' && line.packets[0]?.slice(12, 14) === '01');
    expect(journal).toBeLessThan(set);
    expect(at.lines('device')).toMatchObject([{ identity: { eid: 9 } }]);
  });

  it('leaves the EID of one that has it alone', async () => {
    const at = open(suite(asks), { eid: 0x33 });
    expect((await at.run.discover()).eid).toBe(0x33);
    expect(at.lines('journal')).toEqual([]);
    expect(at.sent()).not.toContain('discovery 01');
  });

  it('moves nothing without leave, or beside another owner', async () => {
    for (const options of [{ exclusive: false }, { parameters: { owner: 'other' } }]) {
      const at = open(suite(asks), options);
      expect((await at.run.discover()).eid).toBe(0);
      expect(at.sent()).not.toContain('discovery 01');
    }
  });

  it('blames nothing on a device that does not answer, or no longer', async () => {
    const dead = open(suite(asks), { deviations: [() => ({ acceptsPacket: () => false })] });
    await expect(dead.run.discover()).rejects.toMatchObject({ code: 'DEVICE_SILENT' });
    const dying = open(suite(asks), { eid: 0x33, deviations: [dyingAt('getEndpointUuid', 1)] });
    await expect(dying.run.discover()).rejects.toThrow(/at first and does not any more/);
    const gone = open(suite(asks), { wrap: cutAt(2, 'before') });
    await expect(gone.run.discover()).rejects.toMatchObject({ code: 'DEVICE_LOST' });
  });
});

/** Says something else instead of every answer. */
const saying = (bodyOf: (nth: number, body: Uint8Array) => Uint8Array): Change => {
  let nth = 0;
  return () => ({ message: (message) => [{ ...message, body: bodyOf(nth++, message.body) }] });
};

describe('discovery of what answers something else', () => {
  it('takes whoever does so twice for a device', async () => {
    const wrongCode = saying((_, body) => body.with(2, 0x7a));
    expect((await open(suite(asks), { eid: 0x33, deviations: [wrongCode] }).run.discover()).eid).toBe(0x33);
    const wrongType = saying((_, body) => body.with(0, 0x05));
    expect((await open(suite(asks), { eid: 0x33, deviations: [wrongType] }).run.discover()).eid).toBe(0x33);
  });

  it('takes noise, of which now and then something fits, for no device', async () => {
    const noise = saying((nth) => Uint8Array.of(0x11 + nth, 0x20, 0x30 + nth, 0x40, 0x50));
    await expect(open(suite(asks), { eid: 0x33, deviations: [noise] }).run.discover()).rejects.toMatchObject({
      code: 'DEVICE_SILENT',
    });
  });
});

describe('the LED of a bay', () => {
  const lights = suite(
    'needs: messages\neffects: [persistent]\nsteps: [{ request: pldm/setStateEffecterStates, fields: { effecterId: 832, fieldCount: 1, fields: [{ setRequest: requestSet, effecterState: 2 }] }, expect: { completionCode: SUCCESS } }]',
  );

  it('that a case leaves lit is put out again', async () => {
    const at = open(lights, { class: 'hba', eid: 0x33 });
    expect(verdicts(await at.whole())).toEqual(['pass']);
    const order = at.sink.lines.flatMap((line) =>
      line.type === 'journal' || line.type === 'restored'
        ? [`${line.type} ${line.what} ${line.port} ${line.value}`]
        : [],
    );
    expect(order).toEqual(['journal effecter-state 832 1', 'restored effecter-state 832 1']);
  });
});

describe('the transmission unit of a port', () => {
  const widens =
    'needs: messages\neffects: [bus-disruptive]\nsteps: [{ request: nvme-mi/configurationSet, fields: { configuration: transmissionUnit, port: PORT, value: VALUE }, expect: anything }]';
  const widening = (port: number, value: number): string =>
    suite(widens.replace('PORT', `${port}`).replace('VALUE', `${value}`));
  const story = (at: Bench): readonly string[] =>
    at.sink.lines.flatMap((line) =>
      line.type === 'journal' || line.type === 'restored' ? [`${line.type} ${line.what} ${line.value}`] : [],
    );
  const card = { class: 'ssd', eid: 0x33 } as const;
  const unitOf = async (at: Bench): Promise<unknown> => {
    await at.run.discover();
    return at.run.putBack({ what: 'transmission-unit', value: 64, port: 1, physicalAddress: 0x1d });
  };

  it('is written down before a case moves it, and given back after', async () => {
    const at = open(widening(1, 250), card);
    expect(verdicts(await at.whole())).toEqual(['pass']);
    const order = at.sink.lines.flatMap((line) => {
      if (line.type === 'journal' || line.type === 'restored') return [`${line.type} ${line.what} ${line.value}`];
      return line.type === 'frame' && line.direction === 'tx' && line.purpose === 'stimulus' ? ['stimulus'] : [];
    });
    expect(order).toEqual(['journal transmission-unit 64', 'stimulus', 'restored transmission-unit 64']);
  });

  it('that the device has not is not written down', async () => {
    const at = open(widening(7, 250), card);
    await at.whole();
    expect(story(at)).toEqual([]);
  });

  it('stays in the journal where the device does not take it back, and restore says so', async () => {
    const stubborn = (): Change => {
      let sets = 0;
      return (correct) => ({
        respond: (request, commands) => {
          if (request.command.name !== 'nvme-mi/configurationSet') return correct.respond(request, commands);
          sets += 1;
          return sets === 1 ? correct.respond(request, commands) : { fields: { completionCode: 4 } };
        },
      });
    };
    const at = open(widening(1, 250), { ...card, deviations: [stubborn()] });
    await at.whole();
    expect(story(at)).toEqual(['journal transmission-unit 64']);
    const refused = open(widening(1, 250), { ...card, deviations: [stubborn()] });
    await refused.run.discover();
    await refused.settleAll();
    expect(await unitOf(refused)).toBe('refused');
    const able = open(widening(1, 250), card);
    expect(await unitOf(able)).toBe('restored');
  });
});

describe('the EID', () => {
  it('is written down before a case moves it, and given back after', async () => {
    const at = open(suite(moves, asks), { eid: 0x33 });
    expect(verdicts(await at.whole())).toEqual(['pass', 'pass']);
    const order = at.sink.lines.flatMap((line) => {
      if (line.type === 'journal' || line.type === 'restored') return [`${line.type} ${line.value}`];
      return line.type === 'frame' && line.packets[0]?.slice(12, 14) === '01' && line.direction === 'tx'
        ? [line.purpose]
        : [];
    });
    expect(order).toEqual(['journal 51', 'discovery', 'stimulus', 'restore', 'restored 51']);
  });

  it('is forced back upon a device that refuses the plain operation', async () => {
    let sets = 0;
    const stubborn: Change = (correct) => ({
      respond: (request, commands) => {
        if (request.command.name !== 'setEndpointId' || request.fields.operation !== 0)
          return correct.respond(request, commands);
        sets += 1;
        return sets <= 2 ? correct.respond(request, commands) : { fields: { completionCode: 1 } };
      },
    });
    const at = open(suite(moves), { eid: 0x33, deviations: [stubborn] });
    await at.whole();
    expect(at.lines('restored')).toMatchObject([{ value: 0x33 }]);
  });

  it('of a bridge has a pool that nothing takes back, and the record says so once', async () => {
    const allocates =
      'needs: messages\neffects: [eid]\nsteps: [{ request: allocateEndpointIds, fields: { operation: OPERATION, count: 0, firstEid: 0 }, expect: anything }]';
    const notes = async (...operations: readonly string[]): Promise<readonly string[]> => {
      const bench = open(suite(...operations.map((operation) => allocates.replace('OPERATION', operation))), {
        eid: 9,
      });
      await bench.whole();
      return bench.lines('note').map(({ text }) => text);
    };
    expect(await notes('query')).toEqual([]);
    expect(await notes('allocate', 'force')).toEqual([expect.stringMatching(/a pool cannot be taken back/)]);
  });

  it('stays in the journal where it cannot be given back', async () => {
    let sets = 0;
    const keeping: Change = at('setEndpointId', () => {
      sets += 1;
    });
    const refusing: Change = (correct) => ({
      respond: (request, commands) =>
        request.command.name === 'setEndpointId' && sets > 2
          ? { fields: { completionCode: 1 } }
          : correct.respond(request, commands),
    });
    const bench = open(suite(moves), { eid: 0x33, deviations: [refusing, keeping] });
    await bench.whole();
    expect(bench.lines('journal')).toHaveLength(1);
    expect(bench.lines('restored')).toEqual([]);
  });

  it('put back by restore: done, refused, or nobody there', async () => {
    const ownEid = { what: 'eid', value: 0x33, physicalAddress: 0x1d } as const;
    const able = open(suite(asks), { eid: 10 });
    expect(await able.run.putBack(ownEid)).toBe('restored');
    expect(able.lines('restored')).toMatchObject([{ value: 0x33 }]);
    const refusing: Change = () => ({ respond: () => ({ fields: { completionCode: 1 } }) });
    expect(await open(suite(asks), { eid: 10, deviations: [refusing] }).run.putBack(ownEid)).toBe('refused');
    expect(await open(suite(asks), { deviations: [() => ({ acceptsPacket: () => false })] }).run.putBack(ownEid)).toBe(
      'silent',
    );
  });
});

describe('a device that dies', () => {
  it('is named with its killer, and the later cases are blocked by it', async () => {
    const at = open(suite(asks, uuid, asks, uuid), { deviations: [dyingAt('getEndpointUuid', 2)] });
    const outcomes = await at.whole();
    const blocked = 'blocked: the device did not survive T/topic/2';
    expect(verdicts(outcomes)).toEqual(['pass', 'fail', blocked, blocked]);
    expect(at.lines('life')).toMatchObject([{ case: 'T/topic/2', life: { alive: false } }]);
    expect(outcomes[1]?.judgement?.checks.map(({ id, verdict }) => `${id} ${verdict}`)).toContain(
      'T/topic/2#life fail',
    );
  });

  it('and comes back: its killer fails, the others run', async () => {
    // The request three times, and three times each of three probes; the next is after a pause.
    const at = open(suite(asks, uuid, asks), { eid: 0x33, deviations: [deafAfter('getEndpointUuid', 2, 11)] });
    expect(verdicts(await at.whole())).toEqual(['pass', 'fail', 'pass']);
    expect(at.lines('life')).toMatchObject([
      { life: { alive: true, recovered: expect.stringMatching(/came back after/) } },
    ]);
  });

  describe('is not said to be dead where nothing got onto the wires', () => {
    /** The transport refuses so many transmissions behind the first so many. */
    const stuckAt =
      (from: number, count: number) =>
      (transport: Transport): Transport => {
        let sent = 0;
        return {
          ...transport,
          clock: transport.clock,
          listen: (listener) => transport.listen(listener),
          close: () => transport.close(),
          send: async (unit) => {
            sent += 1;
            if (sent <= from || sent > from + count) return transport.send(unit);
            return { delivery: 'refused', at: transport.clock.now(), detail: 'the bus is stuck' };
          },
        };
      };

    it('any more', async () => {
      const at = open(suite(moves, asks), { eid: 0x33, wrap: stuckAt(4, 1e9) });
      const [first, second] = verdicts(await at.whole());
      expect(first).toMatch(/^error: .*the bus is stuck/);
      expect(second).toMatch(/^blocked: nothing gets onto the wires since T\/topic\/1: the bus is stuck/);
    });

    it('for a while', async () => {
      const clean = open(suite(moves, asks), { eid: 0x33 });
      await clean.whole();
      for (let from = 3; from < clean.sent().length; from += 1) {
        const outcomes = await open(suite(moves, asks), { eid: 0x33, wrap: stuckAt(from, 4) }).whole();
        const blamed = outcomes
          .flatMap(({ judgement }) => judgement?.checks ?? [])
          .filter((each) => each.verdict === 'fail');
        expect({ from, blamed }).toEqual({ from, blamed: [] });
      }
    });
  });

  it('after the last case is that case killed by it', async () => {
    // Twice in discovery, once in each case: the fifth is the probe at the end.
    const at = open(suite(asks, asks), { eid: 0x33, deviations: [dyingAt('getEndpointId', 5)] });
    await at.run.discover();
    expect(verdicts(await at.settleAll())).toEqual(['pass', 'pass']);
    expect(verdicts(await at.run.finish())).toEqual(['fail']);
    expect(at.lines('life')).toMatchObject([{ case: 'T/topic/2', life: { alive: false } }]);
  });

  /** Wherever the way is cut, the outcome is red, and nothing that comes after the cut is green. */
  describe.each(['before', 'after'] as const)('cut %s a transmission', (when) => {
    it('is never conformant', async () => {
      const text = suite(asks, moves, silent, uuid);
      const clean = open(text, { eid: 0x33 });
      expect(verdicts(await clean.whole())).toEqual(['pass', 'pass', 'pass', 'pass']);
      const total = clean.sent().length;
      const discovery = clean.sent().filter((what) => what.startsWith('discovery')).length;
      for (let count = 1; count <= total; count += 1) {
        const at = open(text, { eid: 0x33, wrap: cutAt(count, when) });
        const outcomes = await at.whole().catch((thrown: { readonly code?: string }) => thrown.code);
        if (typeof outcomes === 'string') {
          expect({ count, outcomes }).toEqual({ count, outcomes: 'DEVICE_LOST' });
          expect(count).toBeLessThanOrEqual(discovery);
          continue;
        }
        const found = (outcomes ?? []).map(({ verdict }) => verdict);
        const killer = found.indexOf('fail');
        // A cut 20 ms after the last transmission comes when everything is over.
        if (count === total && when === 'after') continue;
        expect({ count, found, killed: killer >= 0 }).toEqual({ count, found, killed: true });
        expect(found.slice(0, killer).every((verdict) => verdict === 'pass')).toBe(true);
        expect(found.slice(killer + 1).every((verdict) => verdict === 'blocked')).toBe(true);
      }
    });
  });
});

describe('late answers', () => {
  /** Answers what it should drop, long after the twin has been answered. */
  const late: Change = (correct) => {
    let wrong = false;
    return {
      acceptsPacket: (packet, state) => {
        wrong = packet.headerVersion !== 1;
        return correct.acceptsPacket(packet, state);
      },
      message: (message, request, state) =>
        correct.message(wrong ? { ...message, delayNs: message.delayNs + SECOND / 2 } : message, request, state),
    };
  };

  const accepting: Change = (correct) =>
    deviations.find(({ name }) => name === 'accepts-any-header-version')?.change(correct) ?? {};

  it('fail the case that had passed by its twin', async () => {
    const at = open(suite(silent, asks), { eid: 0x33, deviations: [accepting, late] });
    await at.run.discover();
    const first = await at.settleAll();
    const changed = await at.run.finish();
    expect(verdicts(first)).toEqual(['pass', 'pass']);
    expect(verdicts(changed)).toEqual(['fail']);
    expect(changed[0]?.judgement?.checks[0]?.actual).toMatch(/answered late, after/);
    expect(at.lines('case.end').map(({ case: id, verdict }) => `${id} ${verdict}`)).toEqual([
      'T/topic/1 pass',
      'T/topic/2 pass',
      'T/topic/1 fail',
    ]);
  });
});

describe('what is not the device', () => {
  it('a stuck case is an error after the watchdog, and the later ones are blocked', async () => {
    let stuck = false;
    const wrap = (transport: Transport): Transport => ({
      ...transport,
      send: (unit) => (stuck ? new Promise(() => undefined) : transport.send(unit)),
    });
    const at = open(suite(asks, asks), { eid: 0x33, wrap, watchdogMs: 20 });
    await at.run.discover();
    stuck = true;
    expect(verdicts(await at.settleAll())).toEqual([
      'error: stuck for 0.02 s of wall-clock time',
      'blocked: the device did not survive T/topic/1',
    ]);
  });

  it('an interrupted case is an error, and the EID is given back', async () => {
    const text = suite(moves);
    let run: Bench['run'] | undefined;
    // Not when it is sent to give the EID back.
    const interrupting = at('setEndpointId', () => run?.interrupted === false && run.interrupt());
    const bench = open(text, { eid: 0x33, deviations: [interrupting] });
    run = bench.run;
    await run.discover();
    expect(verdicts(await bench.settleAll())).toEqual(['error: interrupted']);
    await run.leave();
    expect(bench.lines('journal')).toHaveLength(1);
    expect(bench.lines('restored')).toMatchObject([{ value: 0x33 }]);
  });

  it('a value that no answer held leaves the rest of the case undone', async () => {
    const saves = `needs: messages
effects: [eid]
steps:
  - request: getEndpointUuid
    expect: { completionCode: SUCCESS }
    save: { known: uuid }
  - request: setEndpointId
    fields: { operation: set, eid: $saved.known }
    expect: anything`;
    const lacking: Change = (correct) => ({
      supports: (known, state) => known.name !== 'getEndpointUuid' && correct.supports(known, state),
    });
    const at = open(suite(saves), { eid: 0x33, deviations: [lacking] });
    expect(verdicts(await at.whole())).toEqual(['fail']);
    expect(at.sent()).not.toContain('stimulus 01');
  });
});
