-- Writes the summary of a deploy beside which an older Slipway has left another, or none. One of a deploy that has
-- ended is removed. Nothing is written if the record changed meanwhile: that wrote the summary, too.
-- KEYS: record active summaries
-- ARGV: id version summary
if redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then
  redis.call('HDEL', KEYS[3], ARGV[1])
elseif redis.call('HGET', KEYS[1], 'version') == ARGV[2] then
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
end
