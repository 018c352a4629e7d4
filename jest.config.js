/** Unit tests run compiled, as the product does. Those that need a browser, python3's ptys or a redis-server have scripts of their own. */
module.exports = {
  roots: ['<rootDir>/dist'],
  transform: {},
  testEnvironment: 'node',
  testMatch: ['**/*.test.js'],
  testPathIgnorePatterns: ['/dist/reports/browser/', '\\.pty\\.test\\.js$', '\\.redis\\.test\\.js$'],
  watchman: false,
  // All cores: jest would leave one of them to the terminal.
  maxWorkers: '100%',
};
