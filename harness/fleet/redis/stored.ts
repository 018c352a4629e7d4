import { createHash } from 'node:crypto';
import type { CaseVerdict } from '../../names';
import { caseVerdicts, verdictLetters } from '../../names';
import type { Evidence, HistoryEntry, JobState, JobStatus, Outcome } from '../model';
import { jobStatuses } from '../model';

/**
 * How jobs and outcomes are kept. A job is its status, a line feed and JSON, so that a script compares the status without
 * parsing; an outcome names its list of cases by hash and writes one letter a case, about a kilobyte a run.
 */
export type StoredJob = Omit<JobState, 'status' | 'attempts' | 'outcome'>;

export function writeJob(status: JobStatus, job: StoredJob): string {
  return `${status}\n${JSON.stringify(job)}`;
}

export function readJob(text: string): { readonly status: JobStatus; readonly job: StoredJob } | undefined {
  const end = text.indexOf('\n');
  const status = jobStatuses.find((known) => known === text.slice(0, end));
  return status === undefined ? undefined : { status, job: JSON.parse(text.slice(end + 1)) as StoredJob };
}

const verdictOf = new Map(caseVerdicts.map((verdict) => [verdictLetters[verdict], verdict]));

type StoredOutcome = Omit<Outcome, 'cases' | 'evidence'> & { readonly list: string; readonly verdicts: string };

export interface WrittenOutcome {
  readonly text: string;
  readonly list: string;
  readonly ids: string;
}

export function writeOutcome({ cases, evidence: _apart, ...rest }: Outcome): WrittenOutcome {
  const ids = JSON.stringify(cases.ids);
  const list = createHash('sha256').update(ids).digest('hex').slice(0, 16);
  const verdicts = cases.verdicts.map((verdict) => verdictLetters[verdict]).join('');
  return { text: JSON.stringify({ ...rest, list, verdicts } satisfies StoredOutcome), list, ids };
}

/** Lists of verdicts that are kept to be shared. */
const SHARED = 1000;

/** Outcomes of the same plan share one array of ids, and those that came out alike one of verdicts. */
export class CaseLists {
  private readonly known = new Map<string, readonly string[]>();
  private readonly shared = new Map<string, readonly CaseVerdict[]>();
  private readonly load: (lists: readonly string[]) => Promise<readonly (string | null)[]>;

  constructor(load: (lists: readonly string[]) => Promise<readonly (string | null)[]>) {
    this.load = load;
  }

  async outcomes(texts: readonly (string | null)[]): Promise<readonly (Outcome | undefined)[]> {
    const stored = texts.map((text) => (text === null ? undefined : (JSON.parse(text) as StoredOutcome)));
    const lists = stored.flatMap((outcome) => (outcome === undefined ? [] : [outcome.list]));
    const wanted = [...new Set(lists)].filter((list) => !this.known.has(list));
    if (wanted.length > 0) {
      const loaded = await this.load(wanted);
      wanted.forEach((list, index) => {
        this.known.set(list, JSON.parse(loaded[index] ?? '[]') as readonly string[]);
      });
    }
    return stored.map((outcome) => {
      if (outcome === undefined) return undefined;
      const { list, verdicts, ...rest } = outcome;
      return { ...rest, cases: { ids: this.known.get(list) ?? [], verdicts: this.verdictsOf(verdicts) } };
    });
  }

  private verdictsOf(letters: string): readonly CaseVerdict[] {
    const known = this.shared.get(letters);
    if (known !== undefined) return known;
    const verdicts = [...letters].map((letter) => verdictOf.get(letter) ?? 'error');
    if (this.shared.size >= SHARED) this.shared.clear();
    this.shared.set(letters, verdicts);
    return verdicts;
  }
}

export type StoredHistory = Omit<HistoryEntry, 'evidence'>;

export function readEvidence(text: string | null | undefined): { readonly evidence?: Evidence } {
  return text === null || text === undefined ? {} : { evidence: JSON.parse(text) as Evidence };
}
