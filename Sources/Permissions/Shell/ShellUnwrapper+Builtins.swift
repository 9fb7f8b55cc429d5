extension ShellUnwrapper {
    mutating func set(_ words: [ShellWord]) {
        demand(words)
        for word in words.dropFirst() {
            guard let text = word.literal else {
                doubt("an argument of set is not literal")
                return
            }
            if text == "--" { return }
            guard text.utf8.first == 0x2D || text.utf8.first == 0x2B else { continue }
            if !text.utf8.dropFirst().allSatisfy({ "euxofCE".utf8.contains($0) }) {
                doubt("set \(text) changes how text is read")
            }
        }
        if words.contains(where: { ["posix", "keyword", "allexport", "history", "histexpand"].contains($0.literal) }) {
            doubt("set changes how text is read")
        }
    }

    mutating func builtin(_ words: [ShellWord], _ name: String) {
        demand(words)
        for word in words.dropFirst() {
            let text = word.text
            let variable = String(text.prefix { $0 != "=" && $0 != "+" })
            switch name {
            case "test", "[":
                if text == "-v" || text == "-R", words.contains(where: { $0.text.contains("[") && $0.text != "[" }) {
                    doubt("-v evaluates a subscript")
                }
            case "printf":
                guard text.hasPrefix("-v"), let next = words.dropFirst(2).first else { return }
                if next.isDynamic || next.text.contains("[") || ShellVariables.isDangerous(next.text) || text != "-v" {
                    doubt("printf -v changes a variable that decides what runs")
                }
                return
            case "hash", "wait":
                if name == "hash", text.hasPrefix("-p") { doubt("hash -p changes what a name means") }
            default:
                if name == "mapfile" || name == "readarray", text.hasPrefix("-C") { doubt("\(name) -C runs text") }
                if ["declare", "typeset", "local"].contains(name), text.hasPrefix("-"),
                    text.contains("n") || text.contains("i")
                {
                    doubt("\(name) \(text) changes what a variable means")
                }
                if word.isDynamic, !text.contains("=") || variable.contains("$") {
                    doubt("the name of a variable is not literal")
                }
                if variable.contains("[") || ShellVariables.isDangerous(variable) {
                    doubt("\(variable) decides which programs run or what they do")
                }
                if name == "let",
                    !text.utf8.allSatisfy({
                        ShellParser.isDigit($0) || "+-*/=% ".utf8.contains($0) || ShellParser.isNamePart($0)
                    })
                {
                    doubt("let evaluates a text that only the shell knows")
                }
            }
        }
    }

    mutating func git(_ words: [ShellWord]) {
        demand(words)
        var index = 1
        while index < words.count, let text = words[index].literal, text.hasPrefix("-") {
            if text == "-c" || text.hasPrefix("--config-env") || text.hasPrefix("--exec-path=") {
                doubt("git \(text) changes which programs git runs")
            }
            index += ["-C", "-c", "--git-dir", "--work-tree", "--namespace"].contains(text) ? 2 : 1
        }
        guard index < words.count, let verb = words[index].literal else { return }
        let rest = Array(words[(index + 1)...])
        switch verb {
        case "bisect" where rest.first?.literal == "run": unwrap(Array(rest.dropFirst()))
        case "submodule" where rest.contains { $0.literal == "foreach" }, "filter-branch":
            doubt("git \(verb) runs text as commands")
        case "rebase" where rest.contains { $0.text.hasPrefix("-x") || $0.text.hasPrefix("--ex") }:
            doubt("git rebase --exec runs text as commands")
        case "config"
        where rest.contains { $0.literal.map { !$0.hasPrefix("-") } ?? true }
            && !rest.contains { ["--get", "--get-all", "--list", "-l", "get", "list"].contains($0.literal) }:
            if rest.count > 1 { doubt("git config may change which programs git runs") }
        case "apply", "am": doubt("git \(verb) changes files that a patch names", .path)
        default:
            if rest.contains(where: {
                $0.text.hasPrefix("--upload-pack") || $0.text.hasPrefix("--receive-pack") || $0.text.hasPrefix("ext::")
            }) {
                doubt("git \(verb) is told which program to run")
            }
        }
    }
}
