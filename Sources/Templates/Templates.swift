/// Commands: named prompts that a person starts with arguments, and resources that a prompt mentions.
///
/// Enters: what MCP servers offer as prompts and resources, turned into the text and attachments of a user message. Command files
/// are a second source of the same catalogue. Called by the faces (`CLI`, `Server`); runs nothing and stores nothing.
enum Templates {}
