# Completion of ecsvnc for fish; the output of `ecsvnc completion fish`.

function __ecsvnc_complete
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -e words[1]
    set -l current (commandline -ct | string collect)
    set -l before
    for word in $words
        set before "$before$word"\n
    end
    set -l lines (env _ECSVNC_COMPLETE=fish _ECSVNC_WORDS="$before$current" $program 2>/dev/null </dev/null)
    set -l option (string match -r '^--[^=]*=' -- "$current")
    set -l value (string replace -r '^--[^=]*=' '' -- "$current")
    switch "$lines[1]"
        case words
            string join \n -- $lines[2..-1]
        case files
            printf "$option%s\n" (__fish_complete_path "$value")
        case folders
            printf "$option%s\n" (__fish_complete_directories "$value")
    end
end

complete --command ecsvnc --no-files --keep-order --arguments '(__ecsvnc_complete)'
