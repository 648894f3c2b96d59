-- Withdraws a deploy that waits, and moves one behind it to its place in the queue: both or nothing.
-- KEYS: record_of_old record_of_new queue due publish audit summaries
-- ARGV: old_id old_version old_record old_summary new_id new_version now_ms audit...
-- Returns 'ok', or what prevented it: 'version' (one of the records changed), 'queue' (they do not wait so).
local old, new, now = ARGV[1], ARGV[5], ARGV[7]
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] or redis.call('HGET', KEYS[2], 'version') ~= ARGV[6] then
  return 'version'
end
local place, behind = redis.call('LPOS', KEYS[3], old), redis.call('LPOS', KEYS[3], new)
if not place or not behind or behind < place then
  return 'queue'
end
redis.call('HSET', KEYS[1], 'record', ARGV[3], 'version', ARGV[2] + 1)
redis.call('HSET', KEYS[7], old, ARGV[4])
redis.call('LREM', KEYS[3], 0, new)
redis.call('LINSERT', KEYS[3], 'BEFORE', old, new)
redis.call('ZADD', KEYS[4], now, old, now, new)
for _, waiting in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  redis.call('ZADD', KEYS[5], now, waiting)
end
redis.call('XADD', KEYS[6], '*', unpack(ARGV, 8))
return 'ok'
