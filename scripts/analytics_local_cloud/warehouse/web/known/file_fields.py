"""What is said about files: external tables and load jobs (see `request_bodies`)."""

from analytics_local_cloud.warehouse.web.known.messages import (
    Message,
    inside,
    one_of,
    refused,
    served,
    set_by_service,
    without_effect,
)
from analytics_local_cloud.warehouse.web.known.schema_fields import (
    CLUSTERING,
    KEPT_FOR_EVER,
    SCHEMA,
    TABLE_REFERENCE,
    TIME_PARTITIONING,
)

_CSV: Message = {
    **served("number", "skipLeadingRows"),
    **served("text", "fieldDelimiter"),
    **one_of(encoding="UTF-8 UTF8"),
    **refused("allowJaggedRows allowQuotedNewlines nullMarker nullMarkers"),
    **refused("preserveAsciiControlCharacters quote sourceColumnMatch"),
}
HIVE_PARTITIONING: Message = {
    **served("text", "mode", "sourceUriPrefix"),
    **set_by_service("fields"),
    **refused("requirePartitionFilter"),
}
EXTERNAL_DATA: Message = {
    **served("text", "sourceFormat"),
    **served("texts", "sourceUris"),
    **served("number", "maxBadRecords"),
    **one_of(compression="NONE GZIP"),
    **served("flag", "autodetect", "ignoreUnknownValues"),
    **inside(schema=SCHEMA, csvOptions=_CSV, hivePartitioningOptions=HIVE_PARTITIONING),
    **inside(jsonOptions=one_of(encoding="UTF-8 UTF8")),
    **refused("avroOptions bigtableOptions connectionId dateFormat datetimeFormat"),
    **refused("decimalTargetTypes fileSetSpecType googleSheetsOptions jsonExtension"),
    **refused("metadataCacheMode objectMetadata parquetOptions referenceFileSchemaUri timeFormat"),
    **refused("timeZone timestampFormat timestampTargetPrecision"),
}
_PARQUET: Message = {
    **served("flag", "enableListInference"),
    **refused("enumAsString mapTargetType"),
}
_NEW_TABLE: Message = {
    **served("text", "description", "friendlyName"),
    **served("labels", "labels"),
    **without_effect(KEPT_FOR_EVER, "expirationTime"),
}
LOAD: Message = {
    **served("text", "sourceFormat", "fieldDelimiter", "nullMarker", "quote"),
    **served("texts", "sourceUris", "schemaUpdateOptions"),
    **served("number", "skipLeadingRows", "maxBadRecords"),
    **served("flag", "allowJaggedRows", "allowQuotedNewlines", "autodetect"),
    **served("flag", "ignoreUnknownValues"),
    **one_of(encoding="UTF-8 UTF8", createDisposition="CREATE_IF_NEEDED CREATE_NEVER"),
    **one_of(writeDisposition="WRITE_APPEND WRITE_EMPTY WRITE_TRUNCATE"),
    **inside(destinationTable=TABLE_REFERENCE, schema=SCHEMA, clustering=CLUSTERING),
    **inside(timePartitioning=TIME_PARTITIONING, hivePartitioningOptions=HIVE_PARTITIONING),
    **inside(parquetOptions=_PARQUET, destinationTableProperties=_NEW_TABLE),
    **refused("columnNameCharacterMap connectionProperties"),
    **refused("copyFilesOnly createSession dateFormat datetimeFormat decimalTargetTypes"),
    **refused("destinationEncryptionConfiguration fileSetSpecType"),
    **refused("jsonExtension nullMarkers preserveAsciiControlCharacters"),
    **refused("projectionFields rangePartitioning referenceFileSchemaUri schemaInline"),
    **refused("schemaInlineFormat sourceColumnMatch timeFormat timeZone timestampFormat"),
    **refused("timestampTargetPrecision useAvroLogicalTypes"),
}
