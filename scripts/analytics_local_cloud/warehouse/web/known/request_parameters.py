"""Every parameter of the REST API's URLs, and what becomes of it here (see `request_bodies`)."""

from analytics_local_cloud.warehouse.web.known.messages import (
    Field,
    Message,
    one_of,
    refused,
    served,
    without_effect,
)
from analytics_local_cloud.warehouse.web.known.request_bodies import AT_ONCE, FORMAT, ONE_MACHINE

ANY_METHOD: Message = {
    **served("text", "fields"),
    **one_of(alt="JSON", uploadType="MULTIPART RESUMABLE"),
    **without_effect(ONE_MACHINE, "access_token", "key", "oauth_token", "quotaUser"),
    **without_effect("it is about the text, not what it says", "$.xgafv", "prettyPrint"),
    **without_effect("clients name their protocol", "upload_protocol"),
    **refused("callback"),
}
PAGES: Message = {**served("number", "maxResults"), **served("text", "pageToken")}
DATASET_PAGES: Message = {**PAGES, **served("flag", "all"), **served("text", "filter")}
ROUTINE_PAGES: Message = {**PAGES, **without_effect("there are none", "filter", "readMask")}
ACCESS: Message = without_effect(ONE_MACHINE, "accessPolicyVersion")
DATASET_VIEW: Message = {**ACCESS, **one_of(datasetView="DATASET_VIEW_UNSPECIFIED METADATA FULL")}
DATASET_UPDATE: Message = {
    **ACCESS,
    **one_of(updateMode="UPDATE_MODE_UNSPECIFIED UPDATE_METADATA UPDATE_FULL"),
}
DELETION: Message = served("flag", "deleteContents")
TABLE_VIEW: Message = {
    **served("text", "selectedFields"),
    **one_of(view="TABLE_METADATA_VIEW_UNSPECIFIED BASIC STORAGE_STATS FULL"),
}
TABLE_UPDATE: Message = refused("autodetect_schema")
ROWS: Message = {
    **PAGES,
    **served("number", "startIndex"),
    **{f"formatOptions.{name}": field for name, field in FORMAT.items()},
}
TABLE_ROWS: Message = {**ROWS, **served("text", "selectedFields")}
NO_ROUTINE: Message = without_effect("there are none", "readMask")
POLICY_PAGES: Message = {**served("number", "pageSize"), **served("text", "pageToken")}
LOCATION: Message = served("text", "location")
ONE_JOB: Message = {**LOCATION, **without_effect("it is about lists", "projection")}
RESULT_ROWS: Message = {**ROWS, **LOCATION, **without_effect(AT_ONCE, "timeoutMs")}
JOB_LIST: Message = {
    **PAGES,
    **served("number", "minCreationTime", "maxCreationTime"),
    **served("text", "parentJobId"),
    "stateFilter": Field(kind="text", repeated=True, values=("DONE", "PENDING", "RUNNING")),
    **one_of(projection="FULL MINIMAL"),
    **without_effect(ONE_MACHINE, "allUsers"),
}
