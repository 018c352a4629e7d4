import { array, assert, constantFrom, integer, option, property, record, uniqueArray } from 'fast-check';
import { judgeAcceptance } from './acceptance';
import type { AcceptanceVerdict, CampaignJob, ReasonCode } from './campaign-result';
import { campaignResultSchema, reasonWeights } from './campaign-result';
import { accepting, campaignResult, caseIds, job, outcome } from './testing/campaign-fixture';

const judge = (jobs: readonly CampaignJob[], campaign = accepting()) =>
  judgeAcceptance({ campaign, plans: [caseIds], jobs });
const passed = (repeat = 1): CampaignJob => job('card', repeat, { outcome: outcome('pppp') });
const failing = outcome('ppfp');

/** Each reason by itself: the jobs of one device, what is demanded, the verdict, and the words. */
const table: readonly (readonly [
  ReasonCode,
  readonly CampaignJob[],
  ReturnType<typeof accepting>,
  AcceptanceVerdict,
  RegExp,
])[] = [
  [
    'red-cases',
    [job('card', 1, { outcome: failing })],
    accepting(),
    'not-accepted',
    /^1 case is red: DSP0236\/control\/1$/,
  ],
  [
    'red-cases',
    [job('card', 1, { outcome: failing }), job('card', 2, { outcome: failing })],
    accepting(undefined, 9),
    'not-accepted',
    /^1 case is red/,
  ],
  [
    'red-cases',
    [job('card', 1, { outcome: outcome('ppfb') })],
    accepting(),
    'not-accepted',
    /^2 cases are red: .*get-tid\/1$/,
  ],
  ['red-cases', [job('card', 1, { outcome: failing, status: 'passed' })], accepting(), 'not-accepted', /red/],
  ['level', [passed()], accepting('L3'), 'not-accepted', /^level L2 is reached, L3 is demanded$/],
  [
    'level',
    [job('card', 1, { outcome: outcome('pppp', { level: null }) })],
    accepting('L0'),
    'not-accepted',
    /level none/,
  ],
  [
    'level',
    [passed(), job('card', 2, { outcome: outcome('pppp', { level: 'L1' }) })],
    accepting('L2'),
    'not-accepted',
    /L1/,
  ],
  [
    'flakes',
    [passed(), job('card', 2, { outcome: failing })],
    accepting(),
    'not-accepted',
    /^nic: 1 case differs between repeats, 0 allowed: DSP0236\/control\/1$/,
  ],
  [
    'flakes',
    [passed(), job('card', 2, { outcome: outcome('wwpp') })],
    accepting(undefined, 1),
    'not-accepted',
    /2 cases differ/,
  ],
  ['flakes-allowed', [passed(), job('card', 2, { outcome: failing })], accepting('L2', 1), 'accepted', /1 allowed/],
  [
    'not-conformant',
    [
      job('card', 1, {
        outcome: outcome('pppp', { verdict: 'not-conformant', exitCode: 1, reason: 'OCP NIC 3.0 is not met' }),
      }),
    ],
    accepting(),
    'not-accepted',
    /^nic, repeat 1, is not conformant: OCP NIC 3\.0 is not met$/,
  ],
  [
    'waivers-to-act',
    [job('card', 1, { outcome: outcome('pppp', { exitCode: 1 }) })],
    accepting(),
    'not-accepted',
    /ended with code 1: a waiver or an expected failure is out of date/,
  ],
  ['never-ran', [job('card', 1)], accepting(), 'incomplete', /^no run of it was executed$/],
  ['not-ended', [passed(), job('card', 2)], accepting(), 'incomplete', /^1 of 2 runs not ended$/],
  ['not-ended', [passed(), job('card', 2, { status: 'running' })], accepting(), 'incomplete', /not ended/],
  [
    'deadline-missed',
    [passed(), job('card', 2, { status: 'cancelled', reason: 'not begun by the deadline' })],
    accepting(),
    'incomplete',
    /^nic, repeat 2, was cancelled: not begun by the deadline$/,
  ],
  [
    'cancelled',
    [passed(), job('card', 2, { status: 'cancelled', reason: 'by hand' })],
    accepting(),
    'incomplete',
    /by hand/,
  ],
  [
    'refused',
    [passed(), job('card', 2, { status: 'refused', reason: 'begun before' })],
    accepting(),
    'incomplete',
    /begun before/,
  ],
  ['error', [passed(), job('card', 2, { outcome: outcome('pppe') })], accepting(), 'incomplete', /ended with an error/],
  ['error', [passed(), job('card', 2, { status: 'passed' })], accepting(), 'incomplete', /executed no case/],
  [
    'error',
    [job('card', 1, { outcome: outcome('nnuu'), status: 'passed' })],
    accepting(),
    'incomplete',
    /executed no case/,
  ],
  [
    'error',
    [
      passed(),
      job('card', 2, { outcome: outcome('pppp', { verdict: 'incomplete', reason: 'cut off' }), status: 'failed' }),
    ],
    accepting(),
    'incomplete',
    /is incomplete: cut off/,
  ],
  [
    'level-not-shown',
    [job('card', 1, { outcome: outcome('pppp', { verdict: 'partial', level: 'L0', reason: 'only the tier smoke' }) })],
    { ...accepting('L2'), parts: ['only the tier smoke'] },
    'incomplete',
    /level L0 is reached, L2 is demanded/,
  ],
  [
    'level-not-shown',
    [job('card', 1, { outcome: outcome('pppf') }), job('card', 2, { outcome: outcome('fppp') })],
    accepting('L2', 2),
    'incomplete',
    /no repeat without a flake shows level L2/,
  ],
  [
    'only-a-part',
    [job('card', 1, { outcome: outcome('pppp', { verdict: 'partial', reason: 'the profile demands frames' }) })],
    { ...accepting(), parts: ['only the tier smoke'] },
    'incomplete',
    /^nic ran in part: the profile demands frames$/,
  ],
  [
    'part-asked-for',
    [job('card', 1, { outcome: outcome('pppp', { verdict: 'partial', reason: 'only the tier smoke' }) })],
    { ...accepting(), parts: ['only the tier smoke'] },
    'accepted',
    /ran in part, as asked for: only the tier smoke/,
  ],
  [
    'unit-changed',
    [passed(), job('card', 2, { outcome: outcome('pppp', { unit: { ...failing.unit, firmware: '2.2' } }) })],
    accepting(),
    'incomplete',
    /^the runs are not about one unit: firmware 2\.1, 2\.2$/,
  ],
  [
    'evidence-missing',
    [job('card', 1, { outcome: { ...outcome('pppp'), evidence: undefined } })],
    accepting(),
    'incomplete',
    /the evidence of nic, repeat 1, is not in the store/,
  ],
  [
    'waivers-used',
    [job('card', 1, { outcome: outcome('ppvp') })],
    accepting(),
    'accepted',
    /^1 case is waived: DSP0236\/control\/1$/,
  ],
];

test.each(table)('%s', (code, jobs, campaign, verdict, words) => {
  const [device] = judge(jobs, campaign).devices;
  expect(device?.reasons.filter((reason) => reason.code === code).map(({ text }) => text)).toEqual([
    expect.stringMatching(words),
  ]);
  expect(device?.verdict).toBe(verdict);
  expect(judge(jobs, campaign).verdict).toBe(verdict);
});

test('every reason that there is has been tried', () => {
  expect([...new Set(table.map(([code]) => code))].sort()).toEqual(Object.keys(reasonWeights).sort());
});

test('a device that shows all that is demanded is accepted, without a word', () => {
  expect(judge([passed(1), passed(2)], accepting('L2')).devices).toEqual([
    { name: 'card', verdict: 'accepted', reasons: [], level: 'L2', executed: 2, flaky: [], jobs: [0, 1] },
  ]);
});

test('a campaign without a job accepts nothing', () => {
  expect(judge([])).toMatchObject({ verdict: 'incomplete', reasons: ['nothing was to be run'], attested: false });
});

test('a red device decides, an open one comes next; each is counted', () => {
  const ok = { ...passed(), key: { ...passed().key, device: 'ok' } };
  const open = job('open', 1);
  const red = job('red', 1, { outcome: failing });
  expect(judge([ok, open])).toMatchObject({
    verdict: 'incomplete',
    reasons: ['1 of 2 devices is incomplete', '1 of 2 devices is accepted'],
  });
  expect(judge([ok, open, red])).toMatchObject({
    verdict: 'not-accepted',
    counts: { devices: { accepted: 1, 'not-accepted': 1, incomplete: 1 }, jobs: 3, executed: 2 },
  });
});

test('runs for whichever device is free count for the one that ran them', () => {
  const any = { ...passed().key, device: 'any.nic.1' };
  const { devices } = judge([{ ...passed(), key: any, device: 'card-4' }, job('any.nic.2', 1)]);
  expect(devices.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['card-4', 'accepted'],
    ['any.nic.2', 'incomplete'],
  ]);
});

test('flakes are counted for one profile at a time, and tell how often', () => {
  const other = { profile: 'acceptance', key: { ...passed().key, profileHash: 'b'.repeat(64) } };
  const jobs = [
    passed(1),
    job('card', 2, { outcome: failing }),
    { ...job('card', 1, { outcome: outcome('fppp') }), ...other },
    { ...job('card', 2, { outcome: outcome('pppp') }), ...other, key: { ...other.key, repeat: 2 } },
  ];
  const [device] = judge(jobs, accepting(undefined, 1)).devices;
  expect(device?.verdict).toBe('accepted');
  expect(device?.flaky).toEqual([
    { profile: 'nic', case: 'DSP0236/control/1', outcomes: { pass: 1, fail: 1 } },
    { profile: 'acceptance', case: 'DSP0236/header/1', outcomes: { fail: 1, pass: 1 } },
  ]);
});

const anyOutcome = record({
  letters: array(constantFrom('p', 'w', 'f', 'b', 'e', 'v', 'n', 'u'), { minLength: 4, maxLength: 4 }),
  status: constantFrom('waiting', 'running', 'passed', 'failed', 'error', 'refused', 'cancelled'),
  level: constantFrom(null, 'L0', 'L2', 'L5'),
} as const);
const anyJob = record({
  device: constantFrom('a', 'b', 'c'),
  repeat: integer({ min: 1, max: 3 }),
  ran: option(anyOutcome),
});
const anyJobs = uniqueArray(anyJob, { selector: ({ device, repeat }) => `${device} ${repeat}`, maxLength: 9 }).map(
  (jobs) =>
    jobs.map(({ device, repeat, ran }) =>
      job(
        device,
        repeat,
        ran === null ? {} : { status: ran.status, outcome: outcome(ran.letters.join(''), { level: ran.level }) },
      ),
    ),
);
const anyCampaign = record({
  level: constantFrom(undefined, 'L0', 'L2', 'L5'),
  flakes: integer({ min: 0, max: 3 }),
} as const).map(({ level, flakes }) => accepting(level, flakes));

test('without an executed run nothing is accepted, whatever the jobs say', () => {
  assert(
    property(anyJobs, anyCampaign, (jobs, campaign) => {
      const idle = jobs.map((entry) =>
        entry.outcome === undefined ? entry : { ...entry, outcome: { ...outcome('nnuu'), level: entry.outcome.level } },
      );
      const { verdict, devices } = judge(idle, campaign);
      return verdict !== 'accepted' && devices.every((device) => device.verdict !== 'accepted');
    }),
  );
});

test('what is accepted has all its runs, none of them red in every repeat, and the level that is demanded', () => {
  assert(
    property(anyJobs, anyCampaign, (jobs, campaign) => {
      const { devices, verdict } = judge(jobs, campaign);
      for (const device of devices.filter((entry) => entry.verdict === 'accepted')) {
        const own = device.jobs.map((index) => jobs[index]);
        expect(own.every((entry) => entry?.status === 'passed' || entry?.status === 'failed')).toBe(true);
        expect(device.executed).toBe(own.length);
        caseIds.forEach((_, index) => {
          expect(own.every((entry) => ['fail', 'blocked'].includes(entry?.outcome?.verdicts[index] ?? ''))).toBe(false);
        });
        expect(device.flaky.length).toBeLessThanOrEqual(campaign.accept.flakes);
        if (campaign.accept.level !== undefined)
          expect([device.level, campaign.accept.level].sort()[0]).toBe(campaign.accept.level);
      }
      expect(verdict === 'accepted').toBe(devices.length > 0 && devices.every((entry) => entry.verdict === 'accepted'));
    }),
  );
});

test('the order of the jobs changes no verdict', () => {
  assert(
    property(anyJobs, anyCampaign, (jobs, campaign) => {
      const verdicts = (list: readonly CampaignJob[]): object =>
        Object.fromEntries(judge(list, campaign).devices.map(({ name, verdict }) => [name, verdict]));
      expect(verdicts([...jobs].reverse())).toEqual(verdicts(jobs));
    }),
  );
});

test('the result of any campaign fits its schema', () => {
  assert(
    property(anyJobs, anyCampaign, (jobs, campaign) => {
      expect(campaignResultSchema.safeParse(campaignResult(jobs, campaign)).error).toBeUndefined();
    }),
  );
});
