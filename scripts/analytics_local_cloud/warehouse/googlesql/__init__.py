"""GoogleSQL by Google's own code: its analyzer and its reference implementation.

The `zetasql` distribution carries both as one WebAssembly module with a protobuf interface
(https://github.com/google/googlesql, "local_service.proto"). The analyzer types every statement and
refuses a wrong one in the words BigQuery uses; the reference implementation evaluates queries over
few rows exactly. Whatever neither of them knows is refused by its name.
"""
