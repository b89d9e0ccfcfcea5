"""Pages for the browser, served to this machine alone by the standard library."""
