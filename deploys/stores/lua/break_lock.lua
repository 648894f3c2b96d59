-- Ends a lock that somebody breaks or whose time is over, and keeps the message for its owner.
-- KEYS: locks notices audit
-- ARGV: target id notice_id notice audit...
-- Returns 1, or 0 if it is another lock by now.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored or cjson.decode(stored).id ~= ARGV[2] then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
redis.call('XADD', KEYS[3], '*', unpack(ARGV, 5))
return 1
