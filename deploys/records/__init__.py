"""The records: what Redis keeps of deploys and batches. Nothing here reads or writes Redis, Slack or AWS."""
