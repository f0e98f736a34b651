variable "accepted" {
  description = <<-EOT
    The `categories` and `environments` that requests may name (none: any),
    and the `cors_origins` whose pages may send (exact origins, or `*`).
  EOT
  type = object({
    categories   = optional(set(string), [])
    cors_origins = optional(set(string), ["*"])
    environments = optional(set(string), [])
  })
  nullable = false
  default  = {}

  validation {
    condition = alltrue([
      for name in setunion(var.accepted.categories, var.accepted.environments) :
      can(regex("^[A-Za-z0-9._-]{1,64}$", name))
    ])
    error_message = "Categories and environments are 1-64 of A-Z a-z 0-9 . _ -"
  }
  validation {
    condition = alltrue([
      for origin in var.accepted.cors_origins :
      origin == "*" || can(regex("^https?://[^/, ]+$", origin))
    ])
    error_message = "An origin is `*`, or a scheme and a host without a path."
  }
}

variable "alerts" {
  description = <<-EOT
    Who is told: `emails`, and `channels` that exist already
    (projects/…/notificationChannels/…). What is an alert: `silence_hours`
    without traffic, an hour with `times_usual` as many requests as those of the
    day before, and `gib_a_day` of bytes stored.
  EOT
  type = object({
    channels      = optional(list(string), [])
    emails        = optional(set(string), [])
    gib_a_day     = optional(number, 100)
    silence_hours = optional(number, 6)
    times_usual   = optional(number, 5)
  })
  nullable = false
  default  = {}

  validation {
    condition     = var.alerts.silence_hours >= 1 && var.alerts.silence_hours <= 23
    error_message = "Cloud Monitoring can notice 1 to 23 hours of silence."
  }
  validation {
    condition     = var.alerts.times_usual > 1 && var.alerts.gib_a_day > 0
    error_message = "What is unusual is more than once the usual, and more than no bytes."
  }
}

variable "limits" {
  description = <<-EOT
    What the deployment may take: requests a minute of all keys together,
    instances of each function, and what `ingest` accepts (null: its own
    defaults). `max_inflight_bytes` is the memory that the bodies in work may
    take together, by estimate, of the 512 MiB of an instance.
  EOT
  type = object({
    ingest_max_instances = optional(number, 20)
    ingest_min_instances = optional(number, 0)
    load_max_instances   = optional(number, 20)
    max_body_bytes       = optional(number)
    max_events_per_batch = optional(number)
    max_inflight_bytes   = optional(number)
    max_json_values      = optional(number)
    max_upload_bytes     = optional(number)
    quota_per_minute     = optional(number, 6000)
    require_upload_size  = optional(bool)
  })
  nullable = false
  default  = {}

  validation {
    condition = alltrue([
      for name, limit in var.limits :
      limit == null || try(tonumber(limit) >= 1, true)
      || name == "ingest_min_instances"
    ])
    error_message = "A limit is at least 1."
  }
  validation {
    condition     = var.limits.ingest_min_instances <= var.limits.ingest_max_instances
    error_message = "The least number of instances is not above the most."
  }
  validation {
    condition     = coalesce(var.limits.max_inflight_bytes, 1) <= 400000000
    error_message = "An instance of 512 MiB has not more than 400000000 bytes for bodies."
  }
  validation {
    condition     = coalesce(var.limits.max_body_bytes, 1) <= 32000000
    error_message = "The gateway takes no body above 32 MB, and `load` no object of twice that."
  }
}

variable "retention_days" {
  description = <<-EOT
    Days after which objects are deleted: uploaded `files` such as crash
    dumps, `json` events, and bodies of an `unknown` form. Null: never.
  EOT
  type = object({
    files   = optional(number, 180)
    json    = optional(number)
    unknown = optional(number)
  })
  nullable = false
  default  = {}

  validation {
    condition = alltrue([
      for days in values(var.retention_days) : days == null || try(days >= 1, false)
    ])
    error_message = "A retention is at least one day."
  }
}
