-- Writes that the owner of a lock is reminded, and keeps the message, once however many workers do so.
-- KEYS: locks notices
-- ARGV: target lock_before lock notice_id notice
-- Returns 1, or 0 if the lock has changed.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
return 1
