-- Writes what a step did: record, line, due time, thread and audit entry, all or nothing.
-- KEYS: record lease line underway live due bells publish audit
-- ARGV: id token version record due_ms|'' bell errand now_ms show keep_lease closed ended watched_prefix audit...
-- Returns 'ok', or what stood against it: 'lease', 'version'.
local id, token, version, record = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local due, bell, errand, now = ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local show, keep, closed, ended, watched = ARGV[9], ARGV[10], ARGV[11], ARGV[12], ARGV[13]

if redis.call('GET', KEYS[2]) ~= token then
  return 'lease'
end
if redis.call('HGET', KEYS[1], 'version') ~= version then
  return 'version'
end

redis.call('HSET', KEYS[1], 'record', record, 'version', version + 1)
local before = redis.call('HGET', KEYS[7], id)
if before and before ~= bell and string.sub(before, 1, 6) == 'watch:' then
  redis.call('SREM', watched .. string.sub(before, 7), id)
end
if closed == '1' and redis.call('HGET', KEYS[4], errand) == id then
  redis.call('HDEL', KEYS[4], errand)
end
if ended == '1' then
  redis.call('ZREM', KEYS[6], id)
  redis.call('HDEL', KEYS[7], id)
  redis.call('SREM', KEYS[5], id)
  local was_first = redis.call('LINDEX', KEYS[3], 0) == id
  redis.call('LREM', KEYS[3], 0, id)
  local line = redis.call('LRANGE', KEYS[3], 0, -1)
  if was_first and line[1] then
    redis.call('ZADD', KEYS[6], now, line[1])
  end
  for _, waiting in ipairs(line) do
    redis.call('ZADD', KEYS[8], now, waiting)
  end
else
  redis.call('ZADD', KEYS[6], due, id)
  redis.call('HSET', KEYS[7], id, bell)
  if string.sub(bell, 1, 6) == 'watch:' then
    redis.call('SADD', watched .. string.sub(bell, 7), id)
  end
end
if show == '1' then
  redis.call('ZADD', KEYS[8], now, id)
end
if ARGV[14] then
  redis.call('XADD', KEYS[9], '*', unpack(ARGV, 14))
end
if keep ~= '1' then
  redis.call('DEL', KEYS[2])
end
return 'ok'
