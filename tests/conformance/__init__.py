"""The official SPARQL suites, and cases of our own, asked of the application over HTTP."""
