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
  name                        = "${var.project_id}-${local.name}-events"
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection
  deletion_policy             = var.deletion_protection ? "PREVENT" : "DELETE"

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
        age            = lifecycle_rule.value
        matches_prefix = ["data_type=${lifecycle_rule.key}/"]
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

  depends_on = [time_sleep.services]
}

# `ingest` can neither overwrite nor read what it wrote.
resource "google_storage_bucket_iam_member" "ingest_creates" {
  bucket = google_storage_bucket.events.name
  role   = "roles/storage.objectCreator"
  member = google_service_account.ingest.member
}

# Names and sizes, no content: that an object is there by the name of a repeated
# request is proven before the repetition is answered like the first. No
# condition can make it narrower: listing is a right on the bucket, not on names.
resource "google_project_iam_custom_role" "object_lister" {
  role_id     = "${local._id_name}_object_lister"
  title       = "Analytics: list objects"
  permissions = ["storage.objects.list"]
  depends_on  = [time_sleep.services]
}

resource "google_storage_bucket_iam_member" "ingest_lists" {
  bucket = google_storage_bucket.events.name
  role   = "${local._roles}/${google_project_iam_custom_role.object_lister.role_id}"
  member = google_service_account.ingest.member
}

# Listing is part of it: without, a deleted object is answered with 403
# instead of 404, and would be asked for again and again.
resource "google_storage_bucket_iam_member" "load_reads" {
  bucket = google_storage_bucket.events.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.load.member
}

# It lists what is there, and reads what lacks rows.
resource "google_storage_bucket_iam_member" "reconcile_reads" {
  bucket = google_storage_bucket.events.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.reconcile.member
}
