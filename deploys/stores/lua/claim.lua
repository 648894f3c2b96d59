-- Gives one worker the right to run a deploy's next step, for a limited time.
-- KEYS: record lease fence due events_pending
-- ARGV: id token lease_ms now_ms due_by_ms
-- Returns {record, version, fence, when it was due (ms)}, or nothing if it is not due or another worker has it.
local due = redis.call('ZSCORE', KEYS[4], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[5]) then
  return nil
end
local stored = redis.call('HMGET', KEYS[1], 'record', 'version')
if not stored[1] then
  return nil
end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then
  if redis.call('GET', KEYS[2]) ~= ARGV[2] then
    return nil
  end
end
-- Never below the wall clock: a Redis that lost its data must not give the same fence twice.
local fence = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, tonumber(ARGV[4]))
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[3], text)
redis.call('HDEL', KEYS[5], ARGV[1]) -- the step reads what the event told of
return {stored[1], stored[2], text, due}
