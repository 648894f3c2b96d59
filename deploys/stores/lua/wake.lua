-- Makes deploys that wait for ECS due sooner; others stay as they are. A record whose version is not the one that
-- the last commit wrote beside it may be in another phase by now.
-- KEYS: events_pending due events_seen. The receiver of events may only read the other keys, so they are no KEYS:
-- Redis's ACL takes each of those for one that is written.
-- ARGV: waits_for_ecs next_jobs, seen_ms|'' (empty: no event told of them), then id, record and wanted_ms of each
-- Returns id and job of each deploy that waits for ECS.
local woken = {}
for i = 4, #ARGV, 3 do
  local id, record, wanted = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local version = redis.call('HGET', ARGV[1], id)
  if version and version == redis.call('HGET', record, 'version') then
    redis.call('HSET', KEYS[1], id, wanted)
    redis.call('ZADD', KEYS[2], 'XX', 'LT', wanted, id)
    if ARGV[3] ~= '' then
      redis.call('ZADD', KEYS[3], ARGV[3], id)
    end
    woken[#woken + 1] = id
    woken[#woken + 1] = redis.call('HGET', ARGV[2], id) or 'advance'
  end
end
return woken
