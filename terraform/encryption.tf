# A key of one's own for what is stored: docs/organizations.md says what it
# covers. Google's agents use it, and theirs is the right to do so.
locals {
  _keys     = toset(var.kms_key[*])
  _key_apis = var.kms_key == null ? [] : ["cloudkms.googleapis.com"]
}

data "google_bigquery_default_service_account" "agent" {
  for_each   = local._keys
  depends_on = [time_sleep.services]
}

resource "google_kms_crypto_key_iam_member" "storage_encrypts" {
  for_each = local._keys

  crypto_key_id = each.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_storage_project_service_account.agent.member

  lifecycle {
    ignore_changes = [member] # as in load_trigger.tf
  }
}

resource "google_kms_crypto_key_iam_member" "bigquery_encrypts" {
  for_each = local._keys

  crypto_key_id = each.key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = data.google_bigquery_default_service_account.agent[each.key].member

  lifecycle {
    ignore_changes = [member]
  }
}

# A bucket or dataset whose agent may not use the key yet is refused.
resource "time_sleep" "key_grants" {
  for_each = local._keys

  create_duration = "60s"
  triggers = {
    bigquery = google_kms_crypto_key_iam_member.bigquery_encrypts[each.key].id
    storage  = google_kms_crypto_key_iam_member.storage_encrypts[each.key].id
  }
}
