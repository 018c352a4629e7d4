import type { Test } from '@jest/test-result';

/** Plan order: jest's own sequencer would run the last failures first. */
class PlanSequencer {
  sort(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  shard(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  allFailedTests(tests: readonly Test[]): readonly Test[] {
    return tests;
  }

  cacheResults(): void {}
}

// Jest takes a sequencer module's whole export for the class.
module.exports = PlanSequencer;
