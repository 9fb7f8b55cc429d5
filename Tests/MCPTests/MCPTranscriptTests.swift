import MCP
import Providers
import Support
import Testing

@Suite("Transcripts of MCP connections")
struct MCPTranscriptTests {
    static let secret = "s3cr3t-value-of-the-user"

    @Test("Secrets are replaced wherever they stand, values of headers that may hold some are hidden")
    func secrets() {
        let transcript = MCPTranscript(hiding: [Self.secret, "pw12", "x"], time: SystemTime())
        transcript.note(
            .request(
                method: "POST", url: "https://user:pass@a.example/mcp?key=\(Self.secret)",
                headers: [
                    HTTPField("Authorization", "Bearer \(Self.secret)"), HTTPField("X-Team", "blue"),
                    HTTPField("Accept", "application/json"), HTTPField("Mcp-Session-Id", "session-1"),
                ]))
        transcript.note(.sent(["id": 1, "params": ["pw12 key": .string("a \(Self.secret)\u{1b}[2J"), "n": 3]]))
        transcript.note(
            .reply(
                status: 200,
                headers: [
                    HTTPField("Date", "now"), HTTPField("Set-Cookie", "a=b"), HTTPField("mcp-session-id", "session-1"),
                    HTTPField("content-type", "application/json"),
                ]))
        transcript.note(.failed("no \(Self.secret)"))
        let lines = transcript.lines(timed: false)
        #expect(
            lines == [
                "> POST https://***@a.example/mcp?***", ">   authorization: ***", ">   x-team: ***",
                ">   accept: application/json", ">   mcp-session-id: ***",
                #"> {"id":1,"params":{"[redacted] key":"a [redacted]\u001b[2J","n":3}}"#, "< HTTP 200",
                "<   mcp-session-id: ***", "<   content-type: application/json", "! no [redacted]",
            ])
        #expect(!transcript.json(timed: false).text().contains(Self.secret))
        #expect(transcript.json(timed: false)[0]?["ms"] == nil)
        #expect(transcript.json(timed: true)[0]?["ms"] == 0)
        #expect(transcript.lines(timed: true).first?.hasPrefix("0 ms > POST") == true)
    }

    @Test("A flood and a huge message cost no more than the limits")
    func bounds() {
        let transcript = MCPTranscript(hiding: [], time: SystemTime())
        transcript.note(.received(["x": .string(String(repeating: "y", count: MCPTranscript.maxMessageBytes))]))
        for _ in 0..<(MCPTranscript.maxEvents + 9) { transcript.note(.received(["a": 1])) }
        #expect(transcript.entries.count == MCPTranscript.maxEvents)
        #expect(transcript.entries.first?.value["leftOutBytes"] != nil)
        #expect(transcript.lines(timed: false).last == "… 10 more")
    }
}
