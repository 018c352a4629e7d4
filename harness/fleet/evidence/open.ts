import type { StoreLocation } from '../../profile/campaign';
import type { EvidenceStore } from '../evidence-store';

/** The store at a location. The client of S3 is loaded only where one is named. */
export function openEvidenceStore(location: StoreLocation): EvidenceStore {
  switch (location.kind) {
    case 'directory':
      return (require('./directory') as typeof import('./directory')).directoryStore(location.path);
    case 's3':
      return (require('./s3') as typeof import('./s3')).s3Store(location);
  }
}
