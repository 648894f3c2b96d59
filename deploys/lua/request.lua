-- Takes new deploys into the store, each at the end of its service's line and, when it is first there or all are
-- to look, into the due set: all of them, with the batch that they were asked for in, or none.
-- KEYS: live history due bells publish audit batch (record line underway service_history)...
-- ARGV: now_ms batch|'' all_look (id record errand count_of_audit audit...)...
-- Returns {id, deploys ahead, 0} for each; or {id, deploys ahead, 1} for those whose errand is under way already.
local now, batch, all_look = ARGV[1], ARGV[2], ARGV[3]

local asked = {}
local at = 4
for key = 8, #KEYS, 4 do
  local audit = at + 4
  asked[#asked + 1] = {
    record = KEYS[key], line = KEYS[key + 1], underway = KEYS[key + 2], history = KEYS[key + 3],
    id = ARGV[at], json = ARGV[at + 1], errand = ARGV[at + 2],
    audit = audit, audit_end = audit + ARGV[at + 3] - 1,
  }
  at = audit + ARGV[at + 3]
end

local function answer(one, id, existing)
  return {id, redis.call('LPOS', one.line, id) or 0, existing}
end

local again, under_way, taken = {}, {}, {}
for _, one in ipairs(asked) do
  -- A client that lost the reply sends the same request again.
  if redis.call('EXISTS', one.record) == 1 then
    again[#again + 1] = answer(one, one.id, 0)
  end
  local first = redis.call('HGET', one.underway, one.errand)
  if first then
    under_way[#under_way + 1] = answer(one, first, 1)
  end
end
if #again > 0 then
  return again
end
if #under_way > 0 then
  return under_way
end

if batch ~= '' then
  redis.call('SET', KEYS[7], batch)
end
for n, one in ipairs(asked) do
  redis.call('HSET', one.record, 'record', one.json, 'version', 0)
  local length = redis.call('RPUSH', one.line, one.id)
  redis.call('HSET', one.underway, one.errand, one.id)
  redis.call('SADD', KEYS[1], one.id)
  -- Histories are read backwards, and equal scores would put a batch in the order of its random ids.
  redis.call('ZADD', KEYS[2], now + (#asked - n) / 1000, one.id)
  redis.call('ZADD', one.history, now, one.id)
  redis.call('HSET', KEYS[4], one.id, 'advance')
  if length == 1 or all_look == '1' then
    redis.call('ZADD', KEYS[3], now, one.id)
  end
  redis.call('ZADD', KEYS[5], now, one.id)
  redis.call('XADD', KEYS[6], '*', unpack(ARGV, one.audit, one.audit_end))
  taken[#taken + 1] = {one.id, length - 1, 0}
end
return taken
