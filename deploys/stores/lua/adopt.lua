-- Stores the record of a deploy whose record was lost, or ended without knowing what its deploy did. Nothing is
-- stored if the record has another version, or another deploy has the service.
-- KEYS: record queue active history service_history due next_jobs publish audit summaries
-- ARGV: id record summary now_ms version|'' audit... (version: of the record that ended; empty: there is none)
-- Returns 1, or 0 if nothing was stored.
local id, record, summary, now, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if (redis.call('HGET', KEYS[1], 'version') or '') ~= version or redis.call('LLEN', KEYS[2]) > 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'record', record, 'version', (tonumber(version) or -1) + 1)
redis.call('HSET', KEYS[10], id, summary)
redis.call('RPUSH', KEYS[2], id)
redis.call('SADD', KEYS[3], id)
redis.call('ZADD', KEYS[4], now, id)
redis.call('ZADD', KEYS[5], now, id)
redis.call('ZADD', KEYS[6], now, id)
redis.call('HSET', KEYS[7], id, 'advance')
redis.call('ZADD', KEYS[8], now, id)
redis.call('XADD', KEYS[9], '*', unpack(ARGV, 6))
return 1
