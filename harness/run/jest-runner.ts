import { SuiteRunner } from './suite-runner';

// Jest takes a runner module's whole export for the class.
module.exports = SuiteRunner;
