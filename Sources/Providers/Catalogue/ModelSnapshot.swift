/// Models that are known without asking anybody: a table that is compiled in, read a provider at a time.
///
/// Figures are those of models.dev (May 2026), newer models as their makers announced them; those of Claude 5 are from the model
/// pages of platform.claude.com (autumn 2026). They are for display, limits and cost estimates. The config and
/// `models --refresh` override each of them.
enum ModelSnapshot {
    struct Row: Sendable {
        var id: String
        var name: String
        var context: Int
        var output: Int
        var cost: ModelSpec.Cost?
        /// t tools · r reasoning · i images · d documents · n takes no temperature · a adaptive thinking · l thinking levels
        var flags: Set<Character>
        /// `YYYY-MM-DD`, nil when unknown.
        var released: String?
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

    /// `id|name|context k|output k|input|output|cache read|cache write|flags|released|tier`, costs in USD per 1M tokens; a
    /// tier is `above k:input:output:cache read`, and may be missing with its bar.
    private static func row(_ line: Substring) -> Row? {
        let fields = line.split(separator: "|", omittingEmptySubsequences: false)
        guard fields.count >= 10, let context = Double(fields[2]), let output = Double(fields[3]) else { return nil }
        var cost: ModelSpec.Cost?
        if let input = Double(fields[4]), let price = Double(fields[5]) {
            cost = ModelSpec.Cost(
                input: input, output: price, cacheRead: Double(fields[6]), cacheWrite: Double(fields[7]),
                tiers: fields.count > 10 ? tier(fields[10]).map { [$0] } ?? [] : [])
        }
        return Row(
            id: String(fields[0]), name: String(fields[1]), context: Int(context * 1_000), output: Int(output * 1_000),
            cost: cost, flags: Set(fields[8]), released: fields[9].isEmpty ? nil : String(fields[9]))
    }

    private static func tier(_ text: Substring) -> ModelSpec.Cost.Tier? {
        let fields = text.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count >= 3, let above = Double(fields[0]), let input = Double(fields[1]),
            let output = Double(fields[2])
        else { return nil }
        return ModelSpec.Cost.Tier(
            above: Int(above * 1_000), input: input, output: output,
            cacheRead: fields.count > 3 ? Double(fields[3]) : nil)
    }

    private static let table = """
        #anthropic
        claude-fable-5-1|Claude Fable 5.1|1000|128|10|50|0.25|12.5|tridna|2026-09-01
        claude-opus-5-5|Claude Opus 5.5|1000|128|4|20|0.2|5|tridna|
        claude-sonnet-5-5|Claude Sonnet 5.5|1000|128|2|10|0.2|2.5|tridna|2026-09-28
        claude-haiku-5-5|Claude Haiku 5.5|1000|128|0.1|0.5|0.01|0.125|tridna|2026-10-07|100:0.5:2.5:0.05
        claude-opus-5|Claude Opus 5|1000|128|5|25|0.5|6.25|tridna|2026-07-24
        claude-sonnet-5|Claude Sonnet 5|1000|128|2|10|0.2|2.5|tridna|2026-06-30
        claude-opus-4-7|Claude Opus 4.7|1000|128|5|25|0.5|6.25|tridna|2026-04-16
        claude-opus-4-6|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trida|2026-02-05
        claude-sonnet-4-6|Claude Sonnet 4.6|1000|64|3|15|0.3|3.75|trida|2026-02-17
        claude-opus-4-5|Claude Opus 4.5|200|64|5|25|0.5|6.25|trid|2025-11-24
        claude-sonnet-4-5|Claude Sonnet 4.5|200|64|3|15|0.3|3.75|trid|2025-09-29
        claude-haiku-4-5|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid|2025-10-15
        claude-opus-4-1|Claude Opus 4.1|200|32|15|75|1.5|18.75|trid|2025-08-05
        claude-sonnet-4-0|Claude Sonnet 4|200|64|3|15|0.3|3.75|trid|2025-05-22
        #openai
        gpt-5.5|GPT-5.5|1050|128|5|30|0.5||tridn|2026-04-23|272:10:45:1
        gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn|2026-03-05|272:5:22.5:0.5
        gpt-5.4-mini|GPT-5.4 mini|400|128|0.75|4.5|0.075||tridn|2026-03-17
        gpt-5.4-nano|GPT-5.4 nano|400|128|0.2|1.25|0.02||tridn|2026-03-17
        gpt-5.3-codex|GPT-5.3 Codex|400|128|1.75|14|0.175||tridn|2026-02-05
        gpt-5.2|GPT-5.2|400|128|1.75|14|0.175||tridn|2025-12-11
        gpt-5.2-codex|GPT-5.2 Codex|400|128|1.75|14|0.175||tridn|2025-12-11
        gpt-5.1|GPT-5.1|400|128|1.25|10|0.125||tridn|2025-11-13
        gpt-5.1-codex|GPT-5.1 Codex|400|128|1.25|10|0.125||tridn|2025-11-13
        gpt-5.1-codex-max|GPT-5.1 Codex Max|400|128|1.25|10|0.125||tridn|2025-11-13
        gpt-5.1-codex-mini|GPT-5.1 Codex mini|400|128|0.25|2|0.025||tridn|2025-11-13
        gpt-5|GPT-5|400|128|1.25|10|0.125||tridn|2025-08-07
        gpt-5-mini|GPT-5 mini|400|128|0.25|2|0.025||tridn|2025-08-07
        gpt-5-nano|GPT-5 nano|400|128|0.05|0.4|0.005||tridn|2025-08-07
        gpt-4.1|GPT-4.1|1047.576|32.768|2|8|0.5||tid|2025-04-14
        gpt-4.1-mini|GPT-4.1 mini|1047.576|32.768|0.4|1.6|0.1||tid|2025-04-14
        gpt-4o|GPT-4o|128|16.384|2.5|10|1.25||tid|2024-05-13
        gpt-4o-mini|GPT-4o mini|128|16.384|0.15|0.6|0.075||tid|2024-07-18
        o3|o3|200|100|2|8|0.5||tridn|2025-04-16
        o4-mini|o4-mini|200|100|1.1|4.4|0.275||tridn|2025-04-16
        #google
        gemini-3.1-pro-preview|Gemini 3.1 Pro (preview)|1048.576|65.536|2|12|0.2||tridl|2026-02-19|200:4:18:0.4
        gemini-3-pro-preview|Gemini 3 Pro (preview)|1048.576|65.536|2|12|0.2||tridl|2025-11-18|200:4:18:0.4
        gemini-3-flash-preview|Gemini 3 Flash (preview)|1048.576|65.536|0.5|3|0.05||tridl|2025-12-17
        gemini-3.1-flash-lite-preview|Gemini 3.1 Flash-Lite (preview)|1048.576|65.536|0.25|1.5|0.025||tridl|2026-03-03
        gemini-2.5-pro|Gemini 2.5 Pro|1048.576|65.536|1.25|10|0.125||trid|2025-03-20|200:2.5:15:0.25
        gemini-2.5-flash|Gemini 2.5 Flash|1048.576|65.536|0.3|2.5|0.03||trid|2025-03-20
        gemini-2.5-flash-lite|Gemini 2.5 Flash-Lite|1048.576|65.536|0.1|0.4|0.01||trid|2025-06-17
        #openrouter
        anthropic/claude-opus-4.6|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trid|2026-02-05|200:10:37.5:1
        anthropic/claude-sonnet-4.6|Claude Sonnet 4.6|1000|128|3|15|0.3|3.75|trid|2026-02-17|200:6:22.5:0.6
        anthropic/claude-sonnet-4.5|Claude Sonnet 4.5|1000|64|3|15|0.3|3.75|trid|2025-09-29|200:6:22.5:0.6
        anthropic/claude-haiku-4.5|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid|2025-10-15
        openai/gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn|2026-03-05
        openai/gpt-5.2|GPT-5.2|400|128|1.75|14|0.175||tridn|2025-12-11
        openai/gpt-5-mini|GPT-5 mini|400|128|0.25|2|0.025||tridn|2025-08-07
        openai/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.04|0.19|||tr|2025-08-05
        google/gemini-3.1-pro-preview|Gemini 3.1 Pro (preview)|1048.576|65.536|2|12|0.2|0.375|trid|2026-02-19|200:4:18:0.4
        google/gemini-2.5-pro|Gemini 2.5 Pro|1048.576|65.536|1.25|10|0.125|0.375|trid|2025-03-20
        google/gemini-2.5-flash|Gemini 2.5 Flash|1048.576|65.535|0.3|2.5|0.03|0.083333|trid|2025-03-20
        deepseek/deepseek-v3.2|DeepSeek V3.2|131.072|65.536|0.27|0.4|0.0252||tr|2025-12-01
        moonshotai/kimi-k2.5|Kimi K2.5|262.144|65.536|0.4|1.9|0.09||tri|2026-01
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|0.6|2.5|0.15||tr|2025-11-06
        z-ai/glm-4.7|GLM 4.7|202.752|131.072|0.4|1.75|0.08||tr|2025-12-22
        minimax/minimax-m2.1|MiniMax M2.1|196.608|131.072|0.3|0.95|0.03||tr|2025-12-23
        qwen/qwen3-coder|Qwen3 Coder 480B|262.144|65.536|0.22|1.8|||t|2025-07-23
        #bedrock
        anthropic.claude-opus-4-7|Claude Opus 4.7|1000|128|5|25|0.5|6.25|tridna|2026-04-16
        anthropic.claude-opus-4-6-v1|Claude Opus 4.6|1000|128|5|25|0.5|6.25|trida|2026-02-05
        anthropic.claude-sonnet-4-6|Claude Sonnet 4.6|1000|64|3|15|0.3|3.75|trida|2026-02-17
        anthropic.claude-opus-4-5-20251101-v1:0|Claude Opus 4.5|200|64|5|25|0.5|6.25|trid|2025-11-24
        anthropic.claude-sonnet-4-5-20250929-v1:0|Claude Sonnet 4.5|200|64|3|15|0.3|3.75|trid|2025-09-29
        anthropic.claude-haiku-4-5-20251001-v1:0|Claude Haiku 4.5|200|64|1|5|0.1|1.25|trid|2025-10-15
        amazon.nova-premier-v1:0|Nova Premier|1000|10|2.5|12.5|0.625||tid|
        amazon.nova-pro-v1:0|Nova Pro|300|8.192|0.8|3.2|0.2||tid|2024-12-03
        amazon.nova-lite-v1:0|Nova Lite|300|8.192|0.06|0.24|0.015||tid|2024-12-03
        openai.gpt-oss-120b-1:0|gpt-oss-120b|128|16.384|0.15|0.6|||tr|2025-08-05
        #azure
        gpt-5.4|GPT-5.4|1050|128|2.5|15|0.25||tridn|2026-03-05|272:5:22.5:0.5
        gpt-5.2|GPT-5.2|400|128|1.75|14|0.125||tridn|2025-12-11
        gpt-5|GPT-5|272|128|1.25|10|0.125||tridn|2025-08-07
        gpt-5-mini|GPT-5 mini|272|128|0.25|2|0.03||tridn|2025-08-07
        gpt-4.1|GPT-4.1|1047.576|32.768|2|8|0.5||tid|2025-04-14
        #github-copilot
        claude-sonnet-4.5|Claude Sonnet 4.5|144|32|||||tri|2025-09-29
        claude-haiku-4.5|Claude Haiku 4.5|144|32|||||tri|2025-10-15
        gpt-5-mini|GPT-5 mini|264|64|||||trin|2025-08-13
        gpt-4.1|GPT-4.1|128|16.384|||||ti|2025-04-14
        gemini-2.5-pro|Gemini 2.5 Pro|128|64|||||tri|2025-03-20
        #moonshotai
        kimi-k2.5|Kimi K2.5|262.144|32.768|0.6|3|0.1||trin|2026-01
        kimi-k2-thinking|Kimi K2 Thinking|262.144|32.768|0.6|2.5|0.15||tr|2025-11-06
        kimi-k2-thinking-turbo|Kimi K2 Thinking Turbo|262.144|32.768|1.15|8|0.15||tr|2025-11-06
        kimi-k2-0905-preview|Kimi K2 0905|262.144|32.768|0.6|2.5|0.15||t|2025-09-05
        kimi-k2-turbo-preview|Kimi K2 Turbo|262.144|32.768|2.4|10|0.6||t|2025-09-05
        #zhipuai
        glm-4.7|GLM-4.7|204.8|131.072|0.6|2.2|0.11||tr|2025-12-22
        glm-4.6|GLM-4.6|204.8|131.072|0.6|2.2|0.11||tr|2025-09-30
        glm-4.6v|GLM-4.6V|128|32.768|0.3|0.9|||tri|2025-12-08
        glm-4.5|GLM-4.5|131.072|98.304|0.6|2.2|0.11||tr|2025-07-28
        glm-4.5-air|GLM-4.5 Air|131.072|98.304|0.2|1.1|0.03||tr|2025-07-28
        #deepseek
        deepseek-chat|DeepSeek V3.2|1000|384|0.14|0.28|0.028||t|2025-12-01
        deepseek-reasoner|DeepSeek V3.2 (thinking)|1000|384|0.14|0.28|0.028||trn|2025-12-01
        #groq
        openai/gpt-oss-120b|gpt-oss-120b|131.072|65.536|0.15|0.6|0.075||tr|2025-08-05
        openai/gpt-oss-20b|gpt-oss-20b|131.072|65.536|0.075|0.3|0.037||tr|2025-08-05
        moonshotai/kimi-k2-instruct-0905|Kimi K2 0905|262.144|16.384|1|3|0.5||t|2025-09-05
        llama-3.3-70b-versatile|Llama 3.3 70B|131.072|32.768|0.59|0.79|||t|2024-12-06
        qwen/qwen3-32b|Qwen3 32B|131.072|40.96|0.29|0.59|||tr|2024-12-23
        #mistral
        devstral-medium-latest|Devstral 2|262.144|65.536|0.4|2|||t|2025-12-02
        mistral-large-latest|Mistral Large 3|262.144|65.536|0.5|1.5|||ti|2024-11-01
        mistral-medium-latest|Mistral Medium 3.1|262.144|32.768|1.5|7.5|||ti|2026-04-29
        mistral-small-latest|Mistral Small 3.2|256|16.384|0.15|0.6|||ti|2026-03-16
        codestral-latest|Codestral|256|4.096|0.3|0.9|||t|2024-05-29
        magistral-medium-latest|Magistral Medium|128|16.384|2|5|||tr|2025-03-17
        #xai
        grok-4.20-0309-non-reasoning|Grok 4.20 (Non-Reasoning)|2000|30|1.25|2.5|0.2||ti|2026-03-09|200:4:12:0.4
        grok-4.20-0309-reasoning|Grok 4.20 (Reasoning)|2000|30|1.25|2.5|0.2||tri|2026-03-09|200:4:12:0.4
        grok-4.3|Grok 4.3|1000|30|1.25|2.5|0.2||tri|2026-04-17|200:2.5:5:0.4
        grok-build-0.1|Grok Build 0.1|256|64|1|2|0.2||tri|2026-05-20
        #cerebras
        gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.25|0.69|||tr|2025-08-05
        zai-glm-4.7|GLM-4.7|131.072|40|2.25|2.75|||tr|2026-01-10
        qwen-3-235b-a22b-instruct-2507|Qwen3 235B Instruct|131|32|0.6|1.2|||t|2025-07-22
        llama3.1-8b|Llama 3.1 8B|32|8|0.1|0.1|||t|2025-01-01
        #togetherai
        moonshotai/Kimi-K2.5|Kimi K2.5|262.144|32.768|0.5|2.8|||tri|2026-01-27
        Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8|Qwen3 Coder 480B|262.144|66.536|2|2|||t|2025-07-23
        openai/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.15|0.6|||tr|2025-08-05
        meta-llama/Llama-3.3-70B-Instruct-Turbo|Llama 3.3 70B|131.072|16.384|0.88|0.88|||t|2024-12-06
        #fireworks
        accounts/fireworks/models/kimi-k2p5|Kimi K2.5|256|32.768|0.6|3|0.1||tri|2026-01-27
        accounts/fireworks/models/kimi-k2-thinking|Kimi K2 Thinking|256|32.768|0.6|2.5|0.3||tr|2025-11-06
        accounts/fireworks/models/glm-4p7|GLM-4.7|198|65.536|0.6|2.2|0.3||tr|2025-12-22
        accounts/fireworks/models/deepseek-v3p2|DeepSeek V3.2|160|65.536|0.56|1.68|0.28||tr|2025-12-01
        accounts/fireworks/models/minimax-m2p1|MiniMax M2.1|200|65.536|0.3|1.2|0.03||tr|2025-12-23
        accounts/fireworks/models/gpt-oss-120b|gpt-oss-120b|131.072|32.768|0.15|0.6|||tr|2025-08-05
        #novita
        deepseek/deepseek-v3.2|DeepSeek V3.2|163.84|65.536|0.27|0.4|0.1345||tr|2025-12-01
        moonshotai/kimi-k2.5|Kimi K2.5|262.144|65.536|0.6|3|0.1||tri|2026-01-27
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|0.6|2.5|||tr|2025-11-07
        zai-org/glm-4.7|GLM-4.7|204.8|131.072|0.6|2.2|0.11||tr|2025-12-22
        qwen/qwen3-coder-480b-a35b-instruct|Qwen3 Coder 480B|262.144|65.536|0.3|1.3|||t|2025-07-23
        #minimax
        MiniMax-M2.1|MiniMax M2.1|204.8|131.072|0.3|1.2|0.03|0.375|tr|2025-12-23
        MiniMax-M2|MiniMax M2|196.608|128|0.3|1.2|0.03|0.375|tr|2025-10-27
        #stepfun
        step-3|Step 3|65.536|8.192|0.21|0.57|||tri|
        step-3.5-flash|Step 3.5 Flash|256|65.536|0.1|0.3|0.019||tr|2026-01-29
        step-2-16k|Step 2 (16k)|16.384|8.192|5.21|16.44|1.04||t|2025-01-01
        step-1-32k|Step 1 (32k)|32.768|8.192|2.05|9.59|0.41||t|2025-01-01
        #nvidia
        openai/gpt-oss-120b|gpt-oss-120b|128|8.192|||||tr|2025-08-04
        moonshotai/kimi-k2-thinking|Kimi K2 Thinking|262.144|65.536|||||tr|2025-11
        qwen/qwen3-coder-480b-a35b-instruct|Qwen3 Coder 480B|262.144|66.536|||||t|2025-07-23
        nvidia/llama-3.3-nemotron-super-49b-v1.5|Nemotron Super 49B|131.072|16.384|||||tr|
        """
}
