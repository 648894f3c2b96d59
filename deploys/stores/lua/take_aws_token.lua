-- Takes one token from the bucket of an AWS limit, or says when to come back. Whoever has to wait has a place
-- among those who wait, and the tokens that come in by then belong to those with a better place.
-- KEYS: bucket waiting turns since budgets
--   waiting: holder by need and time of the request. turns: holder by when it was told to come back (ms).
--   since: when each holder began to wait (ms). budgets: names of all buckets.
-- ARGV: now_ms|'' (Redis's clock) name interval_ms capacity holder need asked_ms
--   then, for each need, how many tokens are left for those with a greater one
-- Returns {milliseconds to wait, how many wait before it}; 0 ms: the token is taken.
local GRACE_MS, PROMOTION_MS, KEEP_MS, NEED = 15000, 60000, 3600000, 4398046511104
local bucket, waiting, turns, since = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, interval, capacity = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local holder, need, asked = ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local stored = redis.call('HMGET', bucket, 'tokens', 'at', 'slow_until', 'is_waited_for', 'kept_until')
local at, slow_until = tonumber(stored[2] or now), tonumber(stored[3] or '0')
-- AWS throttled a call although there was a token: others use the account too, so half is left to them for a while.
local slow = math.max(0, math.min(now, slow_until) - at)
local normal = math.max(0, now - math.max(at, slow_until))
local earned = (slow / 2 + normal) / interval
if now < slow_until then
  capacity, interval = math.max(1, math.floor(capacity / 2)), interval * 2
end
local tokens = math.min(capacity, tonumber(stored[1] or capacity) + earned)
at = math.max(at, now)

local function save(left, is_waited_for)
  local kept_until = tonumber(stored[5] or '0')
  local expires = kept_until < now + KEEP_MS / 2
  kept_until = expires and now + KEEP_MS or kept_until
  redis.call('HSET', bucket, 'tokens', tostring(left), 'at', at, 'interval', ARGV[3], 'capacity', ARGV[4],
    'is_waited_for', is_waited_for, 'kept_until', kept_until)
  if expires then
    redis.call('PEXPIRE', bucket, KEEP_MS)
    redis.call('SADD', KEYS[5], ARGV[2])
  end
end
local function tokens_kept()
  return math.min(tonumber(ARGV[8 + need]), capacity - 1)
end

-- Most calls find a token that nobody waits for.
if stored[4] == '0' and tokens - tokens_kept() >= 0.999999 then
  save(tokens - 1, 0)
  return {0, 0}
end

-- Those who did not come back in time lose their place: they have ended, or ask again with the same one.
for _, late in ipairs(redis.call('ZRANGEBYSCORE', turns, '-inf', now - GRACE_MS, 'LIMIT', 0, 100)) do
  redis.call('ZREM', turns, late)
  redis.call('ZREM', waiting, late)
  redis.call('HDEL', since, late)
end

-- After a minute of waiting it counts as one need greater, so that nobody waits for ever; never before a rollback.
local began = tonumber(redis.call('HGET', since, holder) or now)
need = math.max(math.min(need, 1), need - math.floor((now - began) / PROMOTION_MS))
local place = need * NEED + asked
redis.call('ZADD', waiting, string.format('%.0f', place), holder)
local before = redis.call('ZRANK', waiting, holder)
local missing = 1 + before + tokens_kept() - tokens

if missing <= 0.000001 then
  redis.call('ZREM', waiting, holder)
  redis.call('ZREM', turns, holder)
  redis.call('HDEL', since, holder)
  save(tokens - 1, redis.call('EXISTS', waiting))
  return {0, 0}
end
save(tokens, 1)
local wait = math.ceil(missing * interval)
redis.call('ZADD', turns, now + wait, holder)
redis.call('HSET', since, holder, began)
for _, key in ipairs({waiting, turns, since}) do
  redis.call('PEXPIRE', key, KEEP_MS + wait)
end
return {wait, before}
