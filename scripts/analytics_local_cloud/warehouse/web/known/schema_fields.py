"""Names and schemas, as several bodies hold them (see `request_bodies`)."""

from analytics_local_cloud.warehouse.web.known.messages import (
    Message,
    each,
    one_of,
    refused,
    served,
    without_effect,
)

KEPT_FOR_EVER = "it is kept; nothing expires"
DATASET_REFERENCE: Message = served("text", "projectId", "datasetId")
TABLE_REFERENCE: Message = served("text", "projectId", "datasetId", "tableId")
JOB_REFERENCE: Message = served("text", "projectId", "jobId", "location")
_FIELD = {
    **served("text", "name", "type", "mode", "description"),
    **one_of(timestampPrecision="6"),
    **refused("categories collation dataGovernanceTagsInfo dataPolicies dataPolicyList"),
    **refused("defaultValueExpression foreignTypeDefinition generatedColumn maxLength"),
    **refused("policyTags precision rangeElementType roundingMode scale"),
}
_FIELD |= each(fields=_FIELD)
SCHEMA: Message = {**each(fields=_FIELD), **refused("foreignTypeInfo")}
TIME_PARTITIONING: Message = {
    **one_of(type="DAY HOUR MONTH YEAR"),
    **served("text", "field"),
    **without_effect(KEPT_FOR_EVER, "expirationMs"),
    **refused("requirePartitionFilter"),
}
CLUSTERING: Message = served("texts", "fields")

ROUNDING = "ROUNDING_MODE_UNSPECIFIED ROUND_HALF_AWAY_FROM_ZERO"
