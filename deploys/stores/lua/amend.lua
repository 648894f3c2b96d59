-- Writes what a person decided and makes the deploy due at once, unless the record changed meanwhile.
-- KEYS: record due publish audit publish_priorities waits_for_ecs summaries
-- ARGV: id version record summary|'' now_ms priority audit... (summary: empty if it has ended)
-- Returns 1, or 0 if the record has another version.
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[3], 'version', ARGV[2] + 1)
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[7], ARGV[1], ARGV[4])
end
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
redis.call('HSET', KEYS[5], ARGV[1], ARGV[6])
redis.call('HDEL', KEYS[6], ARGV[1])  -- it names the version before
redis.call('XADD', KEYS[4], '*', unpack(ARGV, 7))
return 1
