extension Completions {
    var fish: [String] {
        var lines = fishFunctions + ["complete -c \(fishQuoted(root.name)) -f"]
        for route in routes {
            for option in declaredOptions(route) { lines += fishLines(option, route) }
            for command in route.command.subcommands {
                lines.append(
                    fishLine(
                        condition: "is \(fishQuoted(route.name))",
                        "-a \(fishQuoted(command.name)) -d \(fishQuoted(command.abstract))"
                    )
                )
            }
            for (position, argument) in route.command.arguments.enumerated() {
                guard let action = fishAction(argument.type, argument.completion) else { continue }
                var condition = "is \(fishQuoted(route.name))"
                if case .many = argument.arity {} else { condition += " \(position)" }
                lines.append(fishLine(condition: condition, action))
            }
        }
        return lines
    }

    private func fishLines(_ option: OptionSpec, _ route: CommandRoute) -> [String] {
        let short = option.short.map { " -s \(fishQuoted(String($0)))" } ?? ""
        var call = "-l \(fishQuoted(option.name))\(short) -d \(fishQuoted(option.help))"
        if case .value(let type) = option.kind {
            let action = fishAction(type, option.completion)
            // Without a value there is no option; only for files may fish offer files.
            call += (option.completion == .file ? " -r" : " -x") + (action.map { " \($0)" } ?? "")
        }
        // Below a group, all commands take its options.
        let isGroup = !route.command.subcommands.isEmpty
        let places = [(isGroup ? "under" : "is", route)]
        let groups = routes.filter { $0.defaultRoute == route }.map { ("is", $0) }
        return (places + groups).flatMap { verb, place in
            let condition = "\(verb) \(fishQuoted(place.name))"
            var lines = [fishLine(condition: condition, call)]
            if option.negation != nil {
                let name = fishQuoted("no-\(option.name)")
                lines.append(
                    fishLine(condition: condition, "-l \(name) -d \(fishQuoted(option.help))")
                )
            }
            return lines
        }
    }

    private func fishLine(condition: String, _ rest: String) -> String {
        let program = fishQuoted(root.name)
        return "complete -c \(program) -n \(fishQuoted("_\(function)_\(condition)")) \(rest)"
    }

    private func fishAction(_ type: ValueType, _ completion: Completion) -> String? {
        switch completion {
        case .file: return "-F"
        case .directory: return "-a '(__fish_complete_directories)'"
        case .live(let sources):
            let calls = sources.map { source in
                let words = source.arguments.map { fishQuoted($0) }.joined(separator: " ")
                return "(_\(function)_live \(source.takesPattern ? "pattern" : "all") \(words))"
            }
            return "-a \(fishQuoted(calls.joined(separator: " ")))"
        case .values:
            guard case .choice(let values) = type else { return nil }
            return "-a \(fishQuoted(values.joined(separator: " ")))"
        }
    }

    /// `text` as one word for fish, which escapes inside single quotes.
    private func fishQuoted(_ text: String) -> String {
        var result = "'"
        for character in text {
            if character == "'" || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result + "'"
    }

    private var fishFunctions: [String] {
        let valued = valuedSpellings.map { fishQuoted($0) }.joined(separator: " ")
        let names = routeNames.map { fishQuoted($0) }.joined(separator: " ")
        return [
            "# Completion of \(root.name) for fish.",
            "# Prints the command that the words so far name, and how many arguments it has.",
            "function _\(function)_route",
            "    set -l words (commandline -opc)",
            "    set -l route \(fishQuoted(root.name))",
            "    set -l position 0",
            "    set -l skip ''",
            "    set -l ended ''",
            "    for word in $words[2..-1]",
            "        if test -n \"$ended\"",
            "            set position (math $position + 1)",
            "        else if test -n \"$skip\"",
            "            set skip ''",
            "        else if test \"$word\" = '--'",
            "            set ended 1",
            "        else if contains -- \"$word\" \(valued)",
            "            set skip 1",
            "        else if string match -q -- '-*' \"$word\"",
            "            continue",
            "        else if contains -- \"$route $word\" \(names)",
            "            set route \"$route $word\"",
            "        else",
            "            set position (math $position + 1)",
            "        end",
            "    end",
            "    echo \"$route\"",
            "    echo $position",
            "end",
            "function _\(function)_is",
            "    set -l found (_\(function)_route)",
            "    test \"$found[1]\" = \"$argv[1]\"; or return 1",
            "    test (count $argv) -lt 2; or test \"$found[2]\" = \"$argv[2]\"",
            "end",
            "function _\(function)_under",
            "    set -l found (_\(function)_route)",
            "    test \"$found[1]\" = \"$argv[1]\"; or string match -q -- \"$argv[1] *\" \"$found[1]\"",
            "end",
            "function _\(function)_live",
            "    set -l call $argv[2..-1]",
            "    if test \"$argv[1]\" = pattern",
            "        set -a call (commandline -ct | string trim -l -c '\\'\"')'*'",
            "    end",
            "    command \(fishQuoted(root.name)) $call 2>/dev/null </dev/null",
            "end",
        ]
    }
}
