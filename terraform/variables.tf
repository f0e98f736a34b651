# What a deployment is. How much it may take: variables_tuning.tf.

variable "api_keys" {
  description = <<-EOT
    API keys, by the name of the application that sends. The value is a
    rotation string: another one replaces the key at once. For an overlap add
    a second name, and remove the first when its clients are gone.
  EOT
  type        = map(string)
  nullable    = false

  validation {
    condition = length(var.api_keys) > 0 && alltrue([
      for name, rotation in var.api_keys :
      can(regex("^[a-z][a-z0-9-]{0,19}$", name))
      && can(regex("^[a-z0-9]{1,12}$", rotation))
    ])
    error_message = "Give a name of 1-20 of a-z 0-9 -, and 1-12 of a-z 0-9."
  }
}

variable "deletion_protection" {
  description = <<-EOT
    Whether what holds data, and what clients in the field depend on, refuses to
    be deleted: bucket, dataset and tables; gateway, API and keys. Apply `false`
    before a destroy that is to delete them.
  EOT
  type        = bool
  nullable    = false
  default     = true
}

variable "environment" {
  description = <<-EOT
    A short name that sets this deployment apart from others in the same
    project: a part of every name. Null for the only one, or the main one.
  EOT
  type        = string
  default     = null

  validation {
    condition = var.environment == null || can(
      regex("^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$", var.environment)
    )
    error_message = "An environment is 1-10 of a-z 0-9 -, such as staging."
  }
}

variable "location" {
  description = <<-EOT
    Where the data is: a region, or the multi-region EU or US (more durable,
    and writing an object costs twice as much). It cannot be changed later.
  EOT
  type        = string
  nullable    = false
  default     = "europe-west1"

  validation {
    condition     = can(regex("^(EU|US|[a-z]+-[a-z]+[0-9]+)$", var.location))
    error_message = "A location is a region such as us-east1, or EU or US."
  }
}

variable "project_id" {
  description = "The Google Cloud project that receives everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id is 6-30 of a-z 0-9 -, not its name or number."
  }
}

variable "region" {
  description = "Where the functions run, and the gateway unless `gateway_region` says otherwise."
  type        = string
  nullable    = false
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is one such as us-east1."
  }
}
