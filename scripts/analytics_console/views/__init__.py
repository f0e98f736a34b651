"""One module for each view: what there is to know, and what can be done."""
