import JSONRPC
import Support
import Testing

@Suite("JSON-RPC messages")
struct JSONRPCMessageTests {
    @Test(
        "A message comes back as it was sent",
        arguments: [
            JSONRPCMessage.request(id: .number(0), method: "a", params: nil),
            .request(id: .string(""), method: "b", params: ["x": 1]), .notification(method: "c", params: ["y": []]),
            .response(id: .number(-7), result: .null),
            .failure(id: .string("e"), error: JSONRPCError(code: -1, message: "no", data: ["z": true])),
            .failure(id: nil, error: JSONRPCError(code: -32700, message: "?")),
        ])
    func roundTrip(message: JSONRPCMessage) throws {
        #expect(message.line.last == 0x0A)
        #expect(!message.line.dropLast().contains(0x0A), "one message is one line")
        #expect(try JSONRPCMessage(parsing: Array(message.line.dropLast())) == message)
    }

    @Test(
        "What is no message is told by the code that the other side wants",
        arguments: [
            ("{", JSONRPCError.parseErrorCode), ("[]", JSONRPCError.invalidRequestCode),
            ("7", JSONRPCError.invalidRequestCode), ("{}", JSONRPCError.invalidRequestCode),
            (#"{"method":5}"#, JSONRPCError.invalidRequestCode),
            (#"{"method":"a","id":null}"#, JSONRPCError.invalidRequestCode),
            (#"{"method":"a","id":1.5}"#, JSONRPCError.invalidRequestCode),
            (#"{"result":1}"#, JSONRPCError.invalidRequestCode),
        ])
    func refused(text: String, code: Int64) {
        #expect(throws: JSONRPCError.self) { try JSONRPCMessage(parsing: Array(text.utf8)) }
        do throws(JSONRPCError) { _ = try JSONRPCMessage(parsing: Array(text.utf8)) } catch {
            #expect(error.code == code, "\(text): \(error.message)")
        }
    }
}
