-- A thread is looked at, and due again when its lease ends. What it waited for counts no more.
-- KEYS: publish publish_priorities. ARGV: id score waits_for_slack elapsed_time progress
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and (string.find(known, ARGV[3], 1, true) == 1 or known == ARGV[4] or known == ARGV[5]) then
  redis.call('HDEL', KEYS[2], ARGV[1])
end
