/** Keeps jest quiet: progress and results are printed from the record. */
class QuietReporter {
  onRunStart(): void {}

  getLastError(): undefined {
    return undefined;
  }
}

// Jest takes a reporter module's whole export for the class.
module.exports = QuietReporter;
