import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { mostRequests, readFirmwarePackage } from '../codec/firmware-package';
import { toHex } from '../codec/octets';
import { CertifyError } from '../errors';
import type { Parameters, Template } from '../suite/compiled';

/** Octets of the largest image: it is in the record, and every part of it once more. */
const LARGEST = 32 * 1024 * 1024;

/** Where a device file names a package: what cases need of it. Its path is relative to the device file. */
export function withFirmwarePackage(parameters: Parameters, config: string | undefined): Parameters {
  const { firmwarePackage: file } = parameters;
  if (typeof file !== 'string') return parameters;
  const path = resolve(config === undefined ? '.' : dirname(config), file);
  const wrong = (problem: string): CertifyError =>
    new CertifyError('USAGE', `parameters.firmwarePackage: ${file}: ${problem}`, { file });
  let octets: Uint8Array;
  try {
    octets = readFileSync(path);
  } catch (thrown) {
    throw wrong((thrown as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(thrown));
  }
  const read = readFirmwarePackage(octets);
  if (!read.ok) throw wrong(read.problem);
  const [component, ...more] = read.value.components;
  if (component === undefined) throw wrong('it has no image for its first device');
  if (more.length > 0) {
    const images = read.value.components.map(({ identifier, version: own }) => `component ${identifier} (${own})`);
    const advice =
      'cases update one component: give them a package with the image of one, as a release for that component alone';
    throw wrong(`it has ${images.length} images for its first device, ${images.join(', ')}, and ${advice}`);
  }
  if (component.image.length > LARGEST) throw wrong(`its image has more than ${LARGEST} octets`);
  const { setVersion, packageData } = read.value;
  const { classification, identifier, comparisonStamp, options, version, image } = component;
  const given: Template = {
    setVersion,
    packageData: toHex(packageData),
    packageDataLength: packageData.length,
    classification,
    identifier,
    comparisonStamp,
    options,
    version,
    size: image.length,
    lastOctet: image.length - 1,
    mostRequests: mostRequests(image.length),
    image: toHex(image),
  };
  return { ...parameters, firmwarePackage: given };
}
