"""What `deploy` and `teardown` do in the cloud, as Terraform's, gcloud's and bq's own commands.

`commands` runs them, or rehearses them; `terraform` is the deployment with its state and outputs;
`preflight` is what has to hold before; `delivery` what Terraform cannot set; `smoke` the proof that
it works; `holdings` what would be lost by tearing it down.
"""
