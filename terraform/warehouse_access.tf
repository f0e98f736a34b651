# Who appends rows, and who queries them.

# Appends rows, streamed or by load jobs, which neither create a table nor
# overwrite one. It cannot query or delete a table; a query that deletes rows
# takes `row_reader` beside it, which `reconcile` alone has.
resource "google_project_iam_custom_role" "row_writer" {
  role_id         = "${local._id_name}_row_writer_${local._made}"
  title           = "Analytics: append rows"
  permissions     = ["bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.updateData"]
  deletion_policy = local._deletion_policy # or its id would be taken
  depends_on      = [time_sleep.services]

  lifecycle {
    ignore_changes = [role_id]
  }
}

resource "google_bigquery_dataset_iam_member" "load_appends" {
  dataset_id = google_bigquery_dataset.events.dataset_id
  role       = "${local._roles}/${google_project_iam_custom_role.row_writer.role_id}"
  member     = google_service_account.load.member
}

resource "google_bigquery_dataset_iam_member" "reconcile_appends" {
  dataset_id = google_bigquery_dataset.events.dataset_id
  role       = "${local._roles}/${google_project_iam_custom_role.row_writer.role_id}"
  member     = google_service_account.reconcile.member
}

resource "google_project_iam_custom_role" "row_reader" {
  role_id         = "${local._id_name}_row_reader_${local._made}"
  title           = "Analytics: query rows"
  permissions     = ["bigquery.tables.getData"]
  deletion_policy = local._deletion_policy # or its id would be taken
  depends_on      = [time_sleep.services]

  lifecycle {
    ignore_changes = [role_id]
  }
}

resource "google_bigquery_dataset_iam_member" "reconcile_queries" {
  dataset_id = google_bigquery_dataset.events.dataset_id
  role       = "${local._roles}/${google_project_iam_custom_role.row_reader.role_id}"
  member     = google_service_account.reconcile.member
}
