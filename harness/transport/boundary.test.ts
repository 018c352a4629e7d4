import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '../package-root';

/*
 * What an operating system has to do with a device is known here, in the relay and in the lab, and nowhere else: so that a
 * verdict cannot depend on it, and another system needs changes in these folders only.
 */
const root = packageRoot();
const exempt = /^harness\/(transport|relay|lab|bench|e2e)\/|^harness\/fleet\/measure\.ts$|\.test\.ts$|\/testing\//;

function sources(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => relative(root, join(root, folder, path)))
    .filter((path) => !exempt.test(path));
}

/** Comments and fields may tell where a behaviour was seen, and help may show a path. None of that is code that knows. */
function code(path: string): string {
  return readFileSync(join(root, path), 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
    .replace(/seenIn: '[^']*'/g, '')
    .replace(/\.(option|description|addHelpText)\([\s\S]*?\)\s*$/gm, '');
}

const own = [...sources('harness'), ...sources('reports')];

test('the sources are found', () => {
  expect(own.length).toBeGreaterThan(150);
  expect(own).toContain('harness/plan.ts');
});

test.each([
  ['asks what the system is', /process\.platform|(\bos\.|(?<![.\w]))(platform|release|uname)\(\)/],
  ["reads a kernel's files", /['"`]\/(proc|sys|dev)\//],
  [
    'names sockets, drivers or capabilities of one',
    /AF_MCTP|AF_PACKET|i2c-dev|mctp-i2c|mctp-serial|slave-mqueue|CAP_NET/,
  ],
  ['uses a package that does', /['"](i2c-bus|serialport|@serialport\/[^'"]*)['"]/],
])('outside these folders nothing %s', (_, pattern) => {
  expect(own.filter((path) => pattern.test(code(path)))).toEqual([]);
});
