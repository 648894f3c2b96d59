-- Takes a new deploy into the store, its service's line and, when it is first there, the due set.
-- KEYS: record line underway live history service_history due bells publish audit
-- ARGV: id record errand now_ms audit...
-- Returns {id, deploys ahead, 1 if that errand was already under way}.
local id, record, errand, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local function ahead(of)
  local place = redis.call('LPOS', KEYS[2], of)
  return place or 0
end

-- A client that lost the reply sends the same request again.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {id, ahead(id), 0}
end
local first = redis.call('HGET', KEYS[3], errand)
if first then
  return {first, ahead(first), 1}
end

redis.call('HSET', KEYS[1], 'record', record, 'version', 0)
local length = redis.call('RPUSH', KEYS[2], id)
redis.call('HSET', KEYS[3], errand, id)
redis.call('SADD', KEYS[4], id)
redis.call('ZADD', KEYS[5], now, id)
redis.call('ZADD', KEYS[6], now, id)
redis.call('HSET', KEYS[8], id, 'advance')
if length == 1 then
  redis.call('ZADD', KEYS[7], now, id)
end
redis.call('ZADD', KEYS[9], now, id)
redis.call('XADD', KEYS[10], '*', unpack(ARGV, 5))
return {id, length - 1, 0}
