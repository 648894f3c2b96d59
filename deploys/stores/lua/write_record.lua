-- Stands before the scripts that write records. version: a number, of this text. summary: what lists go by
-- (deploys/stores/active_deploys.py); empty for a deploy that has ended. It bears the version, so that one which
-- stands beside a text that an older Slipway wrote is not believed.
local function write_record(key, record, version, summary)
  redis.call('HSET', key, 'record', record, 'version', version, 'summary', version .. ' ' .. summary)
end
