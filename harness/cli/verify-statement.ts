import type { KeyObject } from 'node:crypto';
import { canonical, differences, sha256 } from '../../reports/statement/canonical';
import { isSignedBy, keyId, openEnvelope } from '../../reports/statement/envelope';
import type { Given } from '../../reports/statement/given';
import { compareLines, parseLeaves, recordTexts, rootOf } from '../../reports/statement/leaves';
import type { Statement } from '../../reports/statement/statement';
import { buildStatement, statementSchema } from '../../reports/statement/statement';
import { messageOf } from '../errors';
import { discrepancies } from '../judge/rejudge';
import type { RecordLine } from '../record/lines';
import { buildResult } from '../record/result';

/** A statement and what lies beside it. Missing files are undefined. */
export interface Bundle {
  readonly statement: string;
  readonly record: Uint8Array | undefined;
  readonly leaves: string | undefined;
  /** Reports by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface Trust {
  /** The key that whoever verifies trusts. */
  readonly key: KeyObject | undefined;
  readonly nonce: string | undefined;
  readonly now: Date;
}

/** `bad` and `open` make a statement unverified: it is contradicted, or nothing here proves it. */
export interface Finding {
  readonly what: string;
  readonly status: 'ok' | 'open' | 'bad' | 'info';
  readonly text: string;
}

/** Everything that can be found about a statement: signature, octets, hashes, verdicts, dates. Never throws. */
export function verifyStatement(
  bundle: Bundle,
  trust: Trust,
  read: (text: string) => readonly RecordLine[],
): readonly Finding[] {
  const opened = openEnvelope(bundle.statement);
  if ('problem' in opened) return [bad('envelope', opened.problem)];
  const { envelope, payload } = opened;
  const findings: Finding[] = [signature(envelope, trust.key)];
  const statement = parse(payload);
  if (statement === undefined) return [...findings, bad('statement', 'the payload is no statement of this kind')];
  if (canonical(statement) !== payload)
    findings.push(bad('statement', 'the payload is not written in its canonical form'));
  const { given } = statement.predicate;
  findings.push(...dates(given, trust.now), ...nonce(given, trust.nonce));
  const { lines, masked, found } = record(bundle, given, read);
  findings.push(...found, ...reports(bundle, given));
  if (lines !== undefined) findings.push(...content(statement, lines, masked));
  return findings;
}

export const ok = (what: string, text: string): Finding => ({ what, status: 'ok', text });
export const bad = (what: string, text: string): Finding => ({ what, status: 'bad', text });
export const open = (what: string, text: string): Finding => ({ what, status: 'open', text });
export const info = (what: string, text: string): Finding => ({ what, status: 'info', text });

export function signature(envelope: Parameters<typeof isSignedBy>[0], key: KeyObject | undefined): Finding {
  const named = envelope.signatures[0]?.keyid.slice(0, 16) ?? '';
  if (key === undefined)
    return open('signature', `by key ${named}…, and no key to trust was named: say --key FILE.pub`);
  if (isSignedBy(envelope, key)) return ok('signature', `by the key that was named, ${named}…`);
  const other = keyId(key) !== envelope.signatures[0]?.keyid;
  return bad(
    'signature',
    other ? `by another key than the one that was named (${named}…)` : 'does not fit the statement',
  );
}

function parse(payload: string): Statement | undefined {
  try {
    const shape = statementSchema.safeParse(JSON.parse(payload));
    return shape.success ? shape.data : undefined;
  } catch {
    return undefined;
  }
}

export function dates(given: Pick<Given, 'signed' | 'expires'>, now: Date): readonly Finding[] {
  const signed = given.signed.slice(0, 10);
  if (Date.parse(given.signed) > now.getTime() + 86_400_000)
    return [bad('date', `signed on ${signed}, which is still to come`)];
  if (given.expires === undefined) return [ok('date', `signed on ${signed}, without an end`)];
  const over = Date.parse(`${given.expires}T23:59:59Z`) < now.getTime();
  return [
    over
      ? bad('date', `it expired on ${given.expires}`)
      : ok('date', `signed on ${signed}, holds until ${given.expires}`),
  ];
}

export function nonce(given: Pick<Given, 'nonce'>, asked: string | undefined): readonly Finding[] {
  if (asked === undefined) return given.nonce === undefined ? [] : [info('nonce', given.nonce)];
  if (given.nonce === asked) return [ok('nonce', 'the one that was asked for')];
  return [bad('nonce', given.nonce === undefined ? 'the statement has none' : 'not the one that was asked for')];
}

interface Taken {
  readonly lines: readonly RecordLine[] | undefined;
  /** Indices of lines whose content is masked. */
  readonly masked: readonly number[];
  readonly found: readonly Finding[];
}

/** The record's lines against the hashes that were signed. */
function record(bundle: Bundle, given: Given, read: (text: string) => readonly RecordLine[]): Taken {
  const what = 'record';
  const { record: signed } = given.evidence;
  const none = (finding: Finding): Taken => ({ lines: undefined, masked: [], found: [finding] });
  if (bundle.record === undefined) return none(open(what, 'not here: nothing can be judged again'));
  const text = Buffer.from(bundle.record).toString('utf8');
  const whole = sha256(bundle.record) === signed.sha256;
  const leaves = bundle.leaves === undefined ? undefined : parseLeaves(bundle.leaves);
  const rooted = leaves !== undefined && leaves.length === signed.lines && rootOf(leaves) === signed.leaves;
  const lines = parseLines(text, read);
  if (whole && typeof lines !== 'string') {
    const found = [ok(what, `${signed.lines} lines, as signed`)];
    if (bundle.leaves !== undefined && !rooted)
      found.push(bad('leaves', 'the hashes of the lines are not those that were signed'));
    return { lines, masked: [], found };
  }
  if (!rooted) {
    const why =
      bundle.leaves === undefined ? 'record.leaves is not here to tell where' : 'record.leaves is not as signed either';
    return none(bad(what, `not the record that was signed (${why})`));
  }
  const { problems, masked } = compareLines(recordTexts(text), leaves);
  if (problems.length > 0) return none(bad(what, `not as signed: ${some(problems)}`));
  if (typeof lines === 'string') return none(bad(what, lines));
  if (masked.length === 0) return none(bad(what, 'not the octets that were signed'));
  return { lines, masked, found: [ok(what, `${signed.lines} lines as signed, of which ${masked.length} are masked`)] };
}

export function some(texts: readonly string[]): string {
  return texts.length <= 3 ? texts.join('; ') : `${texts.slice(0, 3).join('; ')}; and ${texts.length - 3} more`;
}

function parseLines(text: string, read: (text: string) => readonly RecordLine[]): readonly RecordLine[] | string {
  try {
    return read(text);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function reports(bundle: Bundle, given: Given): readonly Finding[] {
  return Object.entries(given.evidence.files).map(([name, hash]) => {
    const octets = bundle.files.get(name);
    if (octets === undefined) return info(name, 'not here');
    return sha256(octets) === hash ? ok(name, 'as signed') : bad(name, 'not the file that was signed');
  });
}

/** All that follows from the record is computed again: verdicts from octets, the statement from verdicts. */
function content(statement: Statement, lines: readonly RecordLine[], masked: readonly number[]): readonly Finding[] {
  const hidden = new Set(masked.flatMap((index) => caseOf(lines[index])));
  // Whoever took a walk of a case whose octets are masked has none to be judged by either.
  for (const line of lines) {
    const source = line.type === 'observation' ? line.observation.taken?.case : undefined;
    if (line.type === 'observation' && source !== undefined && hidden.has(source)) hidden.add(line.case);
  }
  const found = discrepancies(lines).filter((entry) => !hidden.has(entry.case));
  const findings: Finding[] = [];
  const start = lines.find((line) => line.type === 'run.start');
  const plan = lines.findLast((line) => line.type === 'plan');
  if (start === undefined || plan === undefined) return [bad('verdicts', 'the record has no plan')];
  const result = buildResult(lines);
  const judged = result.executed - hidden.size;
  const besides = hidden.size === 0 ? '' : `; ${hidden.size} rest on the signature alone, for their octets are masked`;
  if (found.length === 0)
    findings.push(ok('verdicts', `${judged} cases judged again from their octets, as stated${besides}`));
  else {
    const words = found.map(
      (entry) => `${entry.check ?? entry.case} says ${entry.recorded}, its octets say ${entry.judged}`,
    );
    findings.push(bad('verdicts', some(words)));
  }
  const again = JSON.parse(canonical(buildStatement(result, start, plan, statement.predicate.given))) as object;
  const places = differences(statement, again);
  findings.push(
    places.length === 0
      ? ok('statement', `${result.verdict}, as the record has it`)
      : bad('statement', `the record says otherwise at ${some(places)}`),
  );
  return findings;
}

function caseOf(line: RecordLine | undefined): readonly string[] {
  return line !== undefined && 'case' in line ? [line.case] : [];
}

/** Whether everything was proven and nothing contradicted. */
export function isVerified(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status === 'ok' || status === 'info');
}
