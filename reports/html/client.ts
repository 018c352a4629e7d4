import { caseView } from './case-view';
import type { CaseData, Shared } from './data';
import { details } from './templates';
import { fill } from './templating';

/** The part of the report's script that makes a case's details, in the browser as here. */
export function caseDetails(data: CaseData, shared: Shared): string {
  return fill(details.case, caseView(data, shared));
}
