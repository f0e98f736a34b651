locals {
  # A chart shows one line for each metric, or for each value of `by`.
  _charts = [
    { title = "Requests by status", metrics = ["gateway_requests"], value = "RATE", by = "metric.label.response_code_class" },
    { title = "Requests by API key", metrics = ["key_requests"], value = "RATE", by = "resource.label.credential_id" },
    { title = "Requests refused as too many, by the gateway and by ingest", metrics = ["over_quota", "overloaded"], value = "SUM" },
    { title = "Instances of ingest and load", metrics = ["ingest_full", "load_full"], value = "INSTANCES" },
    { title = "Latency of ingest, median and 99 %", metrics = ["ingest_latency"], value = "PERCENTILES" },
    { title = "Objects written", metrics = ["objects_stored"], value = "RATE" },
    { title = "Seconds from object to row, median and 99 %", metrics = ["load_lag"], value = "PERCENTILES" },
    { title = "Rows loaded", metrics = ["loaded_rows"], value = "RATE", by = "metric.label.table" },
    { title = "Failed loads, and receipts that failed", metrics = ["load_errors", "receipt_errors"], value = "SUM" },
    { title = "Objects with dead letters", metrics = ["dead_letters", "unloadable"], value = "SUM" },
    { title = "Events waiting, and given up on", metrics = ["waiting", "undelivered"], value = "MAX" },
    { title = "Seconds that the oldest object without rows has waited, when reconcile looked", metrics = ["oldest_unloaded"], value = "OLDEST" },
    { title = "Runs of reconcile that had to load or did not finish, and calls that failed", metrics = ["repairs", "unfinished", "failed_calls"], value = "SUM" },
    { title = "Cost: requests to the gateway", metrics = ["gateway_requests"], value = "SUM" },
    { title = "Cost: calls of Cloud Storage", metrics = ["storage_calls"], value = "SUM", by = "metric.label.method" },
    { title = "Cost: seconds of instances", metrics = ["ingest_instances", "load_instances", "reconcile_instances"], value = "SUM" },
    { title = "Cost: bytes received", metrics = ["received_bytes"], value = "SUM" },
    { title = "Cost: bytes stored", metrics = ["storage_bytes"], value = "MAX", by = "metric.label.storage_class" },
  ]

  _aggregations = {
    INSTANCES = [{ perSeriesAligner = "ALIGN_MAX", crossSeriesReducer = "REDUCE_SUM" }]
    MAX       = [{ perSeriesAligner = "ALIGN_MAX", crossSeriesReducer = "REDUCE_MAX" }]
    RATE      = [{ perSeriesAligner = "ALIGN_RATE", crossSeriesReducer = "REDUCE_SUM" }]
    SUM       = [{ perSeriesAligner = "ALIGN_SUM", crossSeriesReducer = "REDUCE_SUM" }]
    # Of one value now and then, by runs that look back further or less far.
    OLDEST = [{ perSeriesAligner = "ALIGN_PERCENTILE_99", crossSeriesReducer = "REDUCE_MAX" }]
    PERCENTILES = [
      for percentile in [50, 99] : {
        perSeriesAligner   = "ALIGN_DELTA"
        crossSeriesReducer = "REDUCE_PERCENTILE_${percentile}"
      }
    ]
  }
}

resource "google_monitoring_dashboard" "pipeline" {
  dashboard_json = jsonencode({
    displayName = "Analytics pipeline (${local.name})"
    gridLayout = {
      columns = "2"
      widgets = [for chart in local._charts : {
        title = chart.title
        xyChart = {
          dataSets = [
            for pair in setproduct(chart.metrics, local._aggregations[chart.value]) : {
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = local._metrics[pair[0]]
                  aggregation = merge(pair[1], { alignmentPeriod = "300s" }, (
                    try(chart.by, null) == null ? {} : { groupByFields = [chart.by] }
                  ))
                }
              }
            }
          ]
        }
      }]
    }
  })

  depends_on = [time_sleep.log_metrics]
}
