locals {
  _layouts = jsondecode(file("${local._schemas}/partitioning.json"))
  _day_ms  = 24 * 60 * 60 * 1000
}

resource "google_bigquery_dataset" "events" {
  dataset_id      = coalesce(var.dataset, replace(join("_", compact(["events", var.environment])), "-", "_"))
  location        = var.location
  description     = "Query the view `events`; `events_function` may show an event twice."
  deletion_policy = local._deletion_policy
  # The sink of receipts may have made a table of its own.
  delete_contents_on_destroy = !var.deletion_protection

  dynamic "default_encryption_configuration" {
    for_each = local._keys
    content {
      kms_key_name = default_encryption_configuration.key
    }
  }

  depends_on = [time_sleep.key_grants, time_sleep.services]
}

resource "google_bigquery_table" "partitioned" {
  for_each = {
    for table, layout in local._layouts : table => layout if table != local._receipt_lines
  }

  dataset_id          = google_bigquery_dataset.events.dataset_id
  table_id            = each.key
  schema              = file("${local._schemas}/${each.key}.json")
  clustering          = each.value.clustering
  deletion_protection = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = each.value.partition_column
    expiration_ms = try(each.value.keep_days * local._day_ms, null) # null: never
  }
}

resource "google_bigquery_table" "view" {
  #checkov:skip=CKV_GCP_121:it has no data of its own
  for_each = fileset(local._schemas, "*.sql")

  dataset_id          = google_bigquery_dataset.events.dataset_id
  table_id            = trimsuffix(each.key, ".sql")
  deletion_protection = false

  view {
    use_legacy_sql = false
    query = templatefile("${local._schemas}/${each.key}", {
      project = var.project_id
      dataset = google_bigquery_dataset.events.dataset_id
    })
  }

  # No view reads another one.
  depends_on = [google_bigquery_table.partitioned, google_bigquery_table.receipt_lines]
}

# BigQuery refuses an external table over a prefix without any object.
resource "google_storage_bucket_object" "keep" {
  bucket = google_storage_bucket.events.name
  name   = "data_type=json/analytics_environment=none/event_category=none/event_ds=2000-01-01/event_time=0-8/none/.keep"
  source = "${path.module}/.keep" # empty; the provider takes no empty content
}

resource "google_bigquery_table" "events_gcs" {
  #checkov:skip=CKV_GCP_121:it has no data of its own
  dataset_id          = google_bigquery_dataset.events.dataset_id
  table_id            = "events_gcs"
  deletion_protection = false

  external_data_configuration {
    autodetect            = false
    source_format         = "NEWLINE_DELIMITED_JSON"
    source_uris           = ["${google_storage_bucket.events.url}/data_type=json/*"]
    schema                = file("${local._schemas}/events_gcs.json")
    ignore_unknown_values = true

    hive_partitioning_options {
      mode              = "CUSTOM"
      source_uri_prefix = "${google_storage_bucket.events.url}/data_type=json/{analytics_environment:STRING}/{event_category:STRING}/{event_ds:DATE}/{event_time:STRING}"
    }
  }

  depends_on = [google_storage_bucket_object.keep]
}
