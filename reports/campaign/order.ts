import type { AcceptanceVerdict } from '../../harness/record/campaign-result';

/** Gravest first. */
export const acceptanceOrder: readonly AcceptanceVerdict[] = ['not-accepted', 'incomplete', 'accepted'];
