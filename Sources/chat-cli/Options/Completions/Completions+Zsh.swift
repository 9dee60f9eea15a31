extension Completions {
    var zsh: [String] {
        let valued = valuedSpellings.map { quoted($0) }.joined(separator: "|")
        let names = routeNames.map { quoted($0) }.joined(separator: "|")
        return zshFunctions + [
            "\(function)() {",
            "    local current=\"${words[CURRENT]}\" previous=\"${words[CURRENT-1]}\"",
            "    local route=\(quoted(root.name)) ended='' word",
            "    local -i index=2 position=0",
            "    local -a offers",
            "    while (( index < CURRENT )); do",
            "        word=\"${words[index]}\"",
            "        (( index += 1 ))",
            "        if [[ -n $ended ]]; then (( position += 1 )); continue; fi",
            "        case \"$word\" in",
            "            --) ended=1 ;;",
        ]
            + (valued.isEmpty ? [] : ["            \(valued)) (( index += 1 )) ;;"])
            + [
                "            -*) ;;",
                "            *)",
                "                case \"$route $word\" in",
            ]
            + (names.isEmpty ? [] : ["                    \(names)) route+=\" $word\" ;;"])
            + [
                "                    *) (( position += 1 )) ;;",
                "                esac ;;",
                "        esac",
                "    done",
                "    if [[ -z $ended && $current == --*=* ]]; then",
                "        previous=\"${current%%=*}\"",
                "        compset -P '*='",
                "    fi",
            ] + zshOffers + [
                "}",
                // Sourced, the file registers; found in `fpath`, it is the function itself.
                "if [[ $funcstack[1] == \(quoted(function)) ]]; then \(function) \"$@\"",
                "else compdef \(function) \(quoted(root.name)); fi",
            ]
    }

    private var zshOffers: [String] {
        let options = routes.map { route in
            let words = declaredOptions(route).flatMap { option in
                option.spellings.map { described($0, option.help) }
            }
            return
                "        case \"$route\" in \(patterns(route))) offers+=(\(words.joined(separator: " "))) ;; esac"
        }
        let commands = routes.filter { !$0.command.subcommands.isEmpty }.map { route in
            let words = route.command.subcommands.map { described($0.name, $0.abstract) }
            let offers = words.joined(separator: " ")
            return "        \(quoted(route.name))) offers=(\(offers)); _describe command offers ;;"
        }
        return ["    if [[ -z $ended ]]; then", "    case \"$route:$previous\" in"]
            + valueBranches + ["    esac", "    if [[ $current == -* ]]; then"] + options
            + [
                "        _describe -o option offers", "        return", "    fi",
                "    case \"$route\" in",
            ]
            + commands
            + ["    esac", "    fi", "    case \"$route:$position\" in"] + argumentBranches + [
                "    esac"
            ]
    }

    private func described(_ word: String, _ text: String) -> String {
        // A colon separates the word from its description.
        let escaped = word.split(separator: ":", omittingEmptySubsequences: false)
        return quoted(escaped.joined(separator: "\\:") + ":" + text)
    }

    private var zshFunctions: [String] {
        [
            "#compdef \(root.name)",
            "# Completion of \(root.name) for zsh.",
            "\(function)_offer() { compadd -- \"$@\"; }",
            "\(function)_files() { _files; }",
            "\(function)_directories() { _files -/; }",
            "# Names come from a server: they are quoted by compadd, never expanded.",
            "\(function)_live() {",
            "    local kind=\"$1\" prefix=\"${(Q)PREFIX}\"",
            "    local -a names",
            "    shift",
            "    if [[ $kind == pattern ]]; then set -- \"$@\" \"$prefix*\"; fi",
            "    names=(\"${(@f)$(command \(quoted(root.name)) \"$@\" 2>/dev/null </dev/null)}\")",
            "    names=(\"${(@)names:#*[[:cntrl:]]*}\")",
            "    names=(\"${(@)names:#}\")",
            "    compadd -- \"${names[@]}\"",
            "}",
        ]
    }
}
