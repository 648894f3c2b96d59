-- Whether a claim still counts. If it does, its process has its heartbeat again from now on.
-- KEYS: lease claim_holder
-- ARGV: token heartbeat_ms
-- Returns how long the lease lasts (ms), or nothing if it ended or another worker has it.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return nil
end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
return redis.call('PTTL', KEYS[1])
