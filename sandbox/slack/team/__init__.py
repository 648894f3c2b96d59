"""Who and what there is: the workspace, the app's manifest, and the app as installed."""
