import Sessions
import Support

/// Files of other programs.
enum TransferSamples {
    static let opencode1: JSON = [
        "info": [
            "id": "ses_6a1f0f3c2ffeABCDEFGHIJKLMN", "projectID": "p", "directory": "/home/them/repo",
            "title": "Old one",
            "version": "1.0.0", "time": ["created": 1_700_000_000_000, "updated": 1_700_000_009_000],
        ],
        "messages": [
            [
                "info": [
                    "id": "msg_u1", "sessionID": "ses_x", "role": "user", "time": ["created": 1_700_000_000_100],
                    "agent": "build", "model": ["providerID": "anthropic", "modelID": "claude"],
                ],
                "parts": [
                    ["id": "prt_1", "type": "text", "text": "Fix it"],
                    ["id": "prt_2", "type": "text", "text": "Called the Read tool", "synthetic": true],
                    [
                        "id": "prt_3", "type": "file", "mime": "image/png", "url": "data:image/png;base64,AAAA",
                        "filename": "a.png",
                    ],
                ],
            ],
            [
                "info": [
                    "id": "msg_a1", "sessionID": "ses_x", "role": "assistant", "parentID": "msg_u1",
                    "modelID": "claude", "providerID": "anthropic", "mode": "build", "cost": 0.25,
                    "path": ["cwd": "/home/them/repo", "root": "/home/them/repo"],
                    "tokens": ["input": 10, "output": 20, "reasoning": 1, "cache": ["read": 3, "write": 4]],
                    "time": ["created": 1_700_000_001_000, "completed": 1_700_000_008_000], "finish": "tool-calls",
                ],
                "parts": [
                    ["id": "prt_4", "type": "step-start"],
                    ["id": "prt_5", "type": "reasoning", "text": "Hm", "time": ["start": 1_700_000_001_000]],
                    [
                        "id": "prt_6", "type": "tool", "callID": "toolu_1", "tool": "bash",
                        "state": [
                            "status": "completed", "input": ["command": "ls"], "output": "a.txt", "title": "ls",
                            "metadata": ["exit": 0], "time": ["start": 1_700_000_002_000, "end": 1_700_000_003_000],
                        ],
                    ],
                    [
                        "id": "prt_7", "type": "tool", "callID": "toolu_2", "tool": "read",
                        "state": [
                            "status": "running", "input": ["filePath": "b"], "time": ["start": 1_700_000_004_000],
                        ],
                    ],
                    ["id": "prt_8", "type": "text", "text": "Done."],
                    ["id": "prt_9", "type": "hologram", "beams": 3],
                ],
            ],
        ],
    ]

    static let claude = """
        {"type":"summary","summary":"A fine day","leafUuid":"u9"}
        {"type":"user","uuid":"u1","parentUuid":null,"sessionId":"0b1c","cwd":"/home/them/repo","timestamp":"2026-01-02T03:04:05.678Z","isSidechain":false,"message":{"role":"user","content":"List files"}}
        {"type":"assistant","uuid":"u2","parentUuid":"u1","sessionId":"0b1c","timestamp":"2026-01-02T03:04:06.000Z","isSidechain":false,"message":{"id":"m1","role":"assistant","model":"claude-opus-4","content":[{"type":"thinking","thinking":"Let me see","signature":"x"}],"usage":{"input_tokens":5,"output_tokens":1,"cache_read_input_tokens":7,"cache_creation_input_tokens":9}}}
        {"type":"assistant","uuid":"u3","parentUuid":"u2","sessionId":"0b1c","timestamp":"2026-01-02T03:04:07.000Z","isSidechain":false,"message":{"id":"m1","role":"assistant","model":"claude-opus-4","content":[{"type":"tool_use","id":"toolu_9","name":"Bash","input":{"command":"ls"}}],"stop_reason":"tool_use","usage":{"input_tokens":5,"output_tokens":11,"cache_read_input_tokens":7,"cache_creation_input_tokens":9}}}
        {"type":"user","uuid":"u4","parentUuid":"u3","sessionId":"0b1c","timestamp":"2026-01-02T03:04:08.000Z","isSidechain":false,"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_9","content":[{"type":"text","text":"a.txt"}]}]}}
        {"type":"assistant","uuid":"u5","parentUuid":"u4","sessionId":"0b1c","timestamp":"2026-01-02T03:04:09.000Z","isSidechain":false,"message":{"id":"m2","role":"assistant","model":"claude-opus-4","content":[{"type":"text","text":"There is a.txt."}],"stop_reason":"end_turn"}}
        {"type":"user","uuid":"u6","sessionId":"0b1c","timestamp":"2026-01-02T03:04:10.000Z","isSidechain":true,"message":{"role":"user","content":"for a subagent"}}

        """

    static let codex = """
        {"timestamp":"2026-01-02T03:04:05.000Z","type":"session_meta","payload":{"id":"c0de-1","timestamp":"2026-01-02T03:04:05.000Z","cwd":"/home/them/repo","originator":"codex_cli","cli_version":"0.40"}}
        {"timestamp":"2026-01-02T03:04:05.100Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"<environment_context>x</environment_context>"}]}}
        {"timestamp":"2026-01-02T03:04:05.200Z","type":"turn_context","payload":{"cwd":"/home/them/repo","model":"gpt-5-codex"}}
        {"timestamp":"2026-01-02T03:04:05.300Z","type":"response_item","payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"Count files"}]}}
        {"timestamp":"2026-01-02T03:04:05.300Z","type":"event_msg","payload":{"type":"user_message","message":"Count files"}}
        {"timestamp":"2026-01-02T03:04:06.000Z","type":"response_item","payload":{"type":"reasoning","summary":[{"type":"summary_text","text":"Counting"}],"encrypted_content":"zzz"}}
        {"timestamp":"2026-01-02T03:04:06.500Z","type":"response_item","payload":{"type":"function_call","name":"shell","arguments":"{\\"command\\":[\\"ls\\"]}","call_id":"call_1"}}
        {"timestamp":"2026-01-02T03:04:07.000Z","type":"response_item","payload":{"type":"function_call_output","call_id":"call_1","output":"{\\"output\\":\\"a.txt\\\\n\\",\\"metadata\\":{\\"exit_code\\":0}}"}}
        {"timestamp":"2026-01-02T03:04:08.000Z","type":"response_item","payload":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"One file."}]}}
        {"timestamp":"2026-01-02T03:04:08.100Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":100,"cached_input_tokens":40,"output_tokens":30,"reasoning_output_tokens":10}}}}
        {"timestamp":"2026-01-02T03:04:09.000Z","type":"response_item","payload":{"type":"mess
        """

    static let codetether01: JSON = [
        "id": "3f0c0c0a-1111-2222-3333-444455556666", "title": "First steps", "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-01-02T03:05:05.5+00:00", "agent": "build", "tool_uses": [],
        "usage": ["prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0],
        "metadata": ["directory": "/home/them/repo", "model": "moonshotai/kimi-k2.5", "shared": false],
        "messages": [
            ["role": "system", "content": [["type": "text", "text": "You are an agent."]]],
            ["role": "user", "content": [["type": "text", "text": "Write a"]]],
            [
                "role": "assistant",
                "content": [
                    ["type": "text", "text": "I will."],
                    ["type": "tool_call", "id": "call_1", "name": "write", "arguments": "{\"path\":\"a\"}"],
                ],
            ],
            [
                "role": "tool",
                "content": [["type": "tool_result", "tool_call_id": "call_1", "content": "Wrote 1 byte"]],
            ],
            ["role": "assistant", "content": [["type": "text", "text": "Written."]]],
        ],
    ]

    /// Reads a file in pieces of this size.
    static func read(_ text: String, pieces: Int = 1_000) throws(TransferError) -> TransferDocument {
        try read(bytes: Array(text.utf8), pieces: pieces)
    }

    static func read(bytes: [UInt8], pieces: Int = 1_000) throws(TransferError) -> TransferDocument {
        var reader = TransferReader()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try reader.push(bytes[start..<min(start + pieces, bytes.count)])
        }
        return try reader.finish()
    }
}
