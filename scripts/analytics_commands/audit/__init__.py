"""Parts of the audit: what was accepted, what is stored, what is loaded, where they disagree."""
