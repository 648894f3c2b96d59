-- Makes threads due later, but none that was made due at another time meanwhile.
-- KEYS: publish. ARGV: (id seen_score due_ms)...
local ids, changed = {}, {}
for at = 1, #ARGV, 3 do
  ids[#ids + 1] = ARGV[at]
end
local scores = redis.call('ZMSCORE', KEYS[1], unpack(ids))
for n, id in ipairs(ids) do
  if scores[n] and tonumber(scores[n]) == tonumber(ARGV[3 * n - 1]) then
    changed[#changed + 1] = ARGV[3 * n]
    changed[#changed + 1] = id
  end
end
if #changed > 0 then
  redis.call('ZADD', KEYS[1], unpack(changed))
end
