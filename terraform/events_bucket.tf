locals {
  # Storage classes and retention by kind of object. To move an object costs
  # as much as storing 100 KiB for a year, so small ones stay where they are.
  _lifecycle = {
    file    = { colder = "NEARLINE", colder_days = 30, delete_days = var.retention_days.files }
    json    = { colder = "COLDLINE", colder_days = 90, delete_days = var.retention_days.json }
    unknown = { colder = "ARCHIVE", colder_days = 90, delete_days = var.retention_days.unknown }
  }
  _worth_moving_bytes = 128 * 1024
}

resource "google_storage_bucket" "events" {
  name                        = coalesce(var.bucket, "${var.project_id}-${local.name}-events")
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  deletion_policy             = local._deletion_policy

  dynamic "encryption" {
    for_each = local._keys
    content {
      default_kms_key_name = encryption.key
    }
  }

  # Nothing is overwritten, so only a deletion by mistake needs undoing: a
  # week, which is billed for deleted objects alone.
  soft_delete_policy {
    retention_duration_seconds = 7 * 24 * 60 * 60
  }

  # Browsers send files straight here, with the headers of the signed URL.
  cors {
    origin          = var.accepted.cors_origins
    method          = ["PUT"]
    response_header = ["Content-Type", "Content-MD5", "x-goog-content-length-range"]
    max_age_seconds = 3600
  }

  dynamic "lifecycle_rule" {
    for_each = local._lifecycle
    content {
      action {
        type          = "SetStorageClass"
        storage_class = lifecycle_rule.value.colder
      }
      condition {
        age                   = lifecycle_rule.value.colder_days
        matches_prefix        = ["data_type=${lifecycle_rule.key}/"]
        matches_storage_class = ["STANDARD"]
        size_above_bytes      = local._worth_moving_bytes
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = {
      for kind, rule in local._lifecycle : kind => rule.delete_days
      if rule.delete_days != null
    }
    content {
      action {
        type = "Delete"
      }
      condition {
        age              = lifecycle_rule.value
        matches_prefix   = ["data_type=${lifecycle_rule.key}/"]
        size_above_bytes = 1 # not the empty object that the external table needs
      }
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  depends_on = [time_sleep.key_grants, time_sleep.services]
}
