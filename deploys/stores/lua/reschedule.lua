-- Ends the claims of steps that changed nothing: each deploy is due again, and its record stays as it is.
-- KEYS: due next_jobs waits_for_ecs events_pending (record lease)...
-- ARGV: now_ms (id token version due_ms job waits_for_ecs)...
--   waits_for_ecs: as in commit.lua
-- Returns for each 'ok', or what prevented it. 'lease': another worker has it. 'version': its record changed
-- meanwhile, so it is due now. 'commit': what stands beside the record is not so; the claim goes on, to commit it.
local ids, leases = {}, {}
for at = 2, #ARGV, 6 do
  ids[#ids + 1] = ARGV[at]
  leases[#leases + 1] = KEYS[4 + 2 * #ids]
end
local tokens = redis.call('MGET', unpack(leases))
local jobs = redis.call('HMGET', KEYS[2], unpack(ids))
local waiting = redis.call('HMGET', KEYS[3], unpack(ids))
local pending = redis.call('HMGET', KEYS[4], unpack(ids))

local answers, due, over = {}, {}, {}
local function finish(n, at)
  due[#due + 1] = at
  due[#due + 1] = ids[n]
  over[#over + 1] = leases[n]
end
for n in ipairs(ids) do
  local _, token, version, at, job, waits_for_ecs = unpack(ARGV, 6 * n - 4, 6 * n + 1)
  if tokens[n] ~= token then
    answers[n] = 'lease'
  elseif not (waits_for_ecs == '1' and waiting[n] == version)  -- then nobody has changed the record (amend.lua)
    and redis.call('HGET', KEYS[3 + 2 * n], 'version') ~= version then
    answers[n] = 'version'
    finish(n, ARGV[1])
  elseif jobs[n] ~= job or waiting[n] ~= (waits_for_ecs == '1' and version) then
    answers[n] = 'commit'
  else
    answers[n] = 'ok'
    -- An event that came after the step began may tell of something that the step did not see.
    local is_sooner = pending[n] and tonumber(pending[n]) < tonumber(at)
    finish(n, is_sooner and pending[n] or at)
  end
end
if #over > 0 then
  redis.call('ZADD', KEYS[1], 'XX', unpack(due))
  redis.call('DEL', unpack(over))
end
return answers
