"""HTTP for the WSGI application: read, watched, answered; and handed over where a query is heavy."""
