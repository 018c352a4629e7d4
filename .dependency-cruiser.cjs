/**
 * The rooms of harness/, bottom first: each may import from itself and from those below it (docs/design, layout).
 * Types count like values, so that a seam cannot creep upward.
 */
const rooms = [
  ['errors', 'names', 'clock', 'package-root'],
  ['codec'],
  ['binding', 'explore'],
  ['suite', 'profile', 'resolve'],
  // The contract of a transport is types only; records are made of them.
  ['transport/transport'],
  ['emulator'],
  ['record'],
  ['transport'],
  ['requester'],
  ['plan', 'judge'],
  ['run'],
  // Distributes runs over hosts; loaded by its own commands alone.
  ['fleet'],
  ['cli', 'build', 'bench'],
];

const TESTS = '\\.test\\.ts$|^harness/(relay/testing|lab|e2e|bench|fleet/testing)/';

/** A room is a folder or a file. */
const at = (names) => `^harness/(${names.join('|')})(/|\\.ts$)`;

const layering = rooms.slice(0, -1).map((names, level) => ({
  name: `${names.join('-').replace(/\//g, '-')}-imports-nothing-above`,
  severity: 'error',
  from: { path: at(names), pathNot: names.includes('transport') ? [TESTS, CONTRACT()] : TESTS },
  to: { path: at(rooms.slice(level + 1).flat()), pathNot: pathsBelow(level) },
}));

function CONTRACT() {
  return '^harness/transport/transport\\.ts$';
}

/** `transport` stands above its contract: importing the contract is importing from below. */
function pathsBelow(level) {
  return rooms.findIndex((names) => names.includes('transport/transport')) <= level ? CONTRACT() : undefined;
}

/** `only(from, …)` may import these modules; nobody else. */
function only(name, from, modules, to = {}) {
  return {
    name,
    severity: 'error',
    from: { path: '^(harness|reports)/', pathNot: [from, TESTS] },
    to: { path: modules, ...to },
  };
}

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    ...layering,
    {
      name: 'reports-render-records',
      comment: 'Reports can be rendered years later, without device, runner or plan.',
      severity: 'error',
      from: { path: '^reports/', pathNot: TESTS },
      to: {
        path: '^harness/',
        pathNot: [
          at(['record', 'codec', 'binding', 'names', 'errors', 'clock', 'package-root']),
          '^harness/suite/compiled\\.ts$',
        ],
      },
    },
    {
      name: 'harness-does-not-render',
      severity: 'error',
      from: { path: '^harness/', pathNot: [at(['cli', 'bench', 'run']), TESTS] },
      to: { path: '^reports/' },
    },
    only(
      'only-transport-and-fleet-do-io',
      at(['transport', 'fleet']),
      '^(node:)?(child_process|net)$|node_modules/(serialport|@serialport|i2c-bus)/',
    ),
    only('only-the-runner-knows-jest', '^harness/run/jest[^/]*\\.ts$', 'node_modules/(jest|jest-[^/]+|@jest)/', {
      // A runner's results have jest's type; that runs nothing.
      dependencyTypesNot: ['type-only'],
    }),
    only('only-suite-and-profile-read-yaml', at(['suite', 'profile']), 'node_modules/yaml/'),
    {
      name: 'pure-rooms-import-no-node-module',
      severity: 'error',
      from: { path: at(['emulator', 'codec', 'binding', 'judge', 'plan']), pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'everything-resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'product-uses-dependencies',
      comment: 'What runs at the user must be in dependencies, or optional.',
      severity: 'error',
      from: {
        path: '^(harness|reports)/',
        pathNot: [TESTS, at(['bench']), '^reports/html/precompile\\.ts$', '^reports/browser/'],
      },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'types', 'default'] },
  },
};
