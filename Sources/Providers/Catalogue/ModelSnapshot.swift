/// Models that are known without asking anybody: a table that is compiled in, read a provider at a time.
///
/// Figures are of November 2026 or older and are for display, limits and cost estimates; the config overrides each of them.
enum ModelSnapshot {
    struct Row: Sendable {
        var id: String
        var name: String
        var context: Int
        var output: Int
        var cost: ModelSpec.Cost?
        /// t tools · r reasoning · i images · d documents · n takes no temperature · a adaptive thinking · l thinking levels
        var flags: Set<Character>
    }

    /// The models of one provider, in the order of the table.
    static func rows(provider: String) -> [Row] {
        var rows: [Row] = []
        var isWanted = false
        for line in table.split(separator: "\n") {
            if line.hasPrefix("#") {
                isWanted = line.dropFirst() == provider
            } else if isWanted, let row = row(line) {
                rows.append(row)
            }
        }
        return rows
    }

    /// `id|name|context k|output k|input|output|cache read|cache write|flags`, costs in USD per 1M tokens.
    private static func row(_ line: Substring) -> Row? {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count == 9, let context = Double(fields[2]), let output = Double(fields[3]) else { return nil }
        var cost: ModelSpec.Cost?
        if let input = Double(fields[4]), let price = Double(fields[5]) {
            cost = ModelSpec.Cost(
                input: input, output: price, cacheRead: Double(fields[6]), cacheWrite: Double(fields[7]))
        }
        return Row(
            id: String(fields[0]), name: String(fields[1]), context: Int(context * 1_000), output: Int(output * 1_000),
            cost: cost, flags: Set(fields[8]))
    }

    private static let table = """
        #anthropic
        claude-fable-5-1|Claude Fable 5.1|1000|128|10|50|1|12.5|tridna
        claude-opus-5-5|Claude Opus 5.5|1000|128|4|20|0.4|5|tridna
        claude-sonnet-5-5|Claude Sonnet 5.5|1000|128|2|10|0.2|2.5|tridna
        claude-haiku-5-5|Claude Haiku 5.5|1000|128|0.1|0.5|0.01|0.125|tridna
        claude-opus-5|Claude Opus 5|1000|128|5|25|0.5|6.25|tridna
        claude-sonnet-5|Claude Sonnet 5|1000|128|2|10|0.2|2.5|tridna
        claude-opus-4-7|Claude Opus 4.7|1000|128|5|25|0.5|6.25|tridna
        claude-opus-4-6|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trida
        claude-sonnet-4-6|Claude Sonnet 4.6|1000|64|3|15|0.3|3.75|trida
        claude-opus-4-5|Claude Opus 4.5|200|64|5|25|0.5|6.25|trid
        claude-sonnet-4-5|Claude Sonnet 4.5|200|64|3|15|0.3|3.75|trid
        claude-haiku-4-5|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid
        claude-opus-4-1|Claude Opus 4.1|200|32|15|75|1.5|18.75|trid
        claude-sonnet-4-0|Claude Sonnet 4|200|64|3|15|0.3|3.75|trid
        #openai
        gpt-5.5|GPT-5.5|1050|128|5|30|0.5||tridn
        gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn
        gpt-5.4-mini|GPT-5.4 mini|400|128|0.75|4.5|0.075||tridn
        gpt-5.4-nano|GPT-5.4 nano|400|128|0.2|1.25|0.02||tridn
        gpt-5.3-codex|GPT-5.3 Codex|400|128|1.75|14|0.175||tridn
        gpt-5.2|GPT-5.2|400|128|1.75|14|0.175||tridn
        gpt-5.2-codex|GPT-5.2 Codex|400|128|1.75|14|0.175||tridn
        gpt-5.1|GPT-5.1|400|128|1.25|10|0.125||tridn
        gpt-5.1-codex|GPT-5.1 Codex|400|128|1.25|10|0.125||tridn
        gpt-5.1-codex-max|GPT-5.1 Codex Max|400|128|1.25|10|0.125||tridn
        gpt-5.1-codex-mini|GPT-5.1 Codex mini|400|128|0.25|2|0.025||tridn
        gpt-5|GPT-5|400|128|1.25|10|0.125||tridn
        gpt-5-mini|GPT-5 mini|400|128|0.25|2|0.025||tridn
        gpt-5-nano|GPT-5 nano|400|128|0.05|0.4|0.005||tridn
        gpt-4.1|GPT-4.1|1047.576|32.768|2|8|0.5||tid
        gpt-4.1-mini|GPT-4.1 mini|1047.576|32.768|0.4|1.6|0.1||tid
        gpt-4o|GPT-4o|128|16.384|2.5|10|1.25||tid
        gpt-4o-mini|GPT-4o mini|128|16.384|0.15|0.6|0.075||tid
        o3|o3|200|100|2|8|0.5||tridn
        o4-mini|o4-mini|200|100|1.1|4.4|0.275||tridn
        #google
        gemini-3.1-pro-preview|Gemini 3.1 Pro (preview)|1048.576|65.536|2|12|0.2||tridl
        gemini-3-pro-preview|Gemini 3 Pro (preview)|1048.576|65.536|2|12|0.2||tridl
        gemini-3-flash-preview|Gemini 3 Flash (preview)|1048.576|65.536|0.5|3|0.05||tridl
        gemini-3.1-flash-lite-preview|Gemini 3.1 Flash-Lite (preview)|1048.576|65.536|0.25|1.5|0.025||tridl
        gemini-2.5-pro|Gemini 2.5 Pro|1048.576|65.536|1.25|10|0.125||trid
        gemini-2.5-flash|Gemini 2.5 Flash|1048.576|65.536|0.3|2.5|0.03||trid
        gemini-2.5-flash-lite|Gemini 2.5 Flash-Lite|1048.576|65.536|0.1|0.4|0.01||trid
        #openrouter
        anthropic/claude-opus-4.6|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trid
        anthropic/claude-sonnet-4.6|Claude Sonnet 4.6|1000|64|3|15|0.3|3.75|trid
        anthropic/claude-sonnet-4.5|Claude Sonnet 4.5|1000|64|3|15|0.3|3.75|trid
        anthropic/claude-haiku-4.5|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid
        openai/gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn
        openai/gpt-5.2|GPT-5.2|400|128|1.75|14|0.175||tridn
        openai/gpt-5-mini|GPT-5 mini|400|128|0.25|2|0.025||tridn
        openai/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.04|0.19|||tr
        google/gemini-3.1-pro-preview|Gemini 3.1 Pro (preview)|1048.576|65.536|2|12|0.2||trid
        google/gemini-2.5-pro|Gemini 2.5 Pro|1048.576|65.536|1.25|10|0.125||trid
        google/gemini-2.5-flash|Gemini 2.5 Flash|1048.576|65.536|0.3|2.5|0.03||trid
        x-ai/grok-4|Grok 4|256|64|3|15|0.75||tri
        x-ai/grok-code-fast-1|Grok Code Fast 1|256|10|0.2|1.5|0.02||tr
        deepseek/deepseek-v3.2|DeepSeek V3.2|163.84|65.536|0.27|0.4|0.22||tr
        moonshotai/kimi-k2.5|Kimi K2.5|262.144|65.536|0.6|3|0.1||tri
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|0.6|2.5|0.15||tr
        z-ai/glm-4.7|GLM 4.7|202.752|65.536|0.6|2.2|0.11||tr
        minimax/minimax-m2.1|MiniMax M2.1|204.8|131.072|0.3|1.2|0.03||tr
        qwen/qwen3-coder|Qwen3 Coder 480B|262.144|65.536|0.22|0.95|||t
        #bedrock
        anthropic.claude-opus-4-7|Claude Opus 4.7|1000|128|5|25|0.5|6.25|tridna
        anthropic.claude-opus-4-6-v1|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trida
        anthropic.claude-sonnet-4-6|Claude Sonnet 4.6|1000|64|3|15|0.3|3.75|trida
        anthropic.claude-opus-4-5-20251101-v1:0|Claude Opus 4.5|200|64|5|25|0.5|6.25|trid
        anthropic.claude-sonnet-4-5-20250929-v1:0|Claude Sonnet 4.5|200|64|3|15|0.3|3.75|trid
        anthropic.claude-haiku-4-5-20251001-v1:0|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid
        amazon.nova-premier-v1:0|Nova Premier|1000|10|2.5|12.5|0.625||tid
        amazon.nova-pro-v1:0|Nova Pro|300|10|0.8|3.2|0.2||tid
        amazon.nova-lite-v1:0|Nova Lite|300|10|0.06|0.24|0.015||tid
        openai.gpt-oss-120b-1:0|gpt-oss-120b|128|16.384|0.15|0.6|||tr
        #azure
        gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn
        gpt-5.2|GPT-5.2|400|128|1.75|14|0.175||tridn
        gpt-5|GPT-5|272|128|1.25|10|0.125||tridn
        gpt-5-mini|GPT-5 mini|272|128|0.25|2|0.025||tridn
        gpt-4.1|GPT-4.1|1047.576|32.768|2|8|0.5||tid
        #github-copilot
        claude-sonnet-4.5|Claude Sonnet 4.5|144|16|||||tri
        claude-haiku-4.5|Claude Haiku 4.5|144|16|||||tri
        gpt-5-mini|GPT-5 mini|128|64|||||trin
        gpt-4.1|GPT-4.1|128|16.384|||||ti
        gemini-2.5-pro|Gemini 2.5 Pro|128|64|||||tri
        #moonshotai
        kimi-k2.5|Kimi K2.5|262.144|32.768|0.6|3|0.1||trin
        kimi-k2-thinking|Kimi K2 Thinking|262.144|32.768|0.6|2.5|0.15||tr
        kimi-k2-thinking-turbo|Kimi K2 Thinking Turbo|262.144|32.768|1.15|8|0.15||tr
        kimi-k2-0905-preview|Kimi K2 0905|262.144|32.768|0.6|2.5|0.15||t
        kimi-k2-turbo-preview|Kimi K2 Turbo|262.144|32.768|2.4|10|0.6||t
        #zhipuai
        glm-4.7|GLM-4.7|204.8|131.072|0.6|2.2|0.11||tr
        glm-4.6|GLM-4.6|204.8|131.072|0.6|2.2|0.11||tr
        glm-4.6v|GLM-4.6V|128|32.768|0.3|0.9|||tri
        glm-4.5|GLM-4.5|131.072|98.304|0.6|2.2|0.11||tr
        glm-4.5-air|GLM-4.5 Air|131.072|98.304|0.2|1.1|0.03||tr
        #deepseek
        deepseek-chat|DeepSeek V3.2|128|8.192|0.28|0.42|0.028||t
        deepseek-reasoner|DeepSeek V3.2 (thinking)|128|64|0.28|0.42|0.028||trn
        #groq
        openai/gpt-oss-120b|gpt-oss-120b|131.072|65.536|0.15|0.6|0.075||tr
        openai/gpt-oss-20b|gpt-oss-20b|131.072|65.536|0.075|0.3|0.037||tr
        moonshotai/kimi-k2-instruct-0905|Kimi K2 0905|262.144|16.384|1|3|0.5||t
        llama-3.3-70b-versatile|Llama 3.3 70B|131.072|32.768|0.59|0.79|||t
        qwen/qwen3-32b|Qwen3 32B|131.072|40.96|0.29|0.59|||tr
        #mistral
        devstral-medium-latest|Devstral 2|262.144|65.536|0.4|2|||t
        devstral-small-latest|Devstral Small 2|262.144|65.536|0.1|0.3|||ti
        mistral-large-latest|Mistral Large 3|262.144|65.536|0.5|1.5|||ti
        mistral-medium-latest|Mistral Medium 3.1|131.072|32.768|0.4|2|||ti
        mistral-small-latest|Mistral Small 3.2|131.072|16.384|0.1|0.3|||ti
        codestral-latest|Codestral|256|4.096|0.3|0.9|||t
        magistral-medium-latest|Magistral Medium|131.072|40|2|5|||tr
        #xai
        grok-4|Grok 4|256|64|3|15|0.75||tri
        grok-4-fast|Grok 4 Fast|2000|30|0.2|0.5|0.05||tri
        grok-4-1-fast|Grok 4.1 Fast|2000|30|0.2|0.5|0.05||tri
        grok-code-fast-1|Grok Code Fast 1|256|10|0.2|1.5|0.02||tr
        grok-3|Grok 3|131.072|8.192|3|15|0.75||t
        grok-3-mini|Grok 3 mini|131.072|8.192|0.3|0.5|0.075||tr
        #cerebras
        gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.35|0.75|||tr
        zai-glm-4.7|GLM-4.7|131.072|40|2.25|2.75|||tr
        qwen-3-235b-a22b-instruct-2507|Qwen3 235B Instruct|131|32|0.6|1.2|||t
        llama3.1-8b|Llama 3.1 8B|32|8|0.1|0.1|||t
        #togetherai
        moonshotai/Kimi-K2.5|Kimi K2.5|262.144|32.768|0.5|2.8|||tri
        moonshotai/Kimi-K2-Thinking|Kimi K2 Thinking|262.144|32.768|1.2|4|||tr
        deepseek-ai/DeepSeek-V3.1|DeepSeek V3.1|131.072|32.768|0.6|1.7|||tr
        Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8|Qwen3 Coder 480B|262.144|66.536|2|2|||t
        openai/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.15|0.6|||tr
        meta-llama/Llama-3.3-70B-Instruct-Turbo|Llama 3.3 70B|131.072|16.384|0.88|0.88|||t
        #fireworks
        accounts/fireworks/models/kimi-k2p5|Kimi K2.5|256|32.768|0.6|3|0.1||tri
        accounts/fireworks/models/kimi-k2-thinking|Kimi K2 Thinking|256|32.768|0.6|2.5|||tr
        accounts/fireworks/models/glm-4p7|GLM-4.7|198|65.536|0.6|2.2|||tr
        accounts/fireworks/models/deepseek-v3p2|DeepSeek V3.2|160|65.536|0.56|1.68|||tr
        accounts/fireworks/models/minimax-m2p1|MiniMax M2.1|200|65.536|0.3|1.2|||tr
        accounts/fireworks/models/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.15|0.6|||tr
        #novita
        deepseek/deepseek-v3.2|DeepSeek V3.2|163.84|65.536|0.27|0.4|||tr
        moonshotai/kimi-k2.5|Kimi K2.5|262.144|65.536|0.6|3|||tri
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|0.6|2.5|||tr
        zai-org/glm-4.7|GLM-4.7|204.8|131.072|0.6|2.2|||tr
        qwen/qwen3-coder-480b-a35b-instruct|Qwen3 Coder 480B|262.144|65.536|0.3|1.3|||t
        #minimax
        MiniMax-M2.1|MiniMax M2.1|204.8|131.072|0.3|1.2|0.03|0.375|tr
        MiniMax-M2|MiniMax M2|196.608|128|0.3|1.2|0.03|0.375|tr
        #stepfun
        step-3|Step 3|65.536|8.192|0.21|0.57|||tri
        step-3.5-flash|Step 3.5 Flash|256|65.536|0.1|0.3|||tr
        step-2-16k|Step 2 (16k)|16.384|8.192|5.21|16.44|||t
        step-1-32k|Step 1 (32k)|32.768|8.192|2.05|9.59|||t
        #nvidia
        openai/gpt-oss-120b|gpt-oss-120b|128|8.192|||||tr
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|||||tr
        minimaxai/minimax-m2|MiniMax M2|128|16.384|||||tr
        qwen/qwen3-coder-480b-a35b-instruct|Qwen3 Coder 480B|262.144|66.536|||||t
        deepseek-ai/deepseek-v3.1|DeepSeek V3.1|128|8.192|||||tr
        nvidia/llama-3.3-nemotron-super-49b-v1.5|Nemotron Super 49B|131.072|16.384|||||tr
        """
}
