"""What went over the wires of the pipeline lately, and what became of each event.

Nothing of it is durable, or needed by anything: it is for whoever looks on. The services are not
asked, their requests and answers are heard: exchanges, recorded_app. Traces put them together:
from a client's request to the row.
"""
