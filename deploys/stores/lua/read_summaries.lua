-- Reads the summaries of all deploys that have not ended. Their records are no KEYS, since nobody knows their ids
-- before; the users of Redis's ACL that read records may read them here, too.
-- KEYS: active
-- ARGV: prefix of the keys of records
-- Returns one text, which takes less time to take apart than many: a line for each deploy that has a record, with
-- its id and its summary. The summary is empty if it is of another version than the record.
local lines = {}
for n, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local version, summary = unpack(redis.call('HMGET', ARGV[1] .. id, 'version', 'summary'))
  if version then
    local mark = version .. ' '
    local is_current = summary and string.sub(summary, 1, #mark) == mark
    lines[#lines + 1] = id .. ' ' .. (is_current and string.sub(summary, #mark + 1) or '')
  end
end
return table.concat(lines, '\n')
