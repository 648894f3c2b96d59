-- Takes one request out of a person's bucket, which fills up evenly within a minute.
-- KEYS: bucket
-- ARGV: capacity now_ms
-- Returns 0; or, if the bucket is empty, the milliseconds until it has a request again, and 1 if this person is
-- told for the first time since it was not.
local capacity, now = tonumber(ARGV[1]), tonumber(ARGV[2])
local stored = redis.call('HMGET', KEYS[1], 'left', 'at', 'told')
local at = tonumber(stored[2] or now)
local left = math.min(capacity, tonumber(stored[1] or capacity) + math.max(0, now - at) * capacity / 60000)
if left >= 1 then
  redis.call('HSET', KEYS[1], 'left', tostring(left - 1), 'at', now)
  redis.call('HDEL', KEYS[1], 'told')
  redis.call('PEXPIRE', KEYS[1], 120000)
  return {0, 0}
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', now, 'told', '1')
redis.call('PEXPIRE', KEYS[1], 120000)
return {math.ceil((1 - left) * 60000 / capacity), stored[3] and 0 or 1}
