-- Locks a target, unless somebody else has it locked. A lock whose time is over locks nothing. Its owner may lock
-- it again, which changes it.
-- KEYS: locks audit
-- ARGV: target lock owner now_seconds audit...
-- Returns {1, the owner's lock before or ''}, or {0, the lock of somebody else}.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then
  local before = cjson.decode(stored)
  local ends = before.expires_at
  local over = ends and ends ~= cjson.null and ends <= tonumber(ARGV[4])
  if over then
    stored = false
  elseif before.owner ~= ARGV[3] then
    return {0, stored}
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 5))
return {1, stored or ''}
