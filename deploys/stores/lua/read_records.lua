-- Reads several records at once.
-- KEYS: record...
-- Returns {record, version} for each; both are empty for one that does not exist.
local found = {}
for n, key in ipairs(KEYS) do
  found[n] = redis.call('HMGET', key, 'record', 'version')
end
return found
