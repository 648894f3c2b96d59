-- Returns a lease without a result. The deploy stays due, at the time given.
-- KEYS: lease due
-- ARGV: token id due_ms
-- Returns 1, or 0 if another worker has the lease.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
if redis.call('ZSCORE', KEYS[2], ARGV[2]) then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
end
return 1
