import type { RecordLine } from '../harness/record/lines';

export function renderPcapng(_lines: readonly RecordLine[]): Uint8Array {
  return new Uint8Array(0);
}
