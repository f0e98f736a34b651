mock_provider "archive" {}
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

run "by_default" {
  command = plan

  assert {
    condition     = google_storage_bucket.events.uniform_bucket_level_access && google_storage_bucket.events.public_access_prevention == "enforced"
    error_message = "The bucket cannot be made public, nor an object of it."
  }
  assert {
    condition     = google_storage_bucket_iam_member.ingest_creates.role == "roles/storage.objectCreator"
    error_message = "ingest cannot overwrite, read or delete."
  }
  assert {
    condition     = google_project_iam_custom_role.object_lister.permissions == toset(["storage.objects.list"]) && google_storage_bucket_iam_member.ingest_lists.bucket == google_storage_bucket.events.name
    error_message = "ingest may list what is there, no more."
  }
  assert {
    condition     = google_storage_bucket_iam_member.load_reads.role == "roles/storage.objectViewer"
    error_message = "load cannot write or delete."
  }
  assert {
    condition     = !google_storage_bucket.events.force_destroy && google_storage_bucket.events.deletion_policy == "PREVENT"
    error_message = "The bucket and its objects survive a destroy."
  }
  assert {
    condition     = google_bigquery_dataset.events.deletion_policy == "PREVENT" && !google_bigquery_dataset.events.delete_contents_on_destroy && alltrue([for table in concat(values(google_bigquery_table.partitioned), [google_bigquery_table.receipt_lines]) : table.deletion_protection])
    error_message = "No plan deletes or replaces a table with data."
  }
  assert {
    condition     = google_storage_bucket.events.soft_delete_policy[0].retention_duration_seconds == 604800
    error_message = "What was deleted can be restored for a week."
  }
  assert {
    condition = [
      for rule in google_storage_bucket.events.lifecycle_rule :
      one(one(rule.condition).matches_prefix)
      if one(rule.action).type == "Delete"
    ] == ["data_type=file/"]
    error_message = "Only uploaded files are ever deleted."
  }
  assert {
    condition = {
      for rule in google_storage_bucket.events.lifecycle_rule :
      one(one(rule.condition).matches_prefix) => one(rule.action).storage_class
      if one(rule.action).type == "SetStorageClass" && coalesce(one(rule.condition).size_above_bytes, 0) > 100000
      } == {
      "data_type=file/"    = "NEARLINE"
      "data_type=json/"    = "COLDLINE"
      "data_type=unknown/" = "ARCHIVE"
    }
    error_message = "Each kind of object has its class; small ones cost more to move than to keep."
  }
  assert {
    condition     = toset([for view in google_bigquery_table.view : view.table_id]) == toset(["events", "open_dead_letters", "receipts"])
    error_message = "Every query among the schemas is a view."
  }
  assert {
    condition     = alltrue([for view in google_bigquery_table.view : !view.view[0].use_legacy_sql && strcontains(view.view[0].query, "`demo-project.events.")])
    error_message = "A view names project and dataset."
  }
  assert {
    condition     = google_bigquery_dataset.events.location == google_storage_bucket.events.location
    error_message = "BigQuery reads a bucket of its own location only."
  }
}

run "as_told" {
  command = plan
  variables {
    accepted            = { cors_origins = ["https://game.example"] }
    deletion_protection = false
    environment         = "pre-prod"
    location            = "EU"
    retention_days      = { files = 14, json = 400 }
  }

  assert {
    condition     = google_storage_bucket.events.force_destroy && google_storage_bucket.events.deletion_policy == "DELETE"
    error_message = "Without protection a destroy deletes the objects."
  }
  assert {
    condition     = google_bigquery_dataset.events.deletion_policy == "DELETE" && google_bigquery_dataset.events.delete_contents_on_destroy && !anytrue([for table in concat(values(google_bigquery_table.partitioned), [google_bigquery_table.receipt_lines]) : table.deletion_protection])
    error_message = "Without protection a destroy deletes the tables."
  }
  assert {
    condition = {
      for rule in google_storage_bucket.events.lifecycle_rule :
      one(one(rule.condition).matches_prefix) => one(rule.condition).age
      if one(rule.action).type == "Delete"
    } == { "data_type=file/" = 14, "data_type=json/" = 400 }
    error_message = "What has a retention is deleted after it."
  }
  assert {
    condition     = google_storage_bucket.events.cors[0].method == tolist(["PUT"]) && google_storage_bucket.events.cors[0].origin == tolist(["https://game.example"])
    error_message = "Pages of the accepted origins may PUT files."
  }
  assert {
    condition     = google_bigquery_dataset.events.dataset_id == "events_pre_prod"
    error_message = "Datasets have no hyphens."
  }
  assert {
    condition     = google_cloudfunctions2_function.load.event_trigger[0].trigger_region == "eu" && google_bigquery_dataset.events.location == "EU"
    error_message = "Bucket, trigger and dataset share a location."
  }
}
