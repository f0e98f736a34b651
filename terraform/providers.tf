# The API Keys API refuses a person's own credentials without a project
# that pays for the call: user_project_override names this one.
provider "google" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true
  default_labels        = local._labels
}

# API Gateway and service identities exist in the beta provider alone.
provider "google-beta" {
  project               = var.project_id
  region                = var.region
  billing_project       = var.project_id
  user_project_override = true
  default_labels        = local._labels
}
