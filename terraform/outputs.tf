output "api_key_ids" {
  description = "The ids of the API keys, by application: metrics name a key by its id."
  value       = { for name, key in google_apikeys_key.client : name => key.uid }
}

output "api_key_names" {
  description = "The names of the API keys, by application."
  value       = { for name, key in google_apikeys_key.client : name => key.name }
}

output "api_keys" {
  description = "The API keys by application: identifiers to rotate, not secrets."
  value       = { for name, key in google_apikeys_key.client : name => key.key_string }
  sensitive   = true
}

output "bucket" {
  description = "The bucket of events and files."
  value       = google_storage_bucket.events.name
}

output "command_variables" {
  description = "Lines for a shell: point the commands at this deployment."
  value       = <<-EOT
    ANALYTICS_URL=${local._gateway_url}
    API_KEY=${values(google_apikeys_key.client)[0].key_string}
    BIGQUERY_DATASET=${google_bigquery_dataset.events.dataset_id}
    BUCKET_NAME=${google_storage_bucket.events.name}
    GOOGLE_CLOUD_PROJECT=${var.project_id}
  EOT
  sensitive   = true
}

output "dataset" {
  description = "The BigQuery dataset."
  value       = google_bigquery_dataset.events.dataset_id
}

output "domain_address" {
  description = "Where the DNS record of `domain` has to lead, as an A record; null without one."
  value       = one([for address in google_compute_global_address.domain : address.address])
}

output "event_trigger" {
  description = "The Eventarc trigger of the loader; `location` is where it is."
  value       = basename(google_cloudfunctions2_function.load.event_trigger[0].trigger)
}

output "gateway_url" {
  description = "Where clients send to: `domain`, or the gateway's own name."
  value       = local._gateway_url
}

output "location" {
  description = "Where data and trigger are, as gcloud spells it."
  value       = lower(google_storage_bucket.events.location)
}

output "query_events" {
  description = "A line to paste: the latest events, by SQL."
  value       = "bq --project_id=${var.project_id} --location=${var.location} query --use_legacy_sql=false 'SELECT event_type, received_timestamp FROM ${google_bigquery_dataset.events.dataset_id}.events ORDER BY received_timestamp DESC LIMIT 10'"
}

output "send_event" {
  description = "A line to paste: one event, with the first of the keys."
  value       = "curl --request POST --data '{\"eventType\":\"hello\"}' '${local._gateway_url}/v1/event?event_category=function&key=${values(google_apikeys_key.client)[0].key_string}'"
  sensitive   = true
}

output "services" {
  description = "The functions' services, by entry point."
  value = {
    ingest    = google_cloudfunctions2_function.ingest.name
    load      = google_cloudfunctions2_function.load.name
    reconcile = google_cloudfunctions2_function.reconcile.name
  }
}

output "tune_delivery" {
  description = "The line that `deploy` runs: see decision 0010."
  value = join(" ", [
    "gcloud pubsub subscriptions update",
    "\"$(gcloud eventarc triggers describe ${basename(google_cloudfunctions2_function.load.event_trigger[0].trigger)}",
    "--project=${var.project_id} --location=${lower(google_storage_bucket.events.location)} --format='value(transport.pubsub.subscription)')\"",
    "--project=${var.project_id} --ack-deadline=600 --message-retention-duration=7d",
    "--min-retry-delay=10s --max-retry-delay=600s",
    "--dead-letter-topic=${google_pubsub_topic.undelivered.id} --max-delivery-attempts=100",
  ])
}

output "undelivered_subscription" {
  description = "Where the events are that Eventarc gave up on."
  value       = google_pubsub_subscription.undelivered.name
}

output "undelivered_topic" {
  description = "The topic for events that Eventarc gives up on, as projects/…."
  value       = google_pubsub_topic.undelivered.id
}
