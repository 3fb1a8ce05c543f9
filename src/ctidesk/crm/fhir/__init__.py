"""The CRM as a FHIR R4 server: client, readers of its resources, pull into the cache."""
