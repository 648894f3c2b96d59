-- Stores new deploys, each at the end of its service's queue. One that is first there is due at once, and all
-- are if they depend on one another. All are stored, with the batch that they belong to, or none.
-- KEYS: active history due next_jobs publish audit batch summaries requested_services
--   (record queue in_progress service_history open_by)...
-- ARGV: now_ms batch|'' all_due most_of_service|'' most_of_requester|''
--   (id record summary service request_key count_of_audit audit...)...
-- Returns {id, deploys ahead, 0} for each; or {id, deploys ahead, 1} for those whose request is in progress already;
-- or nothing, if more than the most might be in progress then.
local now, batch, all_due = ARGV[1], ARGV[2], ARGV[3]
local most_of_service, most_of_requester = tonumber(ARGV[4]), tonumber(ARGV[5])

local requests = {}
local at = 6
for key = 10, #KEYS, 5 do
  local audit = at + 6
  requests[#requests + 1] = {
    record = KEYS[key], queue = KEYS[key + 1], in_progress = KEYS[key + 2], history = KEYS[key + 3],
    open_by = KEYS[key + 4],
    id = ARGV[at], json = ARGV[at + 1], summary = ARGV[at + 2], service = ARGV[at + 3], request_key = ARGV[at + 4],
    audit = audit, audit_end = audit + ARGV[at + 5] - 1,
  }
  at = audit + ARGV[at + 5]
end

local function answer(one, id, is_duplicate)
  return {id, redis.call('LPOS', one.queue, id) or 0, is_duplicate}
end

local repeated, duplicates, stored = {}, {}, {}
for _, one in ipairs(requests) do
  -- A client that lost the reply sends the same request again.
  if redis.call('EXISTS', one.record) == 1 then
    repeated[#repeated + 1] = answer(one, one.id, 0)
  end
  local first = redis.call('HGET', one.in_progress, one.request_key)
  if first then
    duplicates[#duplicates + 1] = answer(one, first, 1)
  end
end
if #repeated > 0 then
  return repeated
end
if #duplicates > 0 then
  return duplicates
end
for _, one in ipairs(requests) do
  if most_of_service and redis.call('HLEN', one.in_progress) >= most_of_service then
    return {}
  end
end
if most_of_requester then
  local open = redis.call('SINTERCARD', 2, requests[1].open_by, KEYS[1])
  if open + #requests > most_of_requester then
    return {}
  end
end

if batch ~= '' then
  redis.call('SET', KEYS[7], batch)
end
for n, one in ipairs(requests) do
  redis.call('HSET', one.record, 'record', one.json, 'version', 0)
  redis.call('HSET', KEYS[8], one.id, one.summary)
  local length = redis.call('RPUSH', one.queue, one.id)
  redis.call('HSET', one.in_progress, one.request_key, one.id)
  redis.call('SADD', KEYS[1], one.id)
  redis.call('SADD', one.open_by, one.id)
  redis.call('SINTERSTORE', one.open_by, one.open_by, KEYS[1])  -- without those that have ended
  redis.call('EXPIRE', one.open_by, 30 * 24 * 3600)
  -- Histories are read backwards, and equal scores would put a batch in the order of its random ids.
  redis.call('ZADD', KEYS[2], now + (#requests - n) / 1000, one.id)
  redis.call('ZADD', one.history, now, one.id)
  redis.call('HSET', KEYS[4], one.id, 'advance')
  if length == 1 or all_due == '1' then
    redis.call('ZADD', KEYS[3], now, one.id)
  end
  redis.call('ZADD', KEYS[5], now, one.id)
  redis.call('XADD', KEYS[6], '*', unpack(ARGV, one.audit, one.audit_end))
  stored[#stored + 1] = {one.id, length - 1, 0}
end
for n = #requests, 1, -1 do
  redis.call('LPUSH', KEYS[9], requests[n].service)
end
redis.call('LTRIM', KEYS[9], 0, 49)
redis.call('EXPIRE', KEYS[9], 90 * 24 * 3600)
return stored
