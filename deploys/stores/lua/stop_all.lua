-- Stops all deploys, unless they are stopped.
-- KEYS: stop_all audit
-- ARGV: stop audit...
-- Returns what stops them now: the record given, or an earlier one.
local stored = redis.call('GET', KEYS[1])
if stored then
  return stored
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return ARGV[1]
