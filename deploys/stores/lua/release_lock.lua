-- Unlocks what its owner has locked.
-- KEYS: locks audit
-- ARGV: target id owner audit...
-- Returns 1, or 0 if it is another lock, or the lock of somebody else.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local lock = stored and cjson.decode(stored)
if not lock or lock.id ~= ARGV[2] or lock.owner ~= ARGV[3] then
  return 0
end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 4))
return 1
