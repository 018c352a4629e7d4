/** Unit tests run compiled, as the product does; browser tests have their own script. */
module.exports = {
  roots: ['<rootDir>/dist'],
  transform: {},
  testEnvironment: 'node',
  testMatch: ['**/*.test.js'],
  testPathIgnorePatterns: ['/dist/reports/browser/'],
  watchman: false,
};
