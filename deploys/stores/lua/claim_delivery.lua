-- Claims keys, each of which one request alone can have, up to the first that another has.
-- KEYS: key...
-- ARGV: token seconds...
-- Returns how many were claimed.
for n, key in ipairs(KEYS) do
  local before = redis.call('SET', key, ARGV[1], 'NX', 'GET', 'EX', ARGV[n + 1])
  -- A client that lost the reply sends the same token again.
  if before and before ~= ARGV[1] then
    return n - 1
  end
end
return #KEYS
