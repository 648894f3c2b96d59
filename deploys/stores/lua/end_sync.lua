-- A thread was looked at: it shows all of its record, or is due again then, or sooner if the record changed meanwhile.
-- KEYS: publish publish_priorities lease thread
-- ARGV: id seen_score due_ms|'' mark|'' owner|'' state|''
--   seen_score: of start_sync. owner: its lease ends. state: how far the thread is, if that is still to be written
-- Returns 1, or 0 if the record changed meanwhile.
if ARGV[5] ~= '' and redis.call('GET', KEYS[3]) == ARGV[5] then
  if ARGV[6] ~= '' then
    redis.call('SET', KEYS[4], ARGV[6], 'KEEPTTL')
  end
  redis.call('DEL', KEYS[3])
end
local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '-1')
if ARGV[3] == '' then
  if score ~= tonumber(ARGV[2]) then
    return 0
  end
  redis.call('HDEL', KEYS[2], ARGV[1])
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
if score > 0 and score ~= tonumber(ARGV[2]) and score <= tonumber(ARGV[3]) then
  return 0
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
if ARGV[4] ~= '' then
  redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[4])
end
return 1
