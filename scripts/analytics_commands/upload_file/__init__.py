"""What `upload-file` does: files of this machine become objects, through signed URLs.

`local_files` finds what is meant by the paths; `naming` says what a file is called in Cloud
Storage; `file_source` reads it, and notices when it changes; `exchange` speaks HTTP without ever
showing a URL; `file_route` and `signed_put` are its two requests, `uploader` tries them again;
`upload_progress` and `upload_report` tell of it; `action` is all of it.
"""
