-- Takes one token of each bucket that a call needs, or none and says when to come back.
-- KEYS: outage hold line bucket...
-- ARGV: now_ms lane promised probe_ms (interval_ms capacity reserve)...
--   lane names the line to stand in, empty for none; promised is 1 for those who come back at their time.
-- Returns milliseconds to wait: 0 means go.
local OVERDUE_MS = 3000
local now, lane, promised, probe = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local outage = redis.call('HGET', KEYS[1], 'until')
local wait = math.max(0, tonumber(outage or '0') - now, tonumber(redis.call('GET', KEYS[2]) or '0') - now)
-- A promise says when a token is likely; it does not reach beyond a pause that began later.
local queue_up = lane ~= '' and (wait > 0 or not promised)

local slowest = 0
local tokens = {}
for i = 4, #KEYS do
  local at = 5 + (i - 4) * 3
  local interval, capacity, reserve = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local stored = redis.call('HMGET', KEYS[i], 'tokens', 'at')
  local left = tonumber(stored[1] or capacity)
  local since = math.max(0, now - tonumber(stored[2] or now))
  tokens[i] = math.min(capacity, left + since / interval)
  slowest = math.max(slowest, interval)
  wait = math.max(wait, (1 + reserve - tokens[i]) * interval)
end

-- The token that comes back next is the waiting question's: others come after its place, unless it is overdue.
local asked = tonumber(redis.call('HGET', KEYS[3], 'asked') or '0')
if lane ~= 'question' and math.abs(asked - now) < OVERDUE_MS then
  wait = math.max(wait, asked + slowest - now)
end

if wait <= 0.001 then
  if lane == 'question' then
    redis.call('HDEL', KEYS[3], 'asked')
  end
  if outage then
    -- Slack did not answer lately: this one tries, the others wait for what it finds.
    redis.call('HSET', KEYS[1], 'until', now + probe)
  end
  for i = 4, #KEYS do
    redis.call('HSET', KEYS[i], 'tokens', tostring(tokens[i] - 1), 'at', now)
    redis.call('PEXPIRE', KEYS[i], 600000)
  end
  return 0
end

wait = math.ceil(wait)
if queue_up then
  local place = math.max(tonumber(redis.call('HGET', KEYS[3], lane) or '0'), now + wait)
  redis.call('HSET', KEYS[3], lane, place + slowest)
  redis.call('PEXPIRE', KEYS[3], 3600000)
  wait = place - now
end
if lane == 'question' then
  redis.call('HSET', KEYS[3], 'asked', now + wait)
  redis.call('PEXPIRE', KEYS[3], 3600000)
end
return wait
