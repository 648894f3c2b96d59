-- Writes what a step did: record, queue, due time, thread and audit entries, all or nothing.
-- KEYS: record lease queue in_progress active due next_jobs publish audit
-- ARGV: id token version record due_ms|'' job request_key now_ms show keep_lease closed ended watched_prefix
--   then each audit entry: how many fields and values, and those
-- Returns 'ok', or what prevented it: 'lease', 'version'.
local id, token, version, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local due, job, request_key, now = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local show, keep, closed, ended, watched = ARGV[9], ARGV[10], ARGV[11], ARGV[12], ARGV[13]

if redis.call('GET', KEYS[2]) ~= token then
  return 'lease'
end
if redis.call('HGET', KEYS[1], 'version') ~= version then
  return 'version'
end

redis.call('HSET', KEYS[1], 'record', record, 'version', version + 1)
local before = redis.call('HGET', KEYS[7], id)
if before and before ~= job and string.sub(before, 1, 6) == 'watch:' then
  redis.call('SREM', watched .. string.sub(before, 7), id)
end
if closed == '1' and redis.call('HGET', KEYS[4], request_key) == id then
  redis.call('HDEL', KEYS[4], request_key)
end
if ended == '1' then
  redis.call('ZREM', KEYS[6], id)
  redis.call('HDEL', KEYS[7], id)
  redis.call('SREM', KEYS[5], id)
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
  redis.call('HSET', KEYS[7], id, job)
  if string.sub(job, 1, 6) == 'watch:' then
    redis.call('SADD', watched .. string.sub(job, 7), id)
  end
end
if show == '1' then
  redis.call('ZADD', KEYS[8], now, id)
end
local at = 14
while ARGV[at] do
  local size = tonumber(ARGV[at])
  redis.call('XADD', KEYS[9], '*', unpack(ARGV, at + 1, at + size))
  at = at + size + 1
end
if keep ~= '1' then
  redis.call('DEL', KEYS[2])
end
return 'ok'
