import type { RecordLine } from '../harness/record/lines';
import type { Result } from '../harness/record/result-schema';

export function renderText(result: Result, _lines: readonly RecordLine[]): string {
  return `${result.verdict}\n`;
}
