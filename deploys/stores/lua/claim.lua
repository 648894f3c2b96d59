-- Gives one worker the right to run a deploy's next step, for a limited time.
-- KEYS: record lease fence due claim_holder
-- ARGV: id token lease_ms now_ms due_by_ms heartbeat_ms claim_holder_prefix
-- Returns {record, version, fence, when it was due (ms)}, or nothing if it is not due or another worker has it.
local due = redis.call('ZSCORE', KEYS[4], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[5]) then
  return nil
end
local stored = redis.call('HMGET', KEYS[1], 'record', 'version')
if not stored[1] then
  return nil
end
local lease = redis.call('GET', KEYS[2])
if lease and lease ~= ARGV[2] then
  -- A lease of an older version names no process, and is held until it ends.
  local holder = string.match(lease, '^(.-)/')
  if not holder or redis.call('EXISTS', ARGV[7] .. holder) == 1 then
    return nil
  end
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[5], 1, 'PX', ARGV[6])
-- Never below the wall clock: a Redis that lost its data must not give the same fence twice.
local fence = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, tonumber(ARGV[4]))
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[3], text)
return {stored[1], stored[2], text, due}
