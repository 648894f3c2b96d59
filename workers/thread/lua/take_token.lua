-- Takes one token from each bucket that a call needs, or takes none and says when to come back.
-- KEYS: outage hold slots bucket...
-- ARGV: now_ms lane has_slot probe_ms (interval_ms capacity reserve)...
--   lane: the urgency whose slots are used, empty for none. has_slot: 1 if the caller comes back at its slot.
-- Returns milliseconds to wait: 0 means that the tokens are taken.
local OVERDUE_MS = 3000
local now, lane, has_slot, probe = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local outage = redis.call('HGET', KEYS[1], 'until')
local wait = math.max(0, tonumber(outage or '0') - now, tonumber(redis.call('GET', KEYS[2]) or '0') - now)
-- A slot is when a token is likely. A pause that began later delays it too.
local reserve_slot = lane ~= '' and (wait > 0 or not has_slot)

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

-- The next token belongs to the waiting question. Other calls come after its slot, unless it is overdue.
local asked = tonumber(redis.call('HGET', KEYS[3], 'asked') or '0')
if lane ~= 'question' and math.abs(asked - now) < OVERDUE_MS then
  wait = math.max(wait, asked + slowest - now)
end

if wait <= 0.001 then
  if lane == 'question' then
    redis.call('HDEL', KEYS[3], 'asked')
  end
  if outage then
    -- Slack did not answer lately: this call tries, and the others wait for its result.
    redis.call('HSET', KEYS[1], 'until', now + probe)
  end
  for i = 4, #KEYS do
    redis.call('HSET', KEYS[i], 'tokens', tostring(tokens[i] - 1), 'at', now)
    redis.call('PEXPIRE', KEYS[i], 600000)
  end
  return 0
end

wait = math.ceil(wait)
if reserve_slot then
  local slot = math.max(tonumber(redis.call('HGET', KEYS[3], lane) or '0'), now + wait)
  redis.call('HSET', KEYS[3], lane, slot + slowest)
  redis.call('PEXPIRE', KEYS[3], 3600000)
  wait = slot - now
end
if lane == 'question' then
  redis.call('HSET', KEYS[3], 'asked', now + wait)
  redis.call('PEXPIRE', KEYS[3], 3600000)
end
return wait
