"""What `deploy` and `teardown` share: Terraform's, gcloud's and bq's own commands.

`deployment_options` are those of the command line, and `collaborators` what acts as they say;
`deployment_folder` is where the files are that Terraform reads; `programs` runs commands, or
rehearses them; `terraform` is the deployment with its outputs, and `backend` where its state is.
"""
