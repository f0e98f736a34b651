mock_provider "archive" {
  mock_data "archive_file" {
    defaults = { output_md5 = "0123456789abcdef0123456789abcdef" }
  }
}
mock_provider "google" {
  source = "./tests/mocks"
}
mock_provider "google-beta" {
  source = "./tests/mocks_beta"
}
mock_provider "time" {}

variables {
  project_id = "demo-project"
  api_keys   = { game = "1" }
}

run "deployed" {
  command = apply

  assert {
    condition     = google_cloudfunctions2_function.ingest.build_config[0].entry_point == "ingest" && google_cloudfunctions2_function.load.build_config[0].entry_point == "load"
    error_message = "Each function is one entry point."
  }
  assert {
    condition = alltrue([
      for function in [google_cloudfunctions2_function.ingest, google_cloudfunctions2_function.load] :
      function.build_config[0].source[0].storage_source[0].object == google_storage_bucket_object.source.name
    ])
    error_message = "Both functions are built from the one bundle."
  }
  assert {
    condition     = strcontains(google_storage_bucket_object.source.name, data.archive_file.source.output_md5)
    error_message = "Another source is another object."
  }
  assert {
    condition     = google_cloudfunctions2_function.ingest.service_config[0].max_instance_request_concurrency >= 80 && google_cloudfunctions2_function.ingest.service_config[0].available_cpu == "1"
    error_message = "An asynchronous instance serves many requests, which takes a whole CPU."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.event_trigger[0].event_type == "google.cloud.storage.object.v1.finalized"
    error_message = "load is called for finalized objects."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.event_trigger[0].retry_policy == "RETRY_POLICY_RETRY"
    error_message = "A failed delivery is tried again."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.event_trigger[0].trigger_region == lower(google_storage_bucket.events.location)
    error_message = "The trigger is where the bucket is."
  }
  assert {
    condition     = one(google_cloudfunctions2_function.load.event_trigger[0].event_filters).value == google_storage_bucket.events.name
    error_message = "The trigger watches the bucket of the events."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.event_trigger[0].service_account_email == google_service_account.trigger.email && google_cloud_run_v2_service_iam_member.trigger_invokes_load.member == google_service_account.trigger.member
    error_message = "The trigger calls in its own name, and may."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    error_message = "Nobody outside reaches load."
  }
  assert {
    condition     = tonumber(google_cloudfunctions2_function.load.service_config[0].environment_variables.THREADS) == google_cloudfunctions2_function.load.service_config[0].max_instance_request_concurrency
    error_message = "Every concurrent request of load has a thread."
  }
  assert {
    condition     = google_pubsub_subscription.undelivered.topic == google_pubsub_topic.undelivered.id && google_pubsub_subscription.undelivered.expiration_policy[0].ttl == "" && google_pubsub_subscription.undelivered.message_retention_duration == "2678400s"
    error_message = "What Eventarc gives up on waits for as long as Pub/Sub can keep it."
  }
}
