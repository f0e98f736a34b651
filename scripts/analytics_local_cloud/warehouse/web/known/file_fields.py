"""What is said about files: external tables and load jobs (see `request_bodies`)."""

from analytics_local_cloud.warehouse.web.known.messages import (
    Message,
    inside,
    one_of,
    refused,
    served,
    set_by_service,
)
from analytics_local_cloud.warehouse.web.known.schema_fields import (
    CLUSTERING,
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
LOAD: Message = {
    **served("text", "sourceFormat", "fieldDelimiter", "nullMarker"),
    **served("texts", "sourceUris", "schemaUpdateOptions"),
    **served("number", "skipLeadingRows", "maxBadRecords"),
    **served("flag", "allowQuotedNewlines", "autodetect", "ignoreUnknownValues"),
    **one_of(encoding="UTF-8 UTF8", quote='"', createDisposition="CREATE_IF_NEEDED CREATE_NEVER"),
    **one_of(writeDisposition="WRITE_APPEND WRITE_EMPTY WRITE_TRUNCATE"),
    **inside(destinationTable=TABLE_REFERENCE, schema=SCHEMA, clustering=CLUSTERING),
    **inside(timePartitioning=TIME_PARTITIONING, hivePartitioningOptions=HIVE_PARTITIONING),
    **refused("allowJaggedRows columnNameCharacterMap connectionProperties"),
    **refused("copyFilesOnly createSession dateFormat datetimeFormat decimalTargetTypes"),
    **refused("destinationEncryptionConfiguration destinationTableProperties fileSetSpecType"),
    **refused("jsonExtension nullMarkers parquetOptions preserveAsciiControlCharacters"),
    **refused("projectionFields rangePartitioning referenceFileSchemaUri schemaInline"),
    **refused("schemaInlineFormat sourceColumnMatch timeFormat timeZone timestampFormat"),
    **refused("timestampTargetPrecision useAvroLogicalTypes"),
}
