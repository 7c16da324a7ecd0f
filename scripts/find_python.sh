#!/bin/sh
# Print a Python that FuturesGym runs on: the argument where one is given, else the one in .venv
# where that still works, else the first on the path. Print a line with "error:" where none is.
# Each candidate is run, because a shim may lie on the path and start nothing.

probe='import sys
try:
    import ensurepip, venv
    tools = "venv"
except ImportError:
    tools = "without venv: on Debian and Ubuntu, apt install python3-venv"
print("%d.%d.%d %s" % (sys.version_info[:3] + (tools,)))'

if [ $# -eq 0 ]; then
    if .venv/bin/python -c 'import pip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
        2>/dev/null; then
        echo .venv/bin/python
        exit 0
    fi
    set -- python3 python3.11 python3.12 python3.13 python
fi

found=
for name in "$@"; do
    answer=$("$name" -c "$probe" 2>/dev/null) || continue
    case $answer in
        3.1[123].*\ venv)
            echo "$name"
            exit 0
            ;;
        3.1[123].*) found="$found, ${answer%% *} ($name, ${answer#* })" ;;
        *) found="$found, ${answer%% *} ($name)" ;;
    esac
done

found=${found#, }
echo "error: FuturesGym needs Python 3.11, 3.12 or 3.13; found ${found:-none};" \
    "install one or run make PYTHON=/path/to/python3.12"
