-- Something in a thread has to change. KEYS: publish publish_priorities. ARGV: id now_ms priority
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local known = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '9')
if not known or known > tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
end
