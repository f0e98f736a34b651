"""The wire protocols of Cloud Storage, IAM credentials and the metadata server, on one port."""
