-- Writes how far a thread is. KEYS: lease thread. ARGV: owner state
-- Returns 1, or 0 if the lease ran out.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2], 'KEEPTTL')
return 1
