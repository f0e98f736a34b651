"""FORMAT, and FORMAT_… and PARSE_… of dates: their formats are literals."""

from analytics_local_cloud.warehouse.translation.calls import Table

FORMATS: Table = {}
