"""`make bench`: what Slipway costs and how long things take, measured from outside on the real processes."""
