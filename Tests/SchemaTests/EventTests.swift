import Schema
import Support
import Testing

@Suite("Events")
struct EventTests {
    private func decode(_ text: String) throws -> Event { try JSON(parsing: text).decode(Event.self) }

    @Test("An event of an unknown type comes back unchanged, envelope and data")
    func unknown() throws {
        let text = #"""
            {"id":"evt_1","created":5,"metadata":{"a":[1,2.5,null]},"type":"session.future",\#
            "durable":{"aggregateID":"ses_1","seq":3,"version":9},"location":{"directory":"/w"},\#
            "data":{"sessionID":"ses_1","x":{"y":null}}}
            """#
        let event = try decode(text)
        #expect(event.payload.type == "session.future")
        #expect(event.payload.sessionID == "ses_1")
        #expect(event.payload.durableVersion == nil)
        #expect(!event.payload.isDelta)
        #expect(try JSON(encoding: event).text() == text)
    }

    @Test("Members are written in the order id, created, type, durable, data, and absent ones not at all")
    func order() throws {
        let event = Event(
            id: "evt_1", created: 7, durable: Durable(aggregateID: "ses_1", seq: 2, version: 1),
            payload: .sessionRenamed(.init(sessionID: "ses_1", title: "T")))
        #expect(
            try JSON(encoding: event).text()
                == #"""
                {"id":"evt_1","created":7,"type":"session.renamed","durable":{"aggregateID":"ses_1","seq":2,\#
                "version":1},"data":{"sessionID":"ses_1","title":"T"}}
                """#
        )
    }

    @Test("A missing optional member and null read the same, members of later versions are ignored")
    func tolerance() throws {
        let bare = try decode(
            #"""
            {"id":"e","created":1,"type":"session.text.ended","data":{"sessionID":"s",\#
            "assistantMessageID":"m","ordinal":0,"text":"t"}}
            """#
        )
        let padded = try decode(
            #"""
            {"id":"e","created":1.0,"type":"session.text.ended","location":null,"later":1,\#
            "data":{"sessionID":"s","assistantMessageID":"m","ordinal":0.0,"text":"t","native":null,\#
            "partID":null,"later":true}}
            """#
        )
        #expect(bare == padded)
    }

    @Test("Whole token counts are accepted as doubles, fractions are refused with their path")
    func integralDoubles() throws {
        let usage = #"{"input":3.0,"output":1e2,"reasoning":0,"cache":{"read":0,"write":0}}"#
        let read = try JSON(parsing: usage).decode(TokenUsage.self)
        #expect(read.input == 3 && read.output == 100)
        let broken = try JSON(parsing: usage.replacingFirst("3.0", with: "3.5"))
        let error = #expect(throws: JSONCodingError.self) { try broken.decode(TokenUsage.self) }
        #expect(error?.path == "$.input")
    }

    @Test("A known type whose data does not fit is an error, not an unknown event")
    func misfit() {
        #expect(throws: JSONCodingError.self) {
            try decode(#"{"id":"e","created":1,"type":"session.renamed","data":{"sessionID":"s"}}"#)
        }
        #expect(throws: JSONCodingError.self) {
            try decode(
                #"""
                {"id":"e","created":1,"type":"session.execution.interrupted","data":{"sessionID":"s",\#
                "reason":"bored"}}
                """#)
        }
    }

    @Test("server.connected needs no time, and events without data are written with an empty object")
    func connected() throws {
        let event = try decode(#"{"id":"e","type":"server.connected"}"#)
        #expect(event.created == 0)
        #expect(try JSON(encoding: event).text() == #"{"id":"e","created":0,"type":"server.connected","data":{}}"#)
    }

    @Test("Deltas are known as such and are not durable; no durable event is a delta")
    func deltas() {
        let deltas: [EventPayload] = [
            .sessionTextDelta(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, delta: "d")),
            .sessionReasoningDelta(.init(sessionID: "s", assistantMessageID: "m", ordinal: 0, delta: "d")),
            .sessionToolInputDelta(.init(sessionID: "s", assistantMessageID: "m", id: "c", delta: "d")),
            .sessionCompactionDelta(.init(sessionID: "s", text: "d")),
        ]
        #expect(deltas.allSatisfy { $0.isDelta && $0.durableVersion == nil && $0.sessionID == "s" })
        let ended = EventPayload.sessionTextEnded(
            .init(sessionID: "s", assistantMessageID: "m", ordinal: 0, text: "d", partID: "prt_1"))
        #expect(!ended.isDelta && ended.durableVersion == 1)
    }

    @Test("A session status of a later version and the action of a retry come back unchanged")
    func status() throws {
        for text in [
            #"{"type":"dreaming","of":"sheep"}"#, #"{"type":"busy"}"#, #"{"type":"retry","attempt":"x"}"#,
            #"{"type":"retry","attempt":1,"message":"m","next":9,"action":{"reason":"r"}}"#,
        ] {
            let status = try JSON(parsing: text).decode(SessionStatus.self)
            #expect(try JSON(encoding: status).text() == text)
        }
    }

    @Test("credential.switched says null when no credential is used")
    func explicitNull() throws {
        let payload = EventPayload.credentialSwitched(.init(integrationID: "i"))
        #expect(try payload.dataJSON().text() == #"{"integrationID":"i","credentialID":null}"#)
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }

    private func firstRange(of part: String) -> Range<Index>? {
        indices.lazy.compactMap { start in
            self[start...].hasPrefix(part) ? start..<index(start, offsetBy: part.count) : nil
        }.first
    }

    private func replacingCharacters(in range: Range<Index>, with new: String) -> String {
        String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
