"""What Terraform cannot set: the subscription that Eventarc made for the trigger of `load`.

By itself it calls again after ten seconds, and discards after a day what was not delivered
(docs/decisions/0010-undelivered-events.md).
"""

from analytics_commands.foundation.deployment.programs import Commands
from analytics_commands.foundation.deployment.terraform import Deployment


def tune_delivery(commands: Commands, project_id: str, deployment: Deployment) -> None:
    """Give deliveries time, and keep what is given up on; idempotent, raises CommandFailed."""
    subscription = commands.read(
        *("gcloud", "eventarc", "triggers", "describe", deployment.event_trigger),
        *(f"--project={project_id}", f"--location={deployment.location}"),
        "--format=value(transport.pubsub.subscription)",
        example=f"projects/{project_id}/subscriptions/SUBSCRIPTION",
    )
    commands.run(
        *("gcloud", "pubsub", "subscriptions", "update", subscription),
        f"--project={project_id}",
        "--ack-deadline=600",
        "--message-retention-duration=7d",
        "--min-retry-delay=10s",
        "--max-retry-delay=600s",
        f"--dead-letter-topic={deployment.undelivered_topic}",
        "--max-delivery-attempts=100",
    )
