-- Reads the newest deploys of several histories.
-- KEYS: active history...
-- ARGV: count_of_ids count_of_records record_prefix without_active|''
-- Returns {ids, stored} for each history, newest first: the ids of its newest deploys, without the active ones if
-- that is asked for, and {id, record, version} of the first of them.
local most, records = tonumber(ARGV[1]), tonumber(ARGV[2])
local CHUNK = 500

local function newest(history)
  local found, start = {}, 0
  while #found < most do
    local size = ARGV[4] == '' and most or CHUNK
    local ids = redis.call('ZREVRANGE', history, start, start + size - 1)
    local active = ARGV[4] ~= '' and #ids > 0 and redis.call('SMISMEMBER', KEYS[1], unpack(ids))
    for n, id in ipairs(ids) do
      if #found < most and not (active and active[n] == 1) then
        found[#found + 1] = id
      end
    end
    if #ids < size or not active then
      break
    end
    start = start + size
  end
  return found
end

local answer = {}
for key = 2, #KEYS do
  local ids, stored = newest(KEYS[key]), {}
  for n = 1, math.min(#ids, records) do
    local found = redis.call('HMGET', ARGV[3] .. ids[n], 'record', 'version')
    if found[1] then
      stored[#stored + 1] = {ids[n], found[1], found[2]}
    end
  end
  answer[#answer + 1] = {ids, stored}
end
return answer
