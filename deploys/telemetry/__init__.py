"""What the people who run Slipway see of it: metrics, health and traces.

`metrics.py` lists the metrics, `metrics_pipe.py` brings them from every process to the one that serves them
(`metrics_server.py`), `redis_state.py` adds what Redis knows, and `tracing.py` sends spans.
"""
