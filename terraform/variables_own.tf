# What a deployment takes from those around it: names, places, a key, a bill.

variable "bucket" {
  description = <<-EOT
    The bucket's name, of all buckets in the world. Null: made of `project_id`
    and `name`. One that exists already has to be imported.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.bucket == null || can(regex("^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name is 3-63 of a-z 0-9 _ -, and begins and ends with a letter or a digit."
  }
}

variable "budget" {
  description = <<-EOT
    A budget for the project, of `amount` a month in the currency of the
    `billing_account` that pays for it: who is told of alerts, and the account's
    own people, hear of a half, of nine tenths and of all of it, and when it is
    likely to be exceeded. It stops nothing. Null: none.
  EOT
  type = object({
    amount          = number
    billing_account = string
  })
  default = null

  validation {
    condition = var.budget == null || try(
      var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount, false
    )
    error_message = "A budget is a whole number, at least 1."
  }
  validation {
    condition = var.budget == null || can(
      regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account)
    )
    error_message = "A billing account is written 012345-6789AB-CDEF01."
  }
}

variable "dataset" {
  description = <<-EOT
    The name of the BigQuery dataset. Null: `events`, with the environment. One
    that exists already has to be imported.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.dataset == null || can(regex("^[A-Za-z0-9_]+$", var.dataset))
    error_message = "A dataset's name is made of A-Z a-z 0-9 _"
  }
}

variable "domain" {
  description = <<-EOT
    A name of your own where clients send to, such as `events.example.com`: a
    load balancer in front of the gateway. To be decided before the first client
    ships. Null: the gateway's own name, which another gateway would not have.
  EOT
  type        = string
  default     = null

  validation {
    condition = var.domain == null || can(
      regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain)
    )
    error_message = "A domain is a host's name in lower case, without scheme and path."
  }
}

variable "gateway_region" {
  description = "Where the gateway runs, where that is another `region` than the functions'. Null: the same."
  type        = string
  default     = null

  validation {
    condition = contains([
      "asia-northeast1", "australia-southeast1", "europe-west1",
      "europe-west2", "us-central1", "us-east1", "us-east4", "us-west2",
      "us-west3", "us-west4",
    ], coalesce(var.gateway_region, var.region))
    error_message = "API Gateway does not exist in this region: give a gateway_region."
  }
}

variable "kms_key" {
  description = <<-EOT
    A key of Cloud KMS, `projects/…/locations/…/keyRings/…/cryptoKeys/…`, in the
    location of the data: it encrypts the bucket and the dataset, from then on.
    To be kept: what was stored is read with the key of its time. Null: Google's.
  EOT
  type        = string
  default     = null

  validation {
    condition = var.kms_key == null || try(
      regex("^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key)[0]
      == lookup({ eu = "europe", us = "us" }, lower(var.location), var.location), false
    )
    error_message = "A key is projects/…/locations/…/keyRings/…/cryptoKeys/…, in the location of the data (of EU: europe)."
  }
}

variable "name" {
  description = "What every name of the deployment begins with, before the environment."
  type        = string
  nullable    = false
  default     = "analytics"

  validation {
    condition = can(regex("^[a-z]([a-z0-9-]*[a-z0-9])?$", var.name)) && (
      length(join("-", compact([var.name, var.environment]))) <= 20
    )
    error_message = "A name is made of a-z 0-9 -, and has 20 characters at most, with the environment."
  }
}
