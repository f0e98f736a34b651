"""Cloud Storage's JSON API: what Google's client libraries and `gcloud storage` speak.

buckets_api, objects_api, copies_api, notifications_api  one resource each
uploads_api     uploads in one request (multipart is their body); resumable_api: in several
upload_target   where an upload goes; properties: which fields its writer may set
"""
