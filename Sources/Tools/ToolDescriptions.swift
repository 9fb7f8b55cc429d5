/// The descriptions of the built-in tools: the `X.md` beside `X.swift`, embedded in the binary.
enum ToolDescriptions {
    static let read = text(PackageResources.Read_md)
    static let write = text(PackageResources.Write_md)
    static let edit = text(PackageResources.Edit_md)
    static let multiEdit = text(PackageResources.MultiEdit_md)
    static let applyPatch = text(PackageResources.ApplyPatch_md)
    static let glob = text(PackageResources.Glob_md)
    static let grep = text(PackageResources.Grep_md)
    static let list = text(PackageResources.List_md)
    static let codeSearch = text(PackageResources.CodeSearch_md)
    static let bash = text(PackageResources.Bash_md)
    static let webfetch = text(PackageResources.WebFetch_md)
    static let websearch = text(PackageResources.WebSearch_md)
    static let todoread = text(PackageResources.TodoRead_md)
    static let todowrite = text(PackageResources.TodoWrite_md)
    static let task = text(PackageResources.Task_md)
    static let question = text(PackageResources.Question_md)
    static let skill = text(PackageResources.Skill_md)
    static let batch = text(PackageResources.Batch_md)
    static let planEnter = text(PackageResources.PlanEnter_md)
    static let planExit = text(PackageResources.PlanExit_md)
    static let invalid = text(PackageResources.Invalid_md)

    private static func text(_ bytes: [UInt8]) -> String {
        var bytes = bytes[...]
        while let last = bytes.last, last == 0x0A || last == 0x20 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
