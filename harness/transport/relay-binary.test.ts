import { execFileSync } from 'node:child_process';
import { CertifyError } from '../errors';
import { findRelay, shellWord } from './relay-binary';

const machine = (platform: string, executable: boolean, named?: string) => ({
  environment: named === undefined ? {} : { MCTP_RELAY: named },
  platform,
  isExecutable: () => executable,
});

describe('the relay of this machine', () => {
  it('is what was built, or what MCTP_RELAY names', () => {
    expect(findRelay('mctp', machine('linux', true))).toMatch(/dist\/relay\/mctp-relay$/);
    expect(findRelay('mctp', machine('linux', true, '/opt/relay'))).toBe('/opt/relay');
  });

  it.each([
    ['not built', machine('linux', false), /^mctp: devices need mctp-relay.*: apt-get install gcc/],
    ['named wrongly', machine('linux', false, '/opt/x'), /\/opt\/x, which MCTP_RELAY names, cannot be executed/],
    ['of another system', machine('darwin', true), /need Linux.*relay:ssh/],
  ])('is one clear line where it is %s', (_, surroundings, message) => {
    const look = (): string => findRelay('mctp', surroundings);
    expect(look).toThrow(CertifyError);
    expect(look).toThrow(message);
  });

  it.each(['/opt/my relay', "it's", 'a?b=c&d', '$(id)', '', 'plain/9'])('is a word for the shell: %s', (text) => {
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellWord(text)}`]).toString()).toBe(text);
  });
});
