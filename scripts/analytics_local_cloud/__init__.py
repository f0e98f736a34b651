"""Google Cloud on one machine: small servers that speak the real wire protocols.

supervisor        starts and stops all of it
gateway/          API Gateway
storage/          Cloud Storage, IAM and the metadata server
warehouse/        BigQuery
deliveries        Eventarc; schedule: Cloud Scheduler
provisioning      what Terraform creates in the cloud
function_process  a function in a process of its own; app_server: a service in the event loop
addresses         where clients come in; data_folder: what is kept between starts
"""
