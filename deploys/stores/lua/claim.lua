-- Gives one worker the right to run the next step of each of some deploys, for a limited time.
-- KEYS: fence due claim_holder events_pending (record lease)...
-- ARGV: lease_ms now_ms due_by_ms heartbeat_ms claim_holder_prefix (id token)...
-- Returns for each {record, version, fence, when it was due (ms)}, or nothing if it is not due or another worker
-- has it.
local lease_ms, now, due_by, holders = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[5]
local ids, leases = {}, {}
for at = 6, #ARGV, 2 do
  ids[#ids + 1] = ARGV[at]
  leases[#leases + 1] = KEYS[at]
end
local due = redis.call('ZMSCORE', KEYS[2], unpack(ids))
local held = redis.call('MGET', unpack(leases))

local lives = {}
-- Whether the process lives whose lease this is. One of an older version names no process, and is held until it ends.
local function is_alive(lease)
  local holder = string.match(lease, '^(.-)/')
  if holder and lives[holder] == nil then
    lives[holder] = redis.call('EXISTS', holders .. holder) == 1
  end
  return not holder or lives[holder]
end

local answers, claimed = {}, {}
for n, id in ipairs(ids) do
  local record, token = KEYS[3 + 2 * n], ARGV[5 + 2 * n]
  answers[n] = false
  if due[n] and tonumber(due[n]) <= due_by and not (held[n] and held[n] ~= token and is_alive(held[n])) then
    local stored = redis.call('HMGET', record, 'record', 'version')
    if stored[1] then
      redis.call('SET', leases[n], token, 'PX', lease_ms)
      claimed[#claimed + 1] = id
      answers[n] = {stored[1], stored[2], #claimed, due[n]}
    end
  end
end
if #claimed == 0 then
  return answers
end
redis.call('SET', KEYS[3], 1, 'PX', ARGV[4])
-- Never below the wall clock: a Redis that lost its data must not give the same fence twice.
local first = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, now)
for _, answer in ipairs(answers) do
  if answer then
    answer[3] = string.format('%.0f', first + answer[3] - 1)
  end
end
redis.call('SET', KEYS[1], string.format('%.0f', first + #claimed - 1))
redis.call('HDEL', KEYS[4], unpack(claimed)) -- the steps read what the events told of
return answers
