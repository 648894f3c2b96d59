-- Reads what a deploy waits for, unless nothing is before it.
-- KEYS: queue service_history
-- ARGV: id count_of_recent record_prefix
-- Returns the ids before it in its queue, those of the newest deploys of its service, newest first, and
-- {id, record, version} of each of all these.
local ahead, recent, stored, known = {}, {}, {}, {}
for _, id in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if id == ARGV[1] then
    break
  end
  ahead[#ahead + 1] = id
end
if #ahead > 0 then
  recent = redis.call('ZREVRANGE', KEYS[2], 0, ARGV[2] - 1)
end
for _, ids in ipairs({ahead, recent}) do
  for _, id in ipairs(ids) do
    local found = not known[id] and redis.call('HMGET', ARGV[3] .. id, 'record', 'version')
    known[id] = true
    if found and found[1] then
      stored[#stored + 1] = {id, found[1], found[2]}
    end
  end
end
return {ahead, recent, stored}
