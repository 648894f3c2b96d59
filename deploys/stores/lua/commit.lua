-- Writes what a step did: record, queue, due time, thread and audit entries, all or nothing.
-- KEYS: record lease queue in_progress active due next_jobs publish audit publish_priorities waits_for_ecs
--   events_pending summaries
-- ARGV: id token version record summary due_ms|'' job request_key now_ms show keep_lease closed ended watched_prefix
--   waits_for_ecs (1: an event of ECS may make it due)
--   overtaker|'' (goes from its place in the queue to the first, if this deploy is the first)
--   show: how urgent the change is for its thread (deploys/publish_priority.py); empty if it shows nothing new
--   then each audit entry: how many fields and values, and those
-- Returns 'ok', or what prevented it: 'lease', 'version'.
local id, token, version, record, summary = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local due, job, request_key, now = ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local show, keep, closed, ended, watched = ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14]
local waits_for_ecs, overtaker = ARGV[15], ARGV[16]

if redis.call('GET', KEYS[2]) ~= token then
  return 'lease'
end
if redis.call('HGET', KEYS[1], 'version') ~= version then
  return 'version'
end

redis.call('HSET', KEYS[1], 'record', record, 'version', version + 1)
local before = redis.call('HGET', KEYS[7], id)
local is_other_job = before ~= job
if before and is_other_job and string.sub(before, 1, 6) == 'watch:' then
  redis.call('SREM', watched .. string.sub(before, 7), id)
end
if waits_for_ecs == '1' then
  redis.call('HSET', KEYS[11], id, version + 1)
  -- An event that came after the step began may tell of something that the step did not see.
  local wanted = redis.call('HGET', KEYS[12], id)
  if wanted and tonumber(wanted) < tonumber(due) then
    due = wanted
  end
else
  redis.call('HDEL', KEYS[11], id)
  redis.call('HDEL', KEYS[12], id)
end
if closed == '1' and redis.call('HGET', KEYS[4], request_key) == id then
  redis.call('HDEL', KEYS[4], request_key)
end
if ended == '1' then
  redis.call('ZREM', KEYS[6], id)
  redis.call('HDEL', KEYS[7], id)
  redis.call('SREM', KEYS[5], id)
  redis.call('HDEL', KEYS[13], id)
  local was_first = redis.call('LINDEX', KEYS[3], 0) == id
  redis.call('LREM', KEYS[3], 0, id)
  local queue = redis.call('LRANGE', KEYS[3], 0, -1)
  if was_first and queue[1] then
    redis.call('ZADD', KEYS[6], now, queue[1])
  end
  for _, waiting in ipairs(queue) do
    redis.call('ZADD', KEYS[8], now, waiting)
  end
else
  redis.call('ZADD', KEYS[6], due, id)
  redis.call('HSET', KEYS[13], id, summary)
  if is_other_job then
    redis.call('HSET', KEYS[7], id, job)
    if string.sub(job, 1, 6) == 'watch:' then
      redis.call('SADD', watched .. string.sub(job, 7), id)
    end
  end
end
if overtaker ~= '' and redis.call('LINDEX', KEYS[3], 0) == id and redis.call('LREM', KEYS[3], 0, overtaker) > 0 then
  redis.call('LPUSH', KEYS[3], overtaker)
  redis.call('ZADD', KEYS[6], now, overtaker)
  for _, waiting in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
    redis.call('ZADD', KEYS[8], now, waiting)
  end
end
if show ~= '' then
  local known = redis.call('HGET', KEYS[10], id)
  local waits = known and string.sub(known, 1, 5) == 'waits'
  -- A thread whose call waits for its turn at Slack shows progress then, and need not be looked at sooner.
  if not waits or show ~= '3' then
    redis.call('ZADD', KEYS[8], now, id)
    if waits or tonumber(known or '3') > tonumber(show) then
      redis.call('HSET', KEYS[10], id, show)
    end
  end
end
local at = 17
while ARGV[at] do
  local size = tonumber(ARGV[at])
  redis.call('XADD', KEYS[9], '*', unpack(ARGV, at + 1, at + size))
  at = at + size + 1
end
if keep ~= '1' then
  redis.call('DEL', KEYS[2])
end
return 'ok'
