-- Notes that Slack did not answer. KEYS: pauses. ARGV: now_ms first_ms longest_ms
-- Returns milliseconds until the next try by any worker, doubled with each failure in a row.
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local wait = math.min(tonumber(ARGV[3]), tonumber(ARGV[2]) * 2 ^ math.min(failures - 1, 20))
redis.call('HSET', KEYS[1], 'until', tonumber(ARGV[1]) + wait)
return wait
