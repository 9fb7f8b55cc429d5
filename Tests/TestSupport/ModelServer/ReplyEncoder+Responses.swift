import Support

/// OpenAI responses.
extension ReplyEncoder {
    mutating func event(_ type: String, _ fields: JSONObject) {
        sequence += 1
        var object: JSONObject = ["type": .string(type), "sequence_number": int(sequence)]
        for (key, value) in fields { object[key] = value }
        sse(.object(object), event: type)
    }

    mutating func responses(_ pieces: [Turn.Piece], _ turn: Turn) {
        func response(_ status: String, _ output: [JSON], _ usage: JSON) -> JSON {
            [
                "id": .string("resp_\(number)"), "object": "response", "created_at": 1_700_000_000,
                "status": .string(status), "model": .string(model), "output": .array(output), "usage": usage,
            ]
        }
        event("response.created", ["response": response("in_progress", [], .null)])
        event("response.in_progress", ["response": response("in_progress", [], .null)])
        var output: [JSON] = []
        var open: (type: String, text: String)?
        func itemID(_ kind: String) -> JSON { .string("\(kind)_\(number)_\(output.count)") }
        func message(_ text: String, _ status: String) -> JSON {
            [
                "type": "message", "id": itemID("msg"), "role": "assistant", "status": .string(status),
                "content": status == "completed"
                    ? [["type": "output_text", "text": .string(text), "annotations": []]] : [],
            ]
        }
        func thought(_ text: String, done: Bool) -> JSON {
            [
                "type": "reasoning", "id": itemID("rs"),
                "summary": done ? [["type": "summary_text", "text": .string(text)]] : [],
            ]
        }
        func close() {
            guard let (type, text) = open else { return }
            open = nil
            let place = int(output.count)
            if type == "message" {
                event(
                    "response.output_text.done",
                    ["item_id": itemID("msg"), "output_index": place, "content_index": 0, "text": .string(text)])
                let item = message(text, "completed")
                event("response.output_item.done", ["output_index": place, "item": item])
                output.append(item)
            } else {
                event(
                    "response.reasoning_summary_text.done",
                    ["item_id": itemID("rs"), "output_index": place, "summary_index": 0, "text": .string(text)])
                let item = thought(text, done: true)
                event("response.output_item.done", ["output_index": place, "item": item])
                output.append(item)
            }
        }
        for piece in pieces {
            switch piece {
            case .text(let text):
                if open?.type != "message" {
                    close()
                    open = ("message", "")
                    event(
                        "response.output_item.added",
                        ["output_index": int(output.count), "item": message("", "in_progress")])
                    event(
                        "response.content_part.added",
                        [
                            "item_id": itemID("msg"), "output_index": int(output.count), "content_index": 0,
                            "part": ["type": "output_text", "text": "", "annotations": []],
                        ])
                }
                open?.text += text
                event(
                    "response.output_text.delta",
                    [
                        "item_id": itemID("msg"), "output_index": int(output.count), "content_index": 0,
                        "delta": .string(text),
                    ])
            case .reasoning(let text):
                if open?.type != "reasoning" {
                    close()
                    open = ("reasoning", "")
                    event(
                        "response.output_item.added",
                        ["output_index": int(output.count), "item": thought("", done: false)])
                }
                open?.text += text
                event(
                    "response.reasoning_summary_text.delta",
                    [
                        "item_id": itemID("rs"), "output_index": int(output.count), "summary_index": 0,
                        "delta": .string(text),
                    ])
            case .gate(let gate): parts.append(.gate(gate))
            case .call(let id, let name, let arguments, let chunks):
                close()
                let call = callID(id, output.count)
                func item(_ arguments: String, _ status: String) -> JSON {
                    [
                        "type": "function_call", "id": itemID("fc"), "call_id": .string(call), "name": .string(name),
                        "arguments": .string(arguments), "status": .string(status),
                    ]
                }
                let place = int(output.count)
                event("response.output_item.added", ["output_index": place, "item": item("", "in_progress")])
                for part in split(arguments, chunks) {
                    event(
                        "response.function_call_arguments.delta",
                        ["item_id": itemID("fc"), "output_index": place, "delta": .string(part)])
                }
                event(
                    "response.function_call_arguments.done",
                    ["item_id": itemID("fc"), "output_index": place, "arguments": .string(arguments)])
                let done = item(arguments, "completed")
                event("response.output_item.done", ["output_index": place, "item": done])
                output.append(done)
            }
        }
        close()
        var usage = JSON.null
        if let count = turn.usage {
            let input = count.input + count.cacheRead + count.cacheWrite
            usage = [
                "input_tokens": int(input), "input_tokens_details": ["cached_tokens": int(count.cacheRead)],
                "output_tokens": int(count.output + count.reasoning),
                "output_tokens_details": ["reasoning_tokens": int(count.reasoning)],
                "total_tokens": int(input + count.output + count.reasoning),
            ]
        }
        if turn.finish == "max_output_tokens" {
            var last = response("incomplete", output, usage).objectValue ?? [:]
            last["incomplete_details"] = ["reason": "max_output_tokens"]
            event("response.incomplete", ["response": .object(last)])
        } else {
            event("response.completed", ["response": response("completed", output, usage)])
        }
    }
}
