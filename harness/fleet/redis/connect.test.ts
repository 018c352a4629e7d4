import { redisUrl, serverFindings, withoutSecret } from './connect';

describe('a Redis server', () => {
  const right = { version: '7.0.15', evictionPolicy: 'noeviction', appendOnly: 'yes', appendFsync: 'everysec' };

  test('that keeps what it is given is trusted', () => {
    expect(serverFindings(right)).toEqual([]);
    expect(serverFindings({ version: '8.0.0' })).toEqual([]);
  });

  test('that would lose jobs is refused, and told what to set', () => {
    expect(serverFindings({ ...right, evictionPolicy: 'allkeys-lru' }).join()).toContain('maxmemory-policy noeviction');
    expect(serverFindings({ ...right, appendOnly: 'no' }).join()).toContain('CONFIG SET appendonly yes');
    expect(serverFindings({ ...right, appendFsync: 'no' }).join()).toContain('appendfsync everysec');
    expect(serverFindings({ ...right, version: '6.0.16' }).join()).toContain('6.2 or newer');
  });

  test('is named by a URL, by a socket, or in the environment', () => {
    expect(redisUrl('rediss://lab:6380/2', {})).toBe('rediss://lab:6380/2');
    expect(redisUrl('unix:/run/redis.sock', {})).toBe('unix:/run/redis.sock');
    expect(redisUrl(undefined, { MCTP_CERTIFY_REDIS: 'redis://lab' })).toBe('redis://lab');
    expect(() => redisUrl(undefined, {})).toThrow('MCTP_CERTIFY_REDIS');
    expect(() => redisUrl('http://lab', {})).toThrow('redis://');
  });

  test('is named in messages without its password, also where it is named wrongly', () => {
    expect(withoutSecret('rediss://me:geheim@lab:6380/2')).toBe('rediss://lab:6380/2');
    for (const wrong of ['redis//me:geheim@lab', 'http://me:geheim@lab', 'redis://me:geheim@lab/x']) {
      expect(() => redisUrl(wrong, {})).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining('geheim') }),
      );
    }
  });
});
