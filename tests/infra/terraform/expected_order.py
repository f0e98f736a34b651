"""What has to be there before what, as data.

The sources are Google's pages on eventual consistency, and the issues of
hashicorp/terraform-provider-google on applies that failed.
"""

SERVICES = "time_sleep.services"
_BUILDS = (
    "google_artifact_registry_repository.images",
    "google_artifact_registry_repository_iam_member.build_images",
    "google_project_iam_member.build_logs",
    "google_project_iam_member.build_source_copy",
    "google_storage_bucket_iam_member.build_source",
    "google_storage_bucket_object.source",
    "time_sleep.build_grants",
)
_SERVES = (
    "google_cloud_run_v2_service_iam_member.gateway_invokes_ingest",
    "google_logging_project_exclusion.request_logs",
    "google_service_account_iam_member.ingest_signs_as_itself",
    "google_storage_bucket_iam_member.ingest_creates",
    "google_storage_bucket_iam_member.ingest_lists",
)
_TRIGGER = (
    "google_project_iam_member.agent",
    "google_project_iam_member.storage_publishes",
    "google_project_iam_member.trigger_receives",
    "google_project_service_identity.agent",
    "google_storage_bucket.events",
    "time_sleep.trigger_grants",
)
_METRICS = (
    "google_logging_metric.dead_letters",
    "google_logging_metric.events",
    "google_logging_metric.failed_calls",
    "google_logging_metric.load_lag",
    "google_logging_metric.oldest_unloaded",
    "google_logging_metric.repairs",
)

# What comes after what, where a reference alone would not make it so.
AFTER = {
    "google_api_gateway_api_config.*": (
        "google_cloudfunctions2_function.ingest",
        "google_service_account.gateway",
    ),
    "google_api_gateway_gateway.*": ("google_api_gateway_api_config.events", *_SERVES),
    "google_apikeys_key.*": ("google_project_service.managed",),
    "google_bigquery_table.events_gcs": ("google_storage_bucket_object.keep",),
    "google_bigquery_table.view*": (
        "google_bigquery_table.partitioned",
        "google_bigquery_table.receipt_lines",
    ),
    "google_cloud_scheduler_job.*": (
        "google_cloud_run_v2_service_iam_member.scheduler_invokes_reconcile",
        "google_project_iam_member.agent",
    ),
    "google_cloudfunctions2_function.*": _BUILDS,
    "google_cloudfunctions2_function.ingest": ("time_sleep.receipt_grants",),
    "google_cloudfunctions2_function.load": (
        "google_bigquery_table.partitioned",
        "google_bigquery_table.view",
        *_TRIGGER,
    ),
    "google_cloudfunctions2_function.reconcile": (
        "google_bigquery_table.partitioned",
        "google_bigquery_table.view",
    ),
    "google_monitoring_dashboard.*": (*_METRICS, "time_sleep.log_metrics"),
    "google_project_service.managed": ("google_api_gateway_api_config.events",),
}

# Every wait, and all that it waits for.
WAITS = {
    "time_sleep.build_grants": tuple(each for each in _BUILDS if "iam_member" in each),
    "time_sleep.key_grants*": (
        "google_kms_crypto_key_iam_member.bigquery_encrypts",
        "google_kms_crypto_key_iam_member.storage_encrypts",
    ),
    "time_sleep.log_metrics": _METRICS,
    "time_sleep.receipt_grants": ("google_bigquery_dataset_iam_member.sink_writes",),
    "time_sleep.services": ("google_project_service.required",),
    "time_sleep.trigger_grants": tuple(each for each in _TRIGGER if "iam_member" in each),
}

# Google's own accounts, by a part of their address, and what makes that they are there.
AGENTS = {
    "gcp-sa-cloudscheduler": "google_project_service_identity.agent",
    "gcp-sa-eventarc": "google_project_service_identity.agent",
    "gcp-sa-logging": "google_logging_project_sink.receipts",
    "gcp-sa-pubsub": "google_project_service_identity.agent",
    "gs-project-accounts": "data.google_storage_project_service_account.agent",
    "bigquery-encryption": "data.google_bigquery_default_service_account.agent",
}

# The API that serves a type of resource, by the longest beginning of its name.
APIS = {
    "google_api_gateway_": "apigateway",
    "google_apikeys_": "apikeys",
    "google_artifact_registry_": "artifactregistry",
    "google_bigquery_": "bigquery",
    "google_billing_budget": "billingbudgets",
    "google_cloud_run_v2_": "run",
    "google_cloud_scheduler_": "cloudscheduler",
    "google_cloudfunctions2_": "cloudfunctions",
    "google_compute_": "compute",
    "google_kms_": "cloudkms",
    "google_logging_": "logging",
    "google_monitoring_": "monitoring",
    "google_project_iam_custom_role": "iam",
    "google_project_iam_member": "cloudresourcemanager",
    "google_pubsub_": "pubsub",
    "google_service_account": "iam",
    "google_storage_": "storage",
}
# Those that no resource names, and who calls them.
CALLED = {
    "cloudbuild": "Cloud Run functions build",
    "eventarc": "the function load has a trigger",
    "iamcredentials": "ingest signs URLs",
    "servicecontrol": "the gateway looks up keys",
    "servicemanagement": "the gateway's configuration is a service's",
}
# Those that enabling itself goes through, and what is nobody's.
BEGIN = ("google_project_service.required", "time_static.", "terraform_data.")
