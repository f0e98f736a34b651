"""The tutorial, played on a pipeline of its own."""
