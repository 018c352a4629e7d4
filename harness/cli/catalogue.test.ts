import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBuiltIn } from '../suite/library';
import { runCoverage } from './coverage';
import { runExplain } from './explain';
import { runLint } from './lint';
import { runList } from './list';
import { runPlan } from './plan';

/** The commands that only read: what they print, and how they end. */

const { library } = openBuiltIn();
const cases = library.suites.flatMap((suite) => suite.cases);
const flags = { select: [], exclusive: false, allow: [], json: true };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mctp-certify-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  jest.restoreAllMocks();
});

async function printed(run: () => Promise<number>): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const code = await run();
  write.mockRestore();
  return { code, text };
}

const put = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const profile = (): string =>
  put('own.yaml', 'profile: own\ntitle: Own\nclass: endpoint\nsuites: [DSP0236, DSP0253]\n');

describe('list', () => {
  test('has every case', async () => {
    const { code, text } = await printed(() => runList(undefined, { json: true }));
    expect(code).toBe(0);
    expect((JSON.parse(text) as { cases: unknown[] }).cases).toHaveLength(cases.length);
  });

  test('has the cases of a profile', async () => {
    const { text } = await printed(() => runList(profile(), { json: false }));
    expect(text).toMatch(/^DSP0236\//m);
    expect(text).not.toMatch(/^DSP0237\//m);
  });

  test('has the deviations that these cases catch, and no others', async () => {
    const { text } = await printed(() => runList(profile(), { json: false, deviations: true }));
    expect(text).toMatch(/^accepts-any-header-version {2}\w/m);
    expect(text).not.toMatch(/^smbus-/m);
  });
});

describe('plan', () => {
  test('decides on every case, with a reason for those that do not run', async () => {
    const { code, text } = await printed(() => runPlan(profile(), { ...flags, device: 'bridge:smbus:cat' }));
    const plan = JSON.parse(text) as { cases: { id: string; decision: string; reason?: string }[] };
    expect(code).toBe(0);
    expect(plan.cases).toHaveLength(cases.filter(({ id }) => /^DSP02(36|53)\//.test(id)).length);
    for (const { id, decision, reason } of plan.cases) {
      expect([id, reason === undefined]).toEqual([id, decision === 'run']);
      if (id.startsWith('DSP0253/')) expect(reason).toBe('holds for serial, and this is smbus');
    }
  });

  test('counts what it shows', async () => {
    const { text } = await printed(() => runPlan(profile(), { ...flags, device: 'bridge:serial:cat', json: false }));
    const [, all, run, not, beyond] =
      /(\d+) cases: (\d+) to run, (\d+) not applicable, (\d+) unreachable/.exec(text) ?? [];
    expect(Number(run) + Number(not) + Number(beyond)).toBe(Number(all));
  });
});

describe('explain', () => {
  test.each(cases.map(({ id }) => id))('%s', async (id) => {
    const { code, text } = await printed(() => runExplain(id, { file: [], json: false }));
    expect(code).toBe(0);
    expect(text).toMatch(/Steps\n {2}1\. /);
    expect(text).not.toMatch(/\[object|^ .*(expect|request|send).*\bundefined\b/m);
  });

  test('a requirement, a command and a suite', async () => {
    const text = async (id: string) => (await printed(() => runExplain(id, { file: [], json: false }))).text;
    expect(await text('DSP0236-PKT-VER-02')).toMatch(/mandatory.*8\.7 Dropped packets/);
    expect(await text('getMctpVersionSupport')).toMatch(
      /Get MCTP Version Support[\s\S]*versions: list of\n {4}major: uint8/,
    );
    expect(await text('DSP0236/packet-header')).toContain('DSP0236/packet-header/1');
  });

  test('a deviation, by the cases that list it', async () => {
    const { text } = await printed(() => runExplain('accepts-any-header-version', { file: [], json: true }));
    const caught = cases.filter(({ deviations: names }) => names.includes('accepts-any-header-version'));
    expect(JSON.parse(text)).toMatchObject({ seenIn: 'libmctp', cases: caught.map(({ id }) => id) });
    expect(caught.map(({ id }) => id)).toContain('DSP0236/packet-header/1');
  });

  test.each([
    ['DSP0236-PKT-VRE-02', 'near: DSP0236-PKT-VER-02'],
    ['getEndpointID', 'near: getEndpointId'],
    ['constructor', 'nothing is called "constructor"'],
    ['__proto__', 'nothing is called "__proto__"'],
  ])('does not know %s', async (id, message) => {
    await expect(runExplain(id, { file: [], json: false })).rejects.toMatchObject({
      code: 'UNKNOWN_NAME',
      message: expect.stringContaining(message),
    });
  });
});

describe('coverage', () => {
  test('puts every requirement into one place, and leaves none of an endpoint open', async () => {
    const { code, text } = await printed(() => runCoverage(undefined, { json: true }));
    interface Counts {
      readonly requirements: number;
      readonly covered: number;
      readonly instrument: number;
      readonly excused: number;
      readonly open: number;
    }
    const { counts, requirements } = JSON.parse(text) as {
      counts: { deciding: Counts; others: Counts };
      requirements: { status: string; cases: string[]; reason?: string }[];
    };
    const { deciding: endpoint, others } = counts;
    const sum = ({ covered, instrument, excused, open }: Counts): number => covered + instrument + excused + open;
    expect([sum(endpoint), sum(others)]).toEqual([endpoint.requirements, others.requirements]);
    expect(sum(endpoint) + sum(others)).toBe(Object.keys(library.requirements).length);
    for (const { status, cases: found, reason } of requirements) {
      expect(found.length > 0).toBe(status === 'covered');
      expect(reason !== undefined).toBe(status === 'instrument' || status === 'excused');
    }
    expect([endpoint.open, code]).toEqual([0, 0]);
  });

  test('ends with 1 where a requirement of an endpoint is open', async () => {
    const own = put('few.yaml', 'profile: few\ntitle: Few\nclass: endpoint\nsuites: [DSP0253]\n');
    const { code, text } = await printed(() => runCoverage(own, { json: false }));
    expect(code).toBe(1);
    expect(text).toMatch(/endpoints over SMBus and serial: \d+ requirements: \d+ covered, .* [1-9]\d* open/);
  });
});

describe('lint', () => {
  test('ends with 2 and shows the line', async () => {
    const file = put('bad.yaml', 'suite: X/y\ntitle: t\ncasses: []\n');
    const { code, text } = await printed(() => runLint([file], { json: false }));
    expect(code).toBe(2);
    expect(text).toMatch(
      /bad\.yaml:3:1: unknown key "casses"; did you mean "cases"\?\n {2}3 \| casses: \[\]\n {4}\| \^{6}\n/,
    );
    const { text: json } = await printed(() => runLint([file], { json: true }));
    expect(JSON.parse(json)).toMatchObject({ findings: [{ line: 1 }, { line: 3, column: 1 }] });
  });

  test('ends with 0 where there is nothing to find', async () => {
    expect(await printed(() => runLint([profile()], { json: false }))).toEqual({ code: 0, text: 'no findings\n' });
  });
});
