"""One command per file: `manage.py <file name>`."""
