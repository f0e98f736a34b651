"""Every field of every body that the REST API takes, and what becomes of it here.

The tables hold all names of BigQuery's own discovery document. What is moved from `refused` to
another line is served from then on.
"""

from analytics_local_cloud.warehouse.web.known.file_fields import EXTERNAL_DATA, LOAD
from analytics_local_cloud.warehouse.web.known.messages import (
    Message,
    by_name,
    each,
    inside,
    one_of,
    refused,
    served,
    set_by_service,
    without_effect,
)
from analytics_local_cloud.warehouse.web.known.schema_fields import (
    CLUSTERING,
    DATASET_REFERENCE,
    JOB_REFERENCE,
    KEPT_FOR_EVER,
    ROUNDING,
    SCHEMA,
    TABLE_REFERENCE,
    TIME_PARTITIONING,
)

ONE_MACHINE = "there is one place and one user"
AT_ONCE = "a job has ended when it is answered"
_NO_COST = "nothing is billed, and nothing is scheduled"
_NO_CACHE = "each query runs"
_LEGACY = "it is about legacy SQL, which is refused"

# -- jobs
_PARAMETER_TYPE = {**served("text", "type"), **one_of(timestampPrecision="6")}
_PARAMETER_TYPE |= inside(arrayType=_PARAMETER_TYPE) | refused("rangeElementType")
_PARAMETER_TYPE |= each(
    structTypes={**served("text", "name", "description"), **inside(type=_PARAMETER_TYPE)}
)
_PARAMETER_VALUE = {**served("text", "value"), **refused("rangeValue")}
_PARAMETER_VALUE |= each(arrayValues=_PARAMETER_VALUE) | by_name(structValues=_PARAMETER_VALUE)
QUERY_PARAMETER: Message = {
    **served("text", "name"),
    **inside(parameterType=_PARAMETER_TYPE, parameterValue=_PARAMETER_VALUE),
}
_QUERY: Message = {  # what jobs.query and jobs.insert have in common
    **served("text", "query"),
    **served("flag", "useLegacySql"),
    **served("number", "maximumBytesBilled"),
    **inside(defaultDataset=DATASET_REFERENCE),
    **each(queryParameters=QUERY_PARAMETER),
    **one_of(parameterMode="POSITIONAL NAMED"),
    **without_effect(_NO_CACHE, "useQueryCache"),
    **without_effect(_LEGACY, "preserveNulls"),
    **refused("connectionProperties continuous createSession"),
    **refused("destinationEncryptionConfiguration secureContext writeIncrementalResults"),
}
QUERY: Message = {
    **_QUERY,
    **inside(destinationTable=TABLE_REFERENCE),
    **by_name(tableDefinitions=EXTERNAL_DATA),
    **one_of(createDisposition="CREATE_IF_NEEDED CREATE_NEVER"),
    **one_of(writeDisposition="WRITE_APPEND WRITE_EMPTY WRITE_TRUNCATE"),
    **without_effect(_NO_COST, "priority"),
    **without_effect(_LEGACY, "allowLargeResults", "flattenResults"),
    **set_by_service("systemVariables"),
    **refused("clustering maximumBillingTier rangePartitioning schemaUpdateOptions"),
    **refused("scriptOptions timePartitioning userDefinedFunctionResources"),
}
FORMAT: Message = {
    **served("flag", "useInt64Timestamp"),
    **one_of(timestampOutputFormat="TIMESTAMP_OUTPUTFORMAT_UNSPECIFIED FLOAT64 INT64"),
}
QUERY_REQUEST: Message = {
    **_QUERY,
    **served("flag", "dryRun"),
    **served("number", "maxResults", "jobTimeoutMs"),
    **served("text", "requestId", "location"),
    **served("labels", "labels"),
    **inside(formatOptions=FORMAT),
    **one_of(queryResultsFormat="QUERY_RESULTSFORMAT_UNSPECIFIED JSON"),
    **without_effect(AT_ONCE, "timeoutMs", "jobCreationMode"),
    **without_effect(_NO_COST, "maxSlots", "reservation"),
    **set_by_service("kind"),
    **refused("arrowSerializationOptions"),
}
_CONFIGURATION: Message = {
    **inside(query=QUERY, load=LOAD),
    **served("flag", "dryRun"),
    **served("number", "jobTimeoutMs"),
    **served("labels", "labels"),
    **without_effect(_NO_COST, "maxSlots", "reservation"),
    **set_by_service("jobType"),
    **refused("copy extract"),
}
JOB: Message = {
    **inside(configuration=_CONFIGURATION, jobReference=JOB_REFERENCE),
    **set_by_service("etag id jobCreationReason kind principal_subject selfLink statistics"),
    **set_by_service("status user_email"),
}

# -- datasets and tables
DATASET: Message = {
    **inside(datasetReference=DATASET_REFERENCE),
    **served("text", "description", "friendlyName", "location"),
    **served("labels", "labels"),
    **without_effect(ONE_MACHINE, "access"),
    **without_effect(KEPT_FOR_EVER, "defaultPartitionExpirationMs", "defaultTableExpirationMs"),
    **without_effect(KEPT_FOR_EVER, "maxTimeTravelHours"),
    **without_effect(_NO_COST, "resourceTags", "storageBillingModel"),
    **set_by_service("catalogSource creationTime etag id kind lastModifiedTime"),
    **set_by_service("linkedDatasetMetadata restrictions satisfiesPzi satisfiesPzs selfLink"),
    **set_by_service("tags type"),
    **one_of(defaultRoundingMode=ROUNDING),
    **refused("defaultCollation defaultEncryptionConfiguration externalCatalogDatasetOptions"),
    **refused("externalDatasetReference isCaseInsensitive linkedDatasetSource"),
}
_VIEW: Message = {
    **served("text", "query"),
    **served("flag", "useLegacySql"),
    **refused("foreignDefinitions privacyPolicy useExplicitColumnNames"),
    **refused("userDefinedFunctionResources"),
}
TABLE: Message = {
    **inside(tableReference=TABLE_REFERENCE, schema=SCHEMA, view=_VIEW, clustering=CLUSTERING),
    **inside(timePartitioning=TIME_PARTITIONING, externalDataConfiguration=EXTERNAL_DATA),
    **served("text", "description", "friendlyName"),
    **served("labels", "labels"),
    **without_effect(KEPT_FOR_EVER, "expirationTime"),
    **without_effect("they are not enforced in BigQuery either", "tableConstraints"),
    **without_effect(_NO_COST, "resourceTags"),
    **set_by_service("creationTime etag id kind lastModifiedTime location materializedViewStatus"),
    **set_by_service("numActiveLogicalBytes numActivePhysicalBytes numBytes numLongTermBytes"),
    **set_by_service("numCurrentPhysicalBytes numLongTermLogicalBytes numLongTermPhysicalBytes"),
    **set_by_service("numPartitions numPhysicalBytes numRows numTimeTravelPhysicalBytes"),
    **set_by_service("numTotalLogicalBytes numTotalPhysicalBytes partitionDefinition replicas"),
    **set_by_service("restrictions selfLink streamingBuffer type"),
    **one_of(defaultRoundingMode=ROUNDING),
    **refused("biglakeConfiguration cloneDefinition defaultCollation encryptionConfiguration"),
    **refused(" externalCatalogTableOptions managedTableType"),
    **refused("materializedView maxStaleness model rangePartitioning requirePartitionFilter"),
    **refused("snapshotDefinition tableReplicationInfo"),
}
_ROW: Message = served("any", "json", "insertId")
INSERT_ALL: Message = {  # read with the rows, for it is sent with every batch
    **each(rows=_ROW),
    **served("flag", "ignoreUnknownValues", "skipInvalidRows"),
    **set_by_service("kind traceId"),
    **refused("templateSuffix"),
}
