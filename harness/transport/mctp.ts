import type { Clock } from '../clock';
import { CertifyError } from '../errors';
import { openRelay, type RelayTransport } from './relay';
import { relayCommand } from './relay-binary';
import type { DeviceUri } from './uri';

/*
 * Which way a stimulus goes. A whole request in one packet, with nothing in its header that the kernel would not write
 * itself, goes through an AF_MCTP socket, by physical address (so destination EID 0 works, and no route or neighbour is
 * needed) and with its tag reserved: the kernel then knows of the flow, keeps the bus or the mux channel for the answer,
 * and gives the answer to no other program. The relay gives the tag back with the answer or after 1 s, not after the
 * kernel's 6 s, for the adapter's other sensors wait meanwhile. All else is injected by AF_PACKET as it stands: another
 * version, sequence, source EID or tag owner, parts of messages, answers, messages of several packets (the kernel would cut
 * them at its own unit), requests whose tag may still bring an answer to an earlier one (it would give the tag back while
 * the later one waits for the bus, and the driver drops such a packet without a word), and everything on kernels that let
 * nobody hold a tag; it carries no flow, so behind a mux other traffic may switch the channel before its answer. Everything
 * received comes from the capture, the only place where packet headers and late packets show: not what we sent ourselves,
 * not what other devices send, not answers to other programs of this machine. The device's own requests are answered only
 * where nobody else (mctpd) holds the bind for them.
 */

type MctpUri = Extract<DeviceUri, { scheme: 'mctp' }>;

export interface MctpOptions {
  readonly onLog?: (line: string) => void;
  readonly clock?: Clock;
}

/** Opens a device behind a Linux MCTP interface, through the relay on this machine. */
export async function openMctp(device: MctpUri, options: MctpOptions = {}): Promise<RelayTransport> {
  const { uri, target } = device;
  const transport = await openRelay({ ...options, uri, command: relayCommand('mctp', 'mctp', target) });
  const problem = interfaceProblem(transport, device);
  if (problem === undefined) return transport;
  await transport.close();
  throw new CertifyError('DEVICE_OPEN', problem, { uri });
}

/** What would make every transmission fail; the relay says the rest by itself. */
function interfaceProblem({ session }: RelayTransport, { interface: name, eid }: MctpUri): string | undefined {
  const { attributes, ownEids, binding, address } = session.hello;
  if (attributes.state === 'down') return `the interface ${name} is down: mctp link set ${name} up`;
  if (ownEids.length === 0) return `${name} has no EID of its own: mctp addr add 8 dev ${name}`;
  if (binding === 'smbus' && address.length === 0) {
    return `the physical address of EID ${eid} is not known: say ?address=0x1d, or mctp neigh add ${eid} dev ${name} lladdr 0x1d`;
  }
  return undefined;
}
