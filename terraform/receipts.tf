# What was accepted and what was loaded, a row a log line:
# docs/decisions/0015-the-ledger-in-the-warehouse.md.
locals {
  _receipt_lines  = "run_googleapis_com_stdout" # as the sink names it, after the log
  _receipt_events = jsondecode(file("${local._schemas}/receipt_events.json"))
  _receipt_layout = local._layouts[local._receipt_lines]
}

# Made before its sink, so that the view has columns before the first line.
# The sink adds what else a line has, which Terraform is not to take away: a
# column that our own code is to read has to be in a line first.
resource "google_bigquery_table" "receipt_lines" {
  dataset_id          = google_bigquery_dataset.events.dataset_id
  table_id            = local._receipt_lines
  schema              = file("${local._schemas}/${local._receipt_lines}.json")
  clustering          = local._receipt_layout.clustering
  deletion_protection = var.deletion_protection

  time_partitioning {
    type          = "DAY"
    field         = local._receipt_layout.partition_column
    expiration_ms = local._receipt_layout.keep_days * local._day_ms
  }

  lifecycle {
    ignore_changes = [schema]
  }
}

resource "google_logging_project_sink" "receipts" {
  name                   = "${local.name}-receipts"
  description            = "What the functions say they have stored and loaded."
  destination            = "bigquery.googleapis.com/projects/${var.project_id}/datasets/${google_bigquery_dataset.events.dataset_id}"
  unique_writer_identity = true

  filter = join(" AND ", [
    local._log_lines,
    "log_id(\"run.googleapis.com/stdout\")",
    "jsonPayload.event=(${join(" OR ", [for event in local._receipt_events : "\"${event}\""])})",
  ])

  bigquery_options {
    use_partitioned_tables = true
  }

  depends_on = [google_bigquery_table.receipt_lines]
}

# Google's agent for the sinks of this project, with the role that its guide
# asks for ("Set destination permissions"). On the table alone it could not
# make `export_errors`, where it leaves the lines that do not fit.
resource "google_bigquery_dataset_iam_member" "sink_writes" {
  dataset_id = google_bigquery_dataset.events.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = google_logging_project_sink.receipts.writer_identity
}

# Lines that come before the grant is known have no receipt, so the functions
# are made after it.
resource "time_sleep" "receipt_grants" {
  create_duration = "60s"
  triggers        = { writes = google_bigquery_dataset_iam_member.sink_writes.id }
}
