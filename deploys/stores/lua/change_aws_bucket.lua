-- Gives a token back that no call was made with, or empties the bucket because AWS throttled a call.
-- KEYS: bucket waiting turns since
-- ARGV: now_ms|'' (Redis's clock) what holder slow_ms
--   what: 'return' gives a token back, 'leave' gives up the holder's place, 'throttled' empties the bucket
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if ARGV[2] == 'leave' then
  redis.call('ZREM', KEYS[2], ARGV[3])
  redis.call('ZREM', KEYS[3], ARGV[3])
  redis.call('HDEL', KEYS[4], ARGV[3])
  return 1
end
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'at')
if not stored[1] then
  return 0
end
if ARGV[2] == 'return' then
  redis.call('HSET', KEYS[1], 'tokens', tostring(tonumber(stored[1]) + 1))
else
  local slow_until = string.format('%.0f', now + tonumber(ARGV[4]))
  local at = string.format('%.0f', math.max(now, tonumber(stored[2])))
  redis.call('HSET', KEYS[1], 'tokens', '0', 'at', at, 'slow_until', slow_until)
end
return 1
