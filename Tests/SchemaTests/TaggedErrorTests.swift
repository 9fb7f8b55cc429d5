import Schema
import Support
import Testing

@Suite("Tagged errors")
struct TaggedErrorTests {
    @Test("An error is written as its tag, its fields and the message, without absent fields")
    func shape() throws {
        var error = TaggedError.sessionNotFound(sessionID: "ses_1", message: "No session ses_1.")
        #expect(
            try JSON(encoding: error).text()
                == #"{"_tag":"SessionNotFoundError","sessionID":"ses_1","message":"No session ses_1."}"#)
        error.requestID = "req_1"
        #expect(try JSON(encoding: error)["requestID"] == "req_1")
        let invalid = TaggedError.invalidRequest(message: "Bad.", field: "text")
        #expect(
            try JSON(encoding: invalid).text() == #"""
                {"_tag":"InvalidRequestError","field":"text","message":"Bad."}
                """#)
    }

    @Test("An error with an unknown tag keeps all its fields")
    func unknownTag() throws {
        let text = #"{"_tag":"MoonError","phase":{"of":[1,2]},"none":null,"message":"Full."}"#
        let error = try JSON(parsing: text).decode(TaggedError.self)
        #expect(error.code == "MoonError" && error.message == "Full.")
        #expect(try JSON(encoding: error).text() == text)
    }

    @Test("A work tree error of 2.1 has its sentence in data")
    func worktree() throws {
        let foreign = try JSON(parsing: #"{"_tag":"WorktreeError","name":"WorktreeError","data":{"message":"Dirty."}}"#)
        #expect(try foreign.decode(TaggedError.self).message == "Dirty.")
        let ours = try JSON(encoding: TaggedError.worktree(message: "Dirty.", forceRequired: true))
        #expect(ours["data"]?.text() == #"{"message":"Dirty.","forceRequired":true}"#)
    }

    @Test("Our own tags have their fields")
    func ours() throws {
        let denied = TaggedError.permissionDenied(
            permission: "bash", pattern: "rm *", message: "Denied.", rule: "rm *", source: "built-in")
        let json = try JSON(encoding: denied)
        for name in ["permission", "pattern", "rule", "source"] { #expect(json[name]?.stringValue != nil, "\(name)") }
        let later = TaggedError.notImplemented(operation: "Voice.session", message: "Not served.")
        #expect(later.tag == "NotImplementedError" && later.fields["operation"] == "Voice.session")
    }
}
