import type { Readable } from 'node:stream';
import type { Evidence, RunKey } from './model';

/**
 * Where the evidence of runs is kept. Errors are `CertifyError`: OUTPUT where the store is full or out of reach, which
 * passes; USAGE where it is set up wrongly, which does not.
 */
export interface EvidenceStore {
  /**
   * Puts the files of a run's folder, links and folders in it left away, and checks on arrival that each hash is that of
   * the file here. The same run again is no error; other octets under the same key are.
   */
  put(key: RunKey, folder: string): Promise<Evidence>;
  /** What is wrong with what is stored: nothing, where it is all there and as it was. */
  verify(evidence: Evidence): Promise<readonly string[]>;
  /** One file of a run. */
  open(evidence: Evidence, name: string): Promise<Readable>;
  close(): void;
}
