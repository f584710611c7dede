"""The shell of all pages: settings, components, charts, static files."""
