package import Permissions
import Support

/// `question`: asks the user. Offered only when somebody is there to answer.
package struct QuestionTool: Tool {
    package init() {}

    package let name = "question"
    package var isReadOnly: Bool { false }
    package var definition: ToolDefinition {
        ToolDefinition(
            name: name, description: ToolDescriptions.question,
            inputSchema: [
                "type": "object",
                "properties": [
                    "questions": [
                        "type": "array", "minItems": 1, "maxItems": 4,
                        "items": [
                            "type": "object",
                            "properties": [
                                "question": ["type": "string", "maxLength": 2000],
                                "header": ["type": "string", "description": "short label"],
                                "options": [
                                    "type": "array", "maxItems": 10,
                                    "items": [
                                        "type": "object",
                                        "properties": ["label": ["type": "string"], "description": ["type": "string"]],
                                        "required": ["label"],
                                    ],
                                ],
                                "multiple": ["type": "boolean"],
                            ],
                            "required": ["question"],
                        ],
                    ]
                ],
                "required": ["questions"],
            ])
    }

    package func demands(_ input: ToolInput, _ context: ToolContext) throws(ToolError) -> [PermissionDemand] {
        _ = try Self.questions(input)
        return []
    }

    package func run(_ input: ToolInput, _ context: ToolContext) async throws(ToolError) -> ToolOutput {
        let questions = try Self.questions(input)
        guard let asker = context.asker else {
            throw ToolError(.failed, "Nobody is there to answer. Decide yourself and say what you assumed.")
        }
        let answers = try await asker.ask(questions, sessionID: context.sessionID, callID: context.callID)
        var lines: [String] = []
        var rows: [JSON] = []
        for (index, question) in questions.enumerated() {
            let given = answers.indices.contains(index) ? answers[index] : []
            lines.append("\(question.question)\n-> \(given.isEmpty ? "(no answer)" : given.joined(separator: ", "))")
            rows.append(.array(given.map(JSON.string)))
        }
        return ToolOutput(
            text: "The user answered:\n" + lines.joined(separator: "\n"), metadata: ["answers": .array(rows)],
            title: questions.count == 1 ? "1 question" : "\(questions.count) questions")
    }

    private static func questions(_ input: ToolInput) throws(ToolError) -> [Question] {
        var questions: [Question] = []
        for json in try input.array("questions") {
            let item = ToolInput(json)
            var options: [Question.Option] = []
            for option in try item.optionalArray("options") ?? [] {
                let option = ToolInput(option)
                options.append(
                    Question.Option(
                        label: ShortText.cut(try option.string("label"), bytes: 200),
                        description: ShortText.cut(try option.optionalString("description") ?? "", bytes: 500)))
            }
            questions.append(
                Question(
                    question: try item.string("question"),
                    header: ShortText.cut(try item.optionalString("header") ?? "", bytes: 30), options: options,
                    multiple: try item.optionalBool("multiple") ?? false))
        }
        guard !questions.isEmpty else {
            throw ToolError(.invalidArguments, "'questions' is empty. Give 1 to 4 questions.")
        }
        return questions
    }
}
