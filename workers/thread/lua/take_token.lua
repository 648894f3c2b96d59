-- Takes one token from each bucket that a call needs, or takes none and says when to come back.
-- KEYS: outage hold line bucket [line bucket]
--   line: who waits for the bucket, by urgency. The last bucket is the narrowest.
-- ARGV: now_ms lane has_slot probe_ms (interval_ms capacity reserve)...
--   lane: the urgency whose slots are used, empty for none. has_slot: 1 if the caller comes back at its slot.
-- Returns milliseconds to wait: 0 means that the tokens are taken.
local OVERDUE_MS, BUCKET_MS, LINE_MS = 3000, 600000, 3600000
local now, lane, has_slot, probe = tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1', tonumber(ARGV[4])
local outage = redis.call('HGET', KEYS[1], 'until')
local wait = math.max(0, tonumber(outage or '0') - now, tonumber(redis.call('GET', KEYS[2]) or '0') - now)
-- A slot is when a token is likely. A pause that began later delays it too. Who comes back at the time of a slot
-- and finds no token gets another one beside the line, before those that come for the first time.
local line = (has_slot and wait == 0) and 'late ' .. lane or lane

-- How long keys live is written again once half of it is over.
local function is_half_over(kept_until, keep_ms)
  return tonumber(kept_until or '0') < now + keep_ms / 2
end

local last_line = KEYS[#KEYS - 1]
local slowest = 0
local tokens, kept_until = {}, {}
for i = 4, #KEYS, 2 do
  local at = 5 + (i - 4) / 2 * 3
  local interval, capacity, reserve = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local stored = redis.call('HMGET', KEYS[i], 'tokens', 'at', 'kept_until')
  local left = tonumber(stored[1] or capacity)
  local since = math.max(0, now - tonumber(stored[2] or now))
  tokens[i], kept_until[i] = math.min(capacity, left + since / interval), stored[3]
  slowest = math.max(slowest, interval)
  wait = math.max(wait, (1 + reserve - tokens[i]) * interval)
end

-- The next token belongs to the waiting question. Other calls come after its slot, unless it is overdue.
local slots = redis.call('HMGET', last_line, 'asked', 'urgent', 'late urgent', line, 'kept_until')
local asked = tonumber(slots[1] or '0')
if lane ~= 'question' and math.abs(asked - now) < OVERDUE_MS then
  wait = math.max(wait, asked + slowest - now)
end

-- Ends and trouble that wait go before progress.
if lane == 'normal' then
  local urgent = math.max(tonumber(slots[2] or '0'), tonumber(slots[3] or '0'))
  wait = math.max(wait, urgent - now)
end

if wait <= 0.001 then
  if lane == 'question' then
    redis.call('HDEL', last_line, 'asked')
  end
  if outage then
    -- Slack did not answer lately: this call tries, and the others wait for its result.
    redis.call('HSET', KEYS[1], 'until', now + probe)
  end
  for i = 4, #KEYS, 2 do
    redis.call('HSET', KEYS[i], 'tokens', tostring(tokens[i] - 1), 'at', now)
    if is_half_over(kept_until[i], BUCKET_MS) then
      redis.call('HSET', KEYS[i], 'kept_until', now + BUCKET_MS)
      redis.call('PEXPIRE', KEYS[i], BUCKET_MS)
    end
  end
  return 0
end

wait = math.ceil(wait)
if lane ~= '' then
  -- A wide bucket is waited for by those of all narrow ones: its line is as long as they are many.
  local slot = now + wait
  for i = 4, #KEYS, 2 do
    local interval = tonumber(ARGV[5 + (i - 4) / 2 * 3])
    local known = {slots[4], slots[5]}
    if i < #KEYS then
      known = redis.call('HMGET', KEYS[i - 1], line, 'kept_until')
    end
    local turn = math.max(tonumber(known[1] or '0'), now)
    if i == #KEYS then
      turn = math.max(turn, now + wait)
    end
    slot = math.max(slot, turn)
    redis.call('HSET', KEYS[i - 1], line, turn + interval)
    if is_half_over(known[2], LINE_MS) then
      redis.call('HSET', KEYS[i - 1], 'kept_until', now + LINE_MS)
      redis.call('PEXPIRE', KEYS[i - 1], LINE_MS)
    end
  end
  wait = slot - now
end
if lane == 'question' then
  redis.call('HSET', last_line, 'asked', now + wait)
end
return wait
