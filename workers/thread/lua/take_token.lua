-- Takes one token from each bucket that a call needs, or takes none and says when to come back.
-- KEYS: pauses bucket [bucket]
--   bucket: its tokens, and who waits for it, by urgency. The last bucket is the narrowest.
-- ARGV: now_ms method lane has_slot probe_ms again (interval_ms capacity reserve)...
--   lane: the urgency whose slots are used, empty for none. has_slot: 1 if the caller comes back at its slot.
--   again: 1 if the same call follows; it gets a slot, too
-- Returns {milliseconds to wait, 1 if Slack did not answer lately, and until the slot of the call that follows}.
-- 0 ms: the tokens are taken; that call has them now, too, or was not asked for.
local OVERDUE_MS, KEEP_MS = 3000, 3600000
local now, method, lane, has_slot, probe = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4] == '1', tonumber(ARGV[5])
local again = ARGV[6] == '1' and lane ~= ''
local pauses = redis.call('HMGET', KEYS[1], 'until', 'hold ' .. method)
local outage = pauses[1]
local wait = math.max(0, tonumber(outage or '0') - now, tonumber(pauses[2] or '0') - now)
-- A slot is when a token is likely. A pause that began later delays it too. Who comes back at the time of a slot
-- and finds no token gets another one beside the line, before those that come for the first time.
local line = (has_slot and wait == 0) and 'late ' .. lane or lane

local last, slowest = #KEYS, 0
local intervals, reserves, tokens, slots = {}, {}, {}, {}
for i = 2, last do
  local at = 7 + (i - 2) * 3
  local capacity, interval = tonumber(ARGV[at + 1]), tonumber(ARGV[at])
  local stored = redis.call('HMGET', KEYS[i], 'tokens', 'at', 'asked', 'urgent', 'late urgent', line, lane, 'kept_until')
  local since = math.max(0, now - tonumber(stored[2] or now))
  tokens[i] = math.min(capacity, tonumber(stored[1] or capacity) + since / interval)
  intervals[i], reserves[i] = interval, tonumber(ARGV[at + 2])
  slots[i] = {asked = stored[3], urgent = stored[4], late_urgent = stored[5], [line] = stored[6], [lane] = stored[7],
    kept_until = stored[8]}
  slowest = math.max(slowest, interval)
end

-- Until all buckets have the tokens, and nobody who goes before waits for them.
local function time_to_wait(at_least)
  local found = at_least
  for i = 2, last do
    found = math.max(found, (1 + reserves[i] - tokens[i]) * intervals[i])
  end
  -- The next token belongs to the waiting question. Other calls come after its slot, unless it is overdue.
  local asked = tonumber(slots[last].asked or '0')
  if lane ~= 'question' and math.abs(asked - now) < OVERDUE_MS then
    found = math.max(found, asked + slowest - now)
  end
  -- Ends and trouble that wait go before progress.
  if lane == 'normal' then
    local urgent = math.max(tonumber(slots[last].urgent or '0'), tonumber(slots[last].late_urgent or '0'))
    found = math.max(found, urgent - now)
  end
  return found > 0.001 and math.ceil(found) or 0
end

-- What is to be written of each bucket.
local changes = {}
for i = 2, last do
  changes[i] = {}
end
local function change(i, ...)
  for _, each in ipairs({...}) do
    table.insert(changes[i], each)
  end
end
local function save()
  for i = 2, last do
    if #changes[i] > 0 then
      local expires = tonumber(slots[i].kept_until or '0') < now + KEEP_MS / 2
      if expires then
        change(i, 'kept_until', now + KEEP_MS)
      end
      redis.call('HSET', KEYS[i], unpack(changes[i]))
      if expires then
        redis.call('PEXPIRE', KEYS[i], KEEP_MS)
      end
    end
  end
end

-- A slot in this line for a call that has to wait so long at least. Returns the time until then.
local function reserve_slot(name, wait)
  -- A wide bucket is waited for by those of all narrow ones: its line is as long as they are many.
  local slot = now + wait
  for i = 2, last do
    local turn = math.max(tonumber(slots[i][name] or '0'), now)
    if i == last then
      turn = math.max(turn, now + wait)
    end
    slot = math.max(slot, turn)
    change(i, name, turn + intervals[i])
  end
  if lane == 'question' then
    change(last, 'asked', slot)
  end
  return slot - now
end

wait = time_to_wait(wait)
local wait_again = 0
if wait == 0 then
  if lane == 'question' then
    redis.call('HDEL', KEYS[last], 'asked')
    slots[last].asked = false
  end
  if outage then
    -- Slack did not answer lately: this call tries, and the others wait for its result.
    redis.call('HSET', KEYS[1], 'until', now + probe)
  end
  for i = 2, last do
    tokens[i] = tokens[i] - 1
    change(i, 'tokens', tostring(tokens[i]), 'at', now)
  end
  wait_again = again and time_to_wait(0) or 0
  wait_again = wait_again > 0 and reserve_slot(lane, wait_again) or 0
elseif lane ~= '' then
  wait = reserve_slot(line, wait)
end
save()
return {wait, outage and 1 or 0, wait_again}
