import type { CampaignGiven, CampaignStatement } from '../../reports/campaign/statement';
import { buildCampaignStatement, campaignStatementSchema } from '../../reports/campaign/statement';
import { canonical, differences, sha256 } from '../../reports/statement/canonical';
import { openEnvelope } from '../../reports/statement/envelope';
import { messageOf } from '../errors';
import { discrepancies } from '../judge/rejudge';
import { judgeAcceptance } from '../record/acceptance';
import type { CampaignOutcome, CampaignResult } from '../record/campaign-result';
import { campaignResultSchema } from '../record/campaign-result';
import { exitCodeOf } from '../record/exit-code';
import type { RecordLine } from '../record/lines';
import { buildResult } from '../record/result';
import type { Finding, Trust } from './verify-statement';
import { bad, dates, info, nonce, ok, open, signature, some } from './verify-statement';

/** The statement of a campaign and what lies beside it. */
export interface CampaignBundle {
  readonly statement: string;
  /** A file of the report, undefined where it is not there. */
  readonly file: (name: string) => Uint8Array | undefined;
  /** The record of a run, undefined where it is not there. */
  readonly record: (path: string) => RecordFile | undefined;
}

interface RecordFile {
  readonly octets: Uint8Array;
  /** Throws where it is no record. */
  readonly lines: () => readonly RecordLine[];
}

/** Whether a statement is about a campaign, and not about one run. */
export function isCampaignStatement(text: string): boolean {
  const opened = openEnvelope(text);
  return 'payload' in opened && parse(opened.payload) !== undefined;
}

function parse(payload: string): CampaignStatement | undefined {
  try {
    return campaignStatementSchema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}

/** Everything about a campaign's statement: signature, dates, hashes, each run judged again, the acceptance too. */
export function verifyCampaign(bundle: CampaignBundle, trust: Trust): readonly Finding[] {
  const opened = openEnvelope(bundle.statement);
  if ('problem' in opened) return [bad('envelope', opened.problem)];
  const { envelope, payload } = opened;
  const findings: Finding[] = [signature(envelope, trust.key)];
  const statement = parse(payload);
  if (statement === undefined) return [...findings, bad('statement', 'the payload is no statement of a campaign')];
  if (canonical(statement) !== payload)
    findings.push(bad('statement', 'the payload is not written in its canonical form'));
  const { given } = statement.predicate;
  findings.push(...dates(given, trust.now), ...nonce(given, trust.nonce), ...files(bundle, given));
  const octets = bundle.file('campaign.json');
  if (octets === undefined)
    return [...findings, open('campaign', 'campaign.json is not here: nothing can be judged again')];
  const result = parseResult(octets);
  if (result === undefined) return [...findings, bad('campaign', 'campaign.json is no result of a campaign')];
  return [...findings, ...runs(result, bundle), ...acceptance(result, statement)];
}

function files({ file }: CampaignBundle, { files }: CampaignGiven): readonly Finding[] {
  return Object.entries(files).map(([name, hash]) => {
    const octets = file(name);
    if (octets === undefined) return info(name, 'not here');
    return sha256(octets) === hash ? ok(name, 'as signed') : bad(name, 'not the file that was signed');
  });
}

function parseResult(octets: Uint8Array): CampaignResult | undefined {
  try {
    return campaignResultSchema.safeParse(JSON.parse(Buffer.from(octets).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Each record is the one that was stored, its octets give the verdicts that the campaign counts. */
function runs(result: CampaignResult, bundle: CampaignBundle): readonly Finding[] {
  const missing: string[] = [];
  const problems: string[] = [];
  let judged = 0;
  for (const { outcome } of result.jobs) {
    if (outcome === undefined) continue;
    const path = outcome.evidence?.path;
    const record = path === undefined ? undefined : bundle.record(path);
    if (path === undefined || record === undefined) {
      missing.push(path ?? `a run of ${outcome.unit.uri}`);
      continue;
    }
    const problem = runProblem(result, outcome, record);
    if (problem === undefined) judged += 1;
    else problems.push(`${path}: ${problem}`);
  }
  return [
    ...(problems.length > 0 ? [bad('runs', some(problems))] : []),
    ...(missing.length > 0 ? [open('runs', `not here, so not judged again: ${some(missing)}`)] : []),
    ...(problems.length + missing.length === 0
      ? [ok('runs', `${judged} records as stored, judged again from their octets, as the campaign has them`)]
      : []),
  ];
}

function runProblem({ plans }: CampaignResult, outcome: CampaignOutcome, record: RecordFile): string | undefined {
  if (sha256(record.octets) !== outcome.evidence?.files['record.ndjson']?.sha256)
    return 'not the record that was stored';
  try {
    const lines = record.lines();
    const [discrepancy] = discrepancies(lines);
    if (discrepancy !== undefined)
      return `${discrepancy.check ?? discrepancy.case} says ${discrepancy.recorded}, its octets say ${discrepancy.judged}`;
    const places = differences(factsOf(outcome, plans[outcome.plan] ?? []), factsOfRecord(lines));
    return places.length === 0 ? undefined : `the record says otherwise at ${some(places)}`;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

const unitFacts = ['uuid', 'manufacturer', 'model', 'partNumber', 'serialNumber', 'firmware'] as const;

/** All of an outcome that follows from the record of its run. */
function factsOf(
  { verdict, level, exitCode, reason, counts, attested, unit, verdicts }: CampaignOutcome,
  ids: readonly string[],
): object {
  const own = Object.fromEntries(unitFacts.map((name) => [name, unit[name]]));
  return {
    verdict,
    level,
    exitCode,
    reason,
    counts,
    attested,
    unit: own,
    cases: ids.map((id, index) => [id, verdicts[index]]),
  };
}

function factsOfRecord(lines: readonly RecordLine[]): object {
  const result = buildResult(lines);
  const { verdict, level, reason, counts, attested, device } = result;
  const unit = Object.fromEntries(unitFacts.map((name) => [name, device[name]]));
  const cases = result.cases.map((entry) => [entry.id, entry.verdict]);
  return { verdict, level, exitCode: exitCodeOf(result), reason, counts, attested, unit, cases };
}

/** The acceptance from the runs, the statement from the acceptance. */
function acceptance(result: CampaignResult, statement: CampaignStatement): readonly Finding[] {
  const places = differences(result, { ...result, ...judgeAcceptance(result) });
  if (places.length > 0) return [bad('acceptance', `its runs say otherwise at ${some(places)}`)];
  const again = JSON.parse(canonical(buildCampaignStatement(result, statement.predicate.given))) as object;
  const others = differences(statement, again);
  return [
    ok('acceptance', 'follows from the runs'),
    others.length === 0
      ? ok('statement', `${result.verdict}, as the campaign has it`)
      : bad('statement', `the campaign says otherwise at ${some(others)}`),
  ];
}
