-- Deletes the record of a deploy that ended long ago, wherever it is named. An open one is never deleted.
-- KEYS: record active history service_history due next_jobs publish thread answer publish_priorities open_by
-- ARGV: id version
-- Returns 1, or 0 if the deploy is open, or if its record changed meanwhile.
local id = ARGV[1]
if redis.call('SISMEMBER', KEYS[2], id) == 1 or redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then
  return 0
end
redis.call('ZREM', KEYS[3], id)
redis.call('ZREM', KEYS[4], id)
redis.call('ZREM', KEYS[5], id)
redis.call('HDEL', KEYS[6], id)
redis.call('ZREM', KEYS[7], id)
redis.call('HDEL', KEYS[10], id)
redis.call('SREM', KEYS[11], id)
redis.call('DEL', KEYS[1], KEYS[8], KEYS[9])
return 1
