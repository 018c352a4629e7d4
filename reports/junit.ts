import type { Result } from '../harness/record/result-schema';

export function renderJunit(result: Result): string {
  return result.verdict;
}
