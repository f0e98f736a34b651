locals {
  _source_files = setunion(
    fileset(local._functions, "*.{py,txt}"),
    fileset(local._functions, "analytics_pipeline/**/*.{json,py,sql}"),
  )
}

# Exactly the source: whatever else lies in the folder is excluded by name.
data "archive_file" "source" {
  type             = "zip"
  source_dir       = local._functions
  excludes         = setsubtract(fileset(local._functions, "**"), local._source_files)
  output_path      = "${path.module}/.build/functions.zip"
  output_file_mode = "0644"
}

resource "google_storage_bucket" "source" {
  name                        = "${var.project_id}-${local.name}-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # every bundle can be made again

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  depends_on = [time_sleep.services]
}

# The hash in the name is what makes the functions follow the code.
resource "google_storage_bucket_object" "source" {
  bucket = google_storage_bucket.source.name
  name   = "functions-${data.archive_file.source.output_md5}.zip"
  source = data.archive_file.source.output_path

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_artifact_registry_repository" "images" {
  repository_id = local.name
  location      = var.region
  format        = "DOCKER"
  description   = "Images that Cloud Build makes of the functions."

  cleanup_policies {
    id     = "keep-for-rollback"
    action = "KEEP"
    most_recent_versions {
      keep_count = 5
    }
  }
  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "${30 * 24 * 60 * 60}s"
    }
  }

  depends_on = [time_sleep.services]
}
