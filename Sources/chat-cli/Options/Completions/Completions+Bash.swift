extension Completions {
    var bash: [String] {
        let valued = valuedSpellings.map { quoted($0) }.joined(separator: "|")
        let names = routeNames.map { quoted($0) }.joined(separator: "|")
        return bashFunctions + [
            "\(function)() {",
            "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"",
            "    local route=\(quoted(root.name)) ended='' word",
            "    local -i index=1 position=0",
            "    COMPREPLY=()",
            // Bash takes the equals sign of `--option=value` for a word.
            "    if [[ $current == '=' ]]; then current=''",
            "    elif [[ $previous == '=' ]] && (( COMP_CWORD > 1 )); then",
            "        previous=\"${COMP_WORDS[COMP_CWORD-2]}\"",
            "    fi",
            "    while (( index < COMP_CWORD )); do",
            "        word=\"${COMP_WORDS[index]}\"",
            "        index+=1",
            "        if [[ -n $ended ]]; then position+=1; continue; fi",
            "        case \"$word\" in",
            "            --) ended=1 ;;",
        ]
            + (valued.isEmpty
                ? []
                : [
                    "            \(valued)) [[ ${COMP_WORDS[index]} == '=' ]] && index+=1; index+=1 ;;"
                ])
            + [
                "            -*|=) ;;",
                "            *)",
                "                case \"$route $word\" in",
            ]
            + (names.isEmpty ? [] : ["                    \(names)) route+=\" $word\" ;;"])
            + [
                "                    *) position+=1 ;;",
                "                esac ;;",
                "        esac",
                "    done",
            ] + bashOffers + ["}", "complete -F \(function) \(quoted(root.name))"]
    }

    private var bashOffers: [String] {
        let options = routes.map { route in
            let spellings = declaredOptions(route).flatMap(\.spellings)
            return
                "case \"$route\" in \(patterns(route))) \(function)_offer \(quoted(spellings)) ;; esac"
        }
        let commands = routes.filter { !$0.command.subcommands.isEmpty }.map { route in
            let names = quoted(route.command.subcommands.map(\.name))
            return "        \(quoted(route.name))) \(function)_offer \(names) ;;"
        }
        return ["    if [[ -z $ended ]]; then", "    case \"$route:$previous\" in"]
            + valueBranches + ["    esac", "    if [[ $current == -* ]]; then"]
            + options.map { "        \($0)" }
            + ["        return", "    fi", "    case \"$route\" in"] + commands
            + ["    esac", "    fi", "    case \"$route:$position\" in"] + argumentBranches + [
                "    esac"
            ]
    }

    private var bashFunctions: [String] {
        [
            "# Completion of \(root.name) for bash.",
            "\(function)_offer() {",
            "    local word",
            "    for word in \"$@\"; do",
            "        if [[ $word == \"$current\"* ]]; then COMPREPLY+=(\"$word\"); fi",
            "    done",
            "}",
            "\(function)_paths() {",
            "    local path",
            "    compopt -o filenames 2>/dev/null",
            "    while IFS= read -r path; do",
            "        COMPREPLY+=(\"$path\")",
            "    done < <(compgen \"$1\" -- \"$current\")",
            "}",
            "\(function)_files() { \(function)_paths -f; }",
            "\(function)_directories() { \(function)_paths -d; }",
            "# Names come from a server: they are compared and quoted, never expanded.",
            "\(function)_live() {",
            "    local kind=\"$1\" name prefix=\"${current#[\\'\\\"]}\" quote=''",
            "    shift",
            "    if [[ $prefix != \"$current\" ]]; then quote=1; else prefix=\"${prefix//\\\\/}\"; fi",
            "    if [[ $kind == pattern ]]; then set -- \"$@\" \"$prefix*\"; fi",
            "    while IFS= read -r name; do",
            "        [[ -n $name && $name == \"$prefix\"* && $name != *[[:cntrl:]\\'\\\"]* ]] || continue",
            "        if [[ -z $quote ]]; then printf -v name '%q' \"$name\"; fi",
            "        COMPREPLY+=(\"$name\")",
            "    done < <(command \(quoted(root.name)) \"$@\" 2>/dev/null </dev/null)",
            "}",
        ]
    }
}
