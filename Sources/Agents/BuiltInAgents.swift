package import Configuration
import Git
import Logging
import Permissions
import Providers
import Schema
import Sessions
import Support
import SystemPackage
import Tools

/// The agents that are always there. A file or config entry of the same name changes the fields it gives.
///
/// They differ in what they are told, in what they may do and in how many steps they get:
/// - `build` does the work with every tool;
/// - `plan` reads, thinks and writes a plan, and may change nothing;
/// - `explore` is a quick read-only scout that other agents send out;
/// - `general` is a subagent for a self-contained piece of work;
/// - `title` and `compaction` are hidden and have no tools.
package enum BuiltInAgents {
    /// In the order in which `agent list` shows them.
    package static let all: [AgentDefinition] = [build, plan, general, explore, title, compaction]

    private static let denyWrites: [(permission: String, rules: [(pattern: String, action: PermissionAction)])] = [
        ("edit", [("*", .deny)])
    ]

    package static let build = AgentDefinition(
        name: "build", description: "Does the work: reads, edits, runs commands until the job is done.",
        mode: .primary, prompt: nil, source: .builtIn)

    package static let plan = AgentDefinition(
        name: "plan", description: "Reads and plans; changes nothing.", mode: .primary,
        prompt: """
            You are in plan mode. Do not change anything: no edits, no commands with side effects, no commits. Read what \
            you need, ask when a decision is the user's to make, and answer with a numbered plan: the files to change, \
            what changes in each, how it will be verified, and the risks. Call plan_exit when the plan is ready.
            """,
        steps: 80, permission: PermissionConfig(entries: denyWrites + [("bash", [("*", .deny)])]), source: .builtIn)

    package static let general = AgentDefinition(
        name: "general",
        description: "Subagent for a self-contained task of several steps, also in parallel with others.",
        mode: .subagent,
        prompt: """
            You are a subagent with one task. You cannot ask questions: decide, do the task to the end, and reply with the \
            result only: what you did or found, with file paths and line numbers. Your reply is read by another agent.
            """,
        steps: 100, tools: ["todowrite": false, "todoread": false, "task": false, "question": false], source: .builtIn)

    package static let explore = AgentDefinition(
        name: "explore", description: "Fast read-only search of the code base: find files, usages, answers.",
        mode: .subagent,
        prompt: """
            You search this code base and answer one question. Use glob, grep and read, several calls at once. Change \
            nothing. Reply with the answer first, then the evidence as path:line, nothing else.
            """,
        steps: 30,
        permission: PermissionConfig(entries: denyWrites + [("bash", [("*", .deny)])]),
        tools: [
            "bash": false, "write": false, "edit": false, "multiedit": false, "apply_patch": false, "task": false,
            "todowrite": false, "todoread": false, "question": false, "batch": false, "plan_enter": false,
            "plan_exit": false,
        ], source: .builtIn)

    package static let title = AgentDefinition(
        name: "title", description: "Names a session.", mode: .subagent,
        prompt: """
            Write a title of at most 50 characters for the conversation that starts with the message below. Same language, \
            no quotes, no full stop, no explanation: only the title.
            """,
        steps: 1, tools: ["*": false], hidden: true, source: .builtIn)

    package static let compaction = AgentDefinition(
        name: "compaction", description: "Summarises a conversation that has grown too long.", mode: .subagent,
        prompt: """
            Summarise this conversation so that the work can go on from the summary alone. Keep: the user's goal and every \
            instruction still in force, decisions and their reasons, files read or changed (paths), commands and their \
            outcome, errors met, what is done, and the exact next step. Plain text, at most 800 words, no preamble.
            """,
        steps: 1, tools: ["*": false], hidden: true, source: .builtIn)
}
