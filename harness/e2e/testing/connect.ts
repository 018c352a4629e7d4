import { connect } from 'node:net';

/** A bridge program: carries octets between standard input and output and a socket, `connect.js PATH`. */
const socket = connect(process.argv[2] ?? '');
process.stdin.pipe(socket);
socket.pipe(process.stdout);
socket.once('close', () => process.exit(0));
// Somebody who is cut off has no more to say.
for (const stream of [socket, process.stdin, process.stdout]) stream.on('error', () => process.exit(0));
