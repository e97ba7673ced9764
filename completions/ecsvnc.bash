# Completion of ecsvnc for bash 3.2 or newer; the output of `ecsvnc completion bash`.

_ecsvnc() {
    local answer
    COMPREPLY=()
    answer=$(
        _ECSVNC_COMPLETE=bash _ECSVNC_LINE="${COMP_LINE:0:COMP_POINT}" _ECSVNC_WORD_BREAKS="$COMP_WORDBREAKS" \
            "${1/#~\//$HOME/}" 2>/dev/null </dev/null
    ) || return 0
    case $answer in
        words$'\n'*) _ecsvnc_reply "${answer#*$'\n'}" ;;
        # bash 3.2 has no compopt, and then folders get no slash.
        files) compopt -o default 2>/dev/null || _ecsvnc_reply "$(compgen -f -- "$2")" ;;
        folders) compopt -o dirnames 2>/dev/null || _ecsvnc_reply "$(compgen -d -- "$2")" ;;
    esac
}

_ecsvnc_reply() {
    local line
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done <<<"$1"
}

complete -F _ecsvnc ecsvnc
