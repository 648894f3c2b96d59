-- Writes an ended deploy's record again, unless it changed meanwhile. Nothing becomes due by it.
-- KEYS: record active
-- ARGV: id version record
-- Returns 1, or 0 if the record has another version or the deploy is active.
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 1 then
  return 0
end
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[3], 'version', ARGV[2] + 1)
return 1
