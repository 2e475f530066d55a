"""HTTP only: read a request, ask the layers below, write a response."""
