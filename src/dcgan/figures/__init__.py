"""Pictures of results: sheets, films, curves and the report of a run. It draws arrays and knows no other room."""
