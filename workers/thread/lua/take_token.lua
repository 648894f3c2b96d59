-- Takes one token from each bucket that a call needs, or takes none and says when to come back.
-- KEYS: pauses bucket [bucket]
--   bucket: its tokens, and who waits for it, by urgency. The last bucket is the narrowest.
-- ARGV: now_ms method lane has_slot probe_ms (interval_ms capacity reserve)...
--   lane: the urgency whose slots are used, empty for none. has_slot: 1 if the caller comes back at its slot.
-- Returns {milliseconds to wait, 1 if Slack did not answer lately}; 0 ms: the tokens are taken.
local OVERDUE_MS, KEEP_MS = 3000, 3600000
local now, method, lane, has_slot, probe = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
local pauses = redis.call('HMGET', KEYS[1], 'until', 'hold ' .. method)
local outage = pauses[1]
local wait = math.max(0, tonumber(outage or '0') - now, tonumber(pauses[2] or '0') - now)
-- A slot is when a token is likely. A pause that began later delays it too. Who comes back at the time of a slot
-- and finds no token gets another one beside the line, before those that come for the first time.
local line = (has_slot and wait == 0) and 'late ' .. lane or lane

local function save(key, kept_until, ...)
  redis.call('HSET', key, ...)
  if tonumber(kept_until or '0') < now + KEEP_MS / 2 then
    redis.call('HSET', key, 'kept_until', now + KEEP_MS)
    redis.call('PEXPIRE', key, KEEP_MS)
  end
end

local last = #KEYS
local slowest = 0
local intervals, tokens, slots = {}, {}, {}
for i = 2, last do
  local at = 6 + (i - 2) * 3
  local interval, capacity, reserve = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local stored = redis.call('HMGET', KEYS[i], 'tokens', 'at', 'asked', 'urgent', 'late urgent', line, 'kept_until')
  local since = math.max(0, now - tonumber(stored[2] or now))
  tokens[i] = math.min(capacity, tonumber(stored[1] or capacity) + since / interval)
  intervals[i], slots[i] = interval, {asked = stored[3], urgent = stored[4], late_urgent = stored[5],
    line = stored[6], kept_until = stored[7]}
  slowest = math.max(slowest, interval)
  wait = math.max(wait, (1 + reserve - tokens[i]) * interval)
end

-- The next token belongs to the waiting question. Other calls come after its slot, unless it is overdue.
local asked = tonumber(slots[last].asked or '0')
if lane ~= 'question' and math.abs(asked - now) < OVERDUE_MS then
  wait = math.max(wait, asked + slowest - now)
end

-- Ends and trouble that wait go before progress.
if lane == 'normal' then
  local urgent = math.max(tonumber(slots[last].urgent or '0'), tonumber(slots[last].late_urgent or '0'))
  wait = math.max(wait, urgent - now)
end

if wait <= 0.001 then
  if lane == 'question' then
    redis.call('HDEL', KEYS[last], 'asked')
  end
  if outage then
    -- Slack did not answer lately: this call tries, and the others wait for its result.
    redis.call('HSET', KEYS[1], 'until', now + probe)
  end
  for i = 2, last do
    save(KEYS[i], slots[i].kept_until, 'tokens', tostring(tokens[i] - 1), 'at', now)
  end
  return {0, outage and 1 or 0}
end

wait = math.ceil(wait)
if lane ~= '' then
  -- A wide bucket is waited for by those of all narrow ones: its line is as long as they are many.
  local slot = now + wait
  for i = 2, last do
    local turn = math.max(tonumber(slots[i].line or '0'), now)
    if i == last then
      turn = math.max(turn, now + wait)
    end
    slot = math.max(slot, turn)
    save(KEYS[i], slots[i].kept_until, line, turn + intervals[i])
  end
  wait = slot - now
end
if lane == 'question' then
  redis.call('HSET', KEYS[last], 'asked', now + wait)
end
return {wait, outage and 1 or 0}
