"""The local service account, and the services that speak for it.

signer           its throw-away RSA key
iam_api          signatures by IAM's signBlob
metadata_server  tokens and the identity, as google-auth asks for them
signed_urls      V4 signed URLs, verified
"""
