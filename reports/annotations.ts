import { createHash } from 'node:crypto';
import type { RecordLine } from '../harness/record/lines';
import type { CaseResult, Result } from '../harness/record/result-schema';
import { visible } from './visible';

/** What went wrong, at the line of the case in its suite: for the pages of GitHub and GitLab. */
interface Annotation {
  readonly kind: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly title: string;
  readonly message: string;
  /** Stays the same from run to run. */
  readonly key: string;
}

function annotationsOf(result: Result, lines: readonly RecordLine[]): readonly Annotation[] {
  const plan = lines.findLast((line) => line.type === 'plan');
  const sources = new Map(plan?.cases.map((entry) => [entry.case.id, entry.case.source]));
  const of = (entry: CaseResult, kind: Annotation['kind'], key: string, message: string): Annotation => {
    const { file, line } = sources.get(entry.id) ?? { file: 'unknown', line: 1 };
    return { kind, file, line, title: `${entry.id} ${visible(entry.title)}`, message: visible(message), key };
  };
  return result.cases.flatMap((entry): readonly Annotation[] => {
    const { verdict, reason } = entry;
    if (verdict === 'fail' || verdict === 'warn') {
      const kind = verdict === 'fail' ? 'error' : 'warning';
      const found = entry.checks.filter((check) => check.verdict === verdict);
      if (found.length > 0)
        return found.map(({ id, requirement, expected, actual }) =>
          of(entry, kind, id, `${requirement}: ${id}: expected ${expected}, actual ${actual}`),
        );
      return [of(entry, kind, entry.id, reason ?? verdict)];
    }
    if (verdict === 'error' || verdict === 'blocked')
      return [of(entry, 'error', entry.id, `${verdict}: ${reason ?? ''}`)];
    return verdict === 'waived' ? [of(entry, 'warning', entry.id, reason ?? verdict)] : [];
  });
}

/** Workflow commands of GitHub Actions, one a line. */
export function renderGithub(result: Result, lines: readonly RecordLine[]): string {
  const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
  const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
  return annotationsOf(result, lines)
    .map(
      ({ kind, file, line, title, message }) =>
        `::${kind} file=${property(file)},line=${line},title=${property(title)}::${data(message)}\n`,
    )
    .join('');
}

/** GitLab's code quality report: a JSON list. */
export function renderGitlab(result: Result, lines: readonly RecordLine[]): string {
  const issues = annotationsOf(result, lines).map(({ kind, file, line, title, message, key }) => ({
    description: `${title}: ${message}`,
    check_name: key.split('#')[0] ?? key,
    fingerprint: createHash('sha256').update(`${result.profile.id} ${key}`).digest('hex'),
    severity: kind === 'error' ? 'critical' : 'minor',
    location: { path: file, lines: { begin: line } },
  }));
  return `${JSON.stringify(issues, undefined, 2)}\n`;
}
