"""What Slipway reads and changes in AWS: thin adapters over boto3, one file for each kind of resource.

`aws/` has clients, credentials and errors, `images/` everything about image references and ECR, `reasons/`
the sentences that explain why a task stopped or did not start. `state.py` has the records that all reads
return.
"""
