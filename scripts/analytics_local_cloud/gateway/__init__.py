"""API Gateway on one machine: serves what the OpenAPI document says, and nothing else.

Paths, methods, key, quota and deadline come from the document alone. The gateway's own answers
have the statuses and texts of ESPv2, the open-source proxy behind API Gateway; like the real one
it validates neither parameters nor bodies.
"""

from analytics_local_cloud.gateway.app import create_app
from analytics_local_cloud.gateway.document import UnsupportedDocument, load_spec

__all__ = ["UnsupportedDocument", "create_app", "load_spec"]
