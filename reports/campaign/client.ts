import { fill } from '../html/templating';
import type { MatrixData, Unfolded } from './matrix';
import { matrixView } from './matrix';
import { matrix } from './templates';

/** The table of devices and cases as markup: made when the report is, and again where somebody unfolds it. */
export function matrixTable(data: MatrixData, unfolded: Unfolded): string {
  return fill(matrix, matrixView(data, unfolded));
}
