-- Lets deploys go on.
-- KEYS: stop_all audit
-- ARGV: stop audit...
-- Returns 1, or 0 if something else stops them by now, or nothing does.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return 1
