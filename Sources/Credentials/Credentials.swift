// Keys of providers, and the removal of secrets from text.
//
// For: finding the key of a provider and knowing what must never be shown. May enter: sources of credentials (for now the
// environment) and redaction. May call it: every target of the service layer and above. It reads no file and opens no
// connection yet.

import Support
