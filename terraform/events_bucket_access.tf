# Who creates, lists and reads objects.

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
  role_id     = "${local._id_name}_object_lister_${local._made}"
  title       = "Analytics: list objects"
  permissions = ["storage.objects.list"]
  depends_on  = [time_sleep.services]

  lifecycle {
    ignore_changes = [role_id]
  }
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
