"""services.yml: which services there are, how each is deployed and who may do it."""
