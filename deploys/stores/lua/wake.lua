-- Makes deploys that wait for ECS due sooner; others stay as they are. A record whose version is not the one that the
-- last commit wrote beside it may be in another phase by now.
-- KEYS: waits_for_ecs events_pending due next_jobs events_seen, then the record of each deploy
-- ARGV: seen_ms|'' (empty: no event told of them), then id and wanted_ms of each deploy
-- Returns id and job of each deploy that waits for ECS.
local woken = {}
for i = 6, #KEYS do
  local id, wanted = ARGV[2 * i - 10], ARGV[2 * i - 9]
  local version = redis.call('HGET', KEYS[1], id)
  if version and version == redis.call('HGET', KEYS[i], 'version') then
    redis.call('HSET', KEYS[2], id, wanted)
    redis.call('ZADD', KEYS[3], 'XX', 'LT', wanted, id)
    if ARGV[1] ~= '' then
      redis.call('ZADD', KEYS[5], ARGV[1], id)
    end
    woken[#woken + 1] = id
    woken[#woken + 1] = redis.call('HGET', KEYS[4], id) or 'advance'
  end
end
return woken
