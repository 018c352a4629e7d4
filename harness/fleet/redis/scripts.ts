import type { Redis } from 'ioredis';

/**
 * The transitions of a job, each one script, so that they happen whole or not at all. Every one may be sent twice: a
 * station that was cut off cannot know whether its command arrived.
 */
interface Script {
  /** Left out: as many as are given. */
  readonly numberOfKeys?: number;
  readonly lua: string;
}

const STATUS = `
local function statusOf(text) if not text then return nil end return string.match(text, '^([a-z]+)') end
local function move(jobs, counts, id, from, to, text)
  redis.call('HSET', jobs, id, text)
  if from ~= to then
    if from then redis.call('HINCRBY', counts, from, -1) end
    redis.call('HINCRBY', counts, to, 1)
  end
end
`;

const scripts = {
  /** KEYS jobs counts order; ARGV id text. Enters a job that is not there. */
  fleetEnter: {
    numberOfKeys: 3,
    lua: `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('RPUSH', KEYS[3], ARGV[1])
redis.call('HINCRBY', KEYS[2], string.match(ARGV[2], '^([a-z]+)'), 1)
return 1`,
  },
  /**
   * KEYS jobs counts starts mark limit head lock; ARGV id nonce token lasting allowed text.
   * The mark is durable before the run begins: of two deliveries one gets it, and what has lasting effects gets it once.
   */
  fleetClaim: {
    numberOfKeys: 7,
    lua: `${STATUS}
local id, nonce, token, lasting, text = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6]
local status = statusOf(redis.call('HGET', KEYS[1], id))
if not status then return {'gone', ''} end
if redis.call('HGET', KEYS[4], id) == nonce then return {'begun', redis.call('HGET', KEYS[3], id)} end
if status ~= 'waiting' and status ~= 'running' then return {'settled', status} end
if redis.call('GET', KEYS[7]) ~= token then return {'lost', ''} end
local starts = tonumber(redis.call('HGET', KEYS[3], id) or '0')
if lasting == '1' and starts > 0 then return {'refused', redis.call('HGET', KEYS[4], id) or ''} end
local limit = tonumber(redis.call('HGET', KEYS[5], id) or ARGV[5])
if starts >= limit then return {'exhausted', tostring(starts)} end
local deadline = tonumber(redis.call('HGET', KEYS[6], 'deadlineMs') or '')
local now = redis.call('TIME')
if deadline and tonumber(now[1]) * 1000 > deadline then return {'late', ''} end
redis.call('HSET', KEYS[4], id, nonce)
starts = redis.call('HINCRBY', KEYS[3], id, 1)
move(KEYS[1], KEYS[2], id, status, 'running', text)
return {'begun', tostring(starts)}`,
  },
  /** KEYS jobs counts starts mark unopened; ARGV id nonce text. What claimed a job never reached the device. */
  fleetUnclaim: {
    numberOfKeys: 5,
    lua: `${STATUS}
local id = ARGV[1]
if redis.call('HGET', KEYS[4], id) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[4], id)
redis.call('HINCRBY', KEYS[3], id, -1)
if statusOf(redis.call('HGET', KEYS[1], id)) == 'running' then move(KEYS[1], KEYS[2], id, 'running', 'waiting', ARGV[3]) end
return redis.call('HINCRBY', KEYS[5], id, 1)`,
  },
  /** KEYS jobs counts; ARGV id text from…. Moves a job without an outcome, from these statuses alone. */
  fleetMove: {
    numberOfKeys: 2,
    lua: `${STATUS}
local id, text = ARGV[1], ARGV[2]
local status = statusOf(redis.call('HGET', KEYS[1], id))
for index = 3, #ARGV do
  if status == ARGV[index] then move(KEYS[1], KEYS[2], id, status, statusOf(text), text) return 1 end
end
return 0`,
  },
  /**
   * KEYS jobs counts results decided caseLists history devices mark; ARGV id attempt outcome list ids final text historyText
   * historyLimit device waitingAgain nonce. The first outcome that is final decides; one that is there already changes nothing.
   */
  fleetReport: {
    numberOfKeys: 8,
    lua: `${STATUS}
local id, attempt, final, text = ARGV[1], ARGV[2], ARGV[6], ARGV[7]
local status = statusOf(redis.call('HGET', KEYS[1], id))
if not status then return 'gone' end
if redis.call('HSETNX', KEYS[3], id .. '/' .. attempt, ARGV[3]) == 0 then return 'known' end
redis.call('HSETNX', KEYS[5], ARGV[4], ARGV[5])
redis.call('LPUSH', KEYS[6], ARGV[8])
redis.call('LTRIM', KEYS[6], 0, tonumber(ARGV[9]) - 1)
redis.call('SADD', KEYS[7], ARGV[10])
if final == '1' then
  if redis.call('HSETNX', KEYS[4], id, attempt) == 0 then return 'second' end
  move(KEYS[1], KEYS[2], id, status, statusOf(text), text)
  return 'decided'
end
if status == 'running' and redis.call('HGET', KEYS[8], id) == ARGV[12] then
  move(KEYS[1], KEYS[2], id, status, 'waiting', ARGV[11])
end
return 'kept'`,
  },
  /** KEYS jobs counts decided limit starts unopened; ARGV id text from…. Gives an ended job its attempts again. */
  fleetRevive: {
    numberOfKeys: 6,
    lua: `${STATUS}
local id, text = ARGV[1], ARGV[2]
local status = statusOf(redis.call('HGET', KEYS[1], id))
for index = 3, #ARGV do
  if status == ARGV[index] then
    redis.call('HDEL', KEYS[3], id)
    redis.call('HDEL', KEYS[6], id)
    redis.call('HSET', KEYS[4], id, tonumber(redis.call('HGET', KEYS[5], id) or '0') + 2)
    move(KEYS[1], KEYS[2], id, status, 'waiting', text)
    return 1
  end
end
return 0`,
  },
  /** KEYS wait prioritized, of each queue. The rank of its first job, the lower the earlier; -1 where none waits. */
  fleetRanks: {
    lua: `
local ranks = {}
for index = 1, #KEYS, 2 do
  local rank = -1
  if redis.call('LLEN', KEYS[index]) > 0 then rank = 0
  else
    -- BullMQ keeps the priority above 32 bits of a counter.
    local first = redis.call('ZRANGE', KEYS[index + 1], 0, 0, 'WITHSCORES')
    if first[2] then rank = math.floor(tonumber(first[2]) / 4294967296) end
  end
  ranks[#ranks + 1] = rank
end
return ranks`,
  },
  /** KEYS stations seen; ARGV name text. By the server's clock, which all stations share. */
  fleetSeen: {
    numberOfKeys: 2,
    lua: `
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], now[1] * 1000 + math.floor(now[2] / 1000))
return 1`,
  },
} as const satisfies { readonly [name: string]: Script };

export type ScriptName = keyof typeof scripts;

/** Calls one of the scripts; ioredis loads each once. */
export class Scripts {
  private readonly client: Redis;

  constructor(client: Redis) {
    this.client = client;
    for (const [name, script] of Object.entries(scripts)) client.defineCommand(name, script);
  }

  run(name: ScriptName, keys: readonly string[], values: readonly (string | number)[]): Promise<unknown> {
    const command = (
      this.client as unknown as Record<ScriptName, (...all: readonly (string | number)[]) => Promise<unknown>>
    )[name];
    const given: Script = scripts[name];
    const counted = given.numberOfKeys === undefined ? [keys.length] : [];
    return command.call(this.client, ...counted, ...keys, ...values);
  }
}
