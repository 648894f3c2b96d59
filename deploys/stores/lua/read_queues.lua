-- Reads what waits in several queues, and how long the deploys of their services took. Of a queue in which nothing
-- waits, no more is read.
-- KEYS: (queue service_history)...
-- ARGV: count_of_recent record_prefix id... (deploys whose records are known)
-- Returns {ids, recent} for each queue: its ids, and those of the newest deploys of the service, newest first; and
-- {id, record, version} of each of all these whose record is not known.
local known, stored = {}, {}
for n = 3, #ARGV do
  known[ARGV[n]] = true
end

local function read(ids)
  for _, id in ipairs(ids) do
    local found = not known[id] and redis.call('HMGET', ARGV[2] .. id, 'record', 'version')
    known[id] = true
    if found and found[1] then
      stored[#stored + 1] = {id, found[1], found[2]}
    end
  end
end

local queues = {}
for key = 1, #KEYS, 2 do
  local ids, recent = redis.call('LRANGE', KEYS[key], 0, -1), {}
  if #ids > 1 then
    recent = redis.call('ZREVRANGE', KEYS[key + 1], 0, ARGV[1] - 1)
    read(ids)
    read(recent)
  end
  queues[#queues + 1] = {ids, recent}
end
return {queues, stored}
