/// Placeholder until the target has code.
enum Placeholder {}
