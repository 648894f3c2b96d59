"""What `slipway doctor` checks, a file for each subject. It reads, and changes nothing.

A check is a function `check_x(context)` that yields what it found; `checks.py` lists them in order.
"""
