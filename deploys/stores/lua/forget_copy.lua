-- Takes one of the copies of a card off the list. KEYS: card_copies. ARGV: ts
local kept = {}
for ts in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do
  if ts ~= ARGV[1] then
    kept[#kept + 1] = ts
  end
end
if #kept > 0 then
  redis.call('SET', KEYS[1], table.concat(kept, ' ') .. ' ', 'KEEPTTL')
else
  redis.call('DEL', KEYS[1])
end
